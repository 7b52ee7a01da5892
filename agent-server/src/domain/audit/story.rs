//! What happened to a purchase, event by event, and how it is paid.

use shared_protocol::{Grant, Outcome, Plan, PlanClass, PurchaseEvent, PurchaseState, Timestamp};

use super::{Damage, Findings, purchase::total};
use crate::{domain::key_history::KeyHistory, store::PurchaseBooks};

/// The events, as far as they can be read, and where they led.
pub(super) struct Told {
    events: Vec<(PurchaseState, PurchaseEvent, Timestamp)>,
    /// Where they led; `None` if there are none.
    pub(super) state: Option<PurchaseState>,
}

impl Told {
    /// Whether it happened.
    pub(super) fn has(&self, event: PurchaseEvent) -> bool {
        self.events.iter().any(|(_, happened, _)| *happened == event)
    }

    /// When it happened first; long ago if it never did.
    pub(super) fn at(&self, event: PurchaseEvent) -> Timestamp {
        let first = self.events.iter().find(|(_, happened, _)| *happened == event);
        first.map_or(Timestamp::from_millis(0), |(_, _, at)| *at)
    }

    /// What the newest Confirmation must say.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.events.iter().rev().find_map(|(before, event, _)| match (before, event) {
            (_, PurchaseEvent::ShopperConfirmed | PurchaseEvent::TransferReceived) => {
                Some(Outcome::Confirmed)
            }
            (
                _,
                PurchaseEvent::ShopperCancelled
                | PurchaseEvent::ShopperWithdrew
                | PurchaseEvent::TransferFailed,
            ) => Some(Outcome::Cancelled),
            (PurchaseState::Accepted, PurchaseEvent::TimedOut) => Some(Outcome::Expired),
            _ => None,
        })
    }
}

/// Plays the events again.
pub(super) fn check(books: &PurchaseBooks, row: &str, out: &mut Findings) -> Told {
    let mut told = Told { events: Vec::new(), state: None };
    for (expected, stored) in (1_i64..).zip(&books.events) {
        let row = format!("purchase_events {} {}", books.purchase.row, stored.number);
        out.same(Damage::EventGap, &row, expected, stored.number);
        let named = PurchaseEvent::ALL.into_iter().find(|event| event.name() == stored.event);
        // The browser asked the merchant before the agent heard of it.
        let before = told.state.unwrap_or(PurchaseState::Checked);
        let next = named.and_then(|event| Some((event, before.apply(event).ok()?)));
        let Some((event, state)) = next else {
            let found = format!("{} in {}", stored.event, before.name());
            out.note(Damage::EventUnlawful, &row, "an event of that state", found);
            continue;
        };
        out.same(Damage::EventState, &row, state.name(), stored.state.as_str());
        told.events.push((before, event, Timestamp::from_millis(stored.at)));
        told.state = Some(state);
    }
    let count = i64::from(books.purchase.events);
    out.same(Damage::EventCount, row, i64::try_from(books.events.len()).unwrap_or(0), count);
    let led = told.state.map_or("none", PurchaseState::name);
    out.same(Damage::State, row, led, books.purchase.state.name());
    told
}

/// Checks plan and payments against Grant and quote; returns what the plan costs.
pub(super) fn check_plan(
    books: &PurchaseBooks,
    grant: &Grant,
    own: &KeyHistory,
    row: &str,
    out: &mut Findings,
) -> u64 {
    let Some(columns) = &books.plan else {
        out.note(Damage::Plan, row, "a plan", "none");
        return 0;
    };
    let class = columns.plan.parse::<Plan>().map_or("none", |plan| plan.class().name());
    out.same(Damage::Plan, row, grant.plan_class.name(), class);
    let quote = columns.quote.as_ref().map(|quote| own.verify(quote, grant.issued));
    let quote = match quote {
        Some(Err(problem)) => {
            out.note(Damage::QuoteForged, row, "the agent's signature", problem);
            None
        }
        Some(Ok(quote)) => Some(quote),
        None => None,
    };
    // Only the lump sum comes without a quote, and costs nothing.
    let fee = quote.as_ref().map_or(0, |quote| quote.fee.minor);
    let total = total(grant, fee).minor;
    out.same(Damage::PlanFee, row, i128::from(fee), i128::from(columns.fee));
    out.same(Damage::PlanTotal, row, i128::from(total), i128::from(columns.total));
    let mut sum = 0;
    for (at, part) in books.instalments.iter().enumerate() {
        let row = format!("instalments {} {}", books.purchase.row, part.number);
        let expected = i64::try_from(at + 1).unwrap_or(i64::MAX);
        out.same(Damage::InstalmentGap, &row, expected, part.number);
        sum += i128::from(part.amount);
        if let Some(quoted) = quote.as_ref().and_then(|quote| quote.schedule.get(at)) {
            let expected = format!("{} on {}", quoted.minor, quoted.due);
            let found = format!("{} on {}", part.amount, part.due);
            out.same(Damage::InstalmentOther, &row, expected, found);
        }
    }
    // What is paid by transfer is paid at once: nothing falls due.
    let falls_due = if grant.plan_class == PlanClass::Transfer { 0 } else { total };
    out.same(Damage::InstalmentSum, row, i128::from(falls_due), sum);
    fee
}
