//! What happened to an order, step by step: its own events and what was said to the agent of it,
//! with the numbers that the steps have in the figures of the protocol.

use shared_protocol::Timestamp;

use super::shell::Shell;
use super::signing::address;
use crate::app::App;
use crate::domain::desk::{Act, Money, Way};
use crate::domain::{Order, OrderEvent, amount_in, shipment_in};
use crate::store::KeptWord;
use crate::texts::{amount, stamp};

/// One of them.
pub(super) struct Step {
    /// For example "62–63".
    pub(super) number: &'static str,
    pub(super) what: &'static str,
    /// The shop's own name for it, where it has one.
    pub(super) name: String,
    pub(super) amount: String,
    pub(super) at: String,
    /// Whether the agent has yet to answer.
    pub(super) is_open: bool,
    /// Where the same can be signed for again, until it has.
    pub(super) again: Option<String>,
}

/// All of them, oldest first.
pub(super) fn steps(
    app: &App,
    (order, shell, may_move): (&Order, &Shell, bool),
    events: &[OrderEvent],
    words: &[KeptWord],
) -> Vec<Step> {
    let event = |event: &OrderEvent| {
        let (number, key) = of_event(&event.event);
        let at = stamp(event.happened, &app.config().time_zone);
        let (name, amount, again) = (String::new(), String::new(), None);
        let what = shell.w.get(key);
        (event.happened, Step { number, what, name, amount, at, is_open: false, again })
    };
    let word = |word: &KeptWord| {
        let (number, key) = of_word(&word.kind);
        let step = Step {
            number,
            what: shell.w.get(key),
            name: word.name.clone(),
            amount: amount_in(&word.kind, &word.said).map(amount).unwrap_or_default(),
            at: stamp(word.at, &app.config().time_zone),
            is_open: word.receipt.is_none(),
            again: again(order, word).filter(|_| may_move).map(|at| shell.to(&at)),
        };
        (word.at, step)
    };
    in_order(events.iter().map(event).chain(words.iter().map(word)))
}

fn in_order(steps: impl Iterator<Item = (Timestamp, Step)>) -> Vec<Step> {
    let mut all: Vec<_> = steps.collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, step)| step).collect()
}

fn again(order: &Order, word: &KeptWord) -> Option<String> {
    let way = match word.kind.as_str() {
        "claim" => Way::Claim(shipment_in(&word.said)),
        "void" => Way::Void,
        "refund" => Way::Refund,
        _ => return None,
    };
    let amount = amount_in(&word.kind, &word.said)?;
    let (purchase, name) = (order.purchase, word.name.parse().ok()?);
    let is_open = word.receipt.is_none();
    is_open.then(|| address(&Act::Money(Money { purchase, name, way, amount })))
}

fn of_event(event: &str) -> (&'static str, &'static str) {
    match event {
        "order-accepted" => ("62–63", "desk.step_accepted"),
        "order-refused" => ("62", "desk.step_refused"),
        "shopper-confirmed" => ("65", "desk.step_confirmed"),
        "shopper-cancelled" => ("65", "desk.step_cancelled"),
        "shopper-withdrew" => ("65", "desk.step_withdrew"),
        "timed-out" => ("64", "desk.step_lapsed"),
        "merchant-voided" => ("66", "desk.step_voided"),
        "transfer-scheduled" => ("162", "desk.step_scheduled"),
        "transfer-received" => ("164", "desk.step_received"),
        "transfer-failed" => ("160", "desk.step_failed"),
        _ => ("", "desk.step_other"),
    }
}

fn of_word(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "shipment" => ("67", "desk.step_shipped"),
        "claim" => ("66", "desk.step_claimed"),
        "refund" => ("68", "desk.step_gave_back"),
        _ => ("66", "desk.step_let_go"),
    }
}
