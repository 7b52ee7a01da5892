//! What happened to one purchase, as the seed's steps 51–72: its events, its money, letters,
//! payouts and payments, in the order of time.

use shared_protocol::{Amount, Date, Problem, PurchaseEvent, Timestamp};

use crate::{
    app::App,
    domain::{Purchase, unavailable},
    store::{Found, Happened, Moved},
    texts::{self, Words},
};

/// One step.
pub(in crate::http) struct Step {
    /// The seed's number of it.
    pub(in crate::http) number: &'static str,
    /// The key of its text.
    key: &'static str,
    /// How much, where money is meant.
    pub(in crate::http) amount: Option<Amount>,
    /// On which day it will be, where that is known.
    pub(in crate::http) day: Option<Date>,
    /// When.
    pub(in crate::http) at: Timestamp,
}

impl Step {
    /// Its name for programs.
    pub(in crate::http) fn name(&self) -> &'static str {
        self.key.split_once(".step_").map_or(self.key, |(_, name)| name)
    }

    /// The same in words.
    pub(super) fn says(&self, w: Words) -> String {
        let amount = self.amount.map(texts::amount).unwrap_or_default();
        let day = self.day.map(|day| texts::date(day, w.locale())).unwrap_or_default();
        w.fill(self.key, &[("amount", amount.as_str()), ("day", day.as_str())])
    }
}

/// All of a purchase.
pub(in crate::http) async fn steps(
    app: &App,
    purchase: &Purchase,
    found: &Found,
) -> Result<Vec<Step>, Problem> {
    let events = app.store.events_of(purchase.row).await.map_err(unavailable)?;
    let moves = app.store.moves(purchase.row).await.map_err(unavailable)?;
    let happened = app.store.happened(purchase.row).await.map_err(unavailable)?;
    let step = |(number, key), at| Step { number, key, amount: None, day: None, at };
    let mut all = vec![step(("57", "console.step_asked"), found.at)];
    all.extend(events.into_iter().map(|(event, at)| step(of_event(event), at)));
    let currency = purchase.amount.currency;
    for (moved, at) in moves {
        let (number, key, minor) = of_money(moved);
        let amount = minor.map(|minor| Amount { minor, currency });
        all.push(Step { amount, ..step((number, key), at) });
    }
    for (what, at) in happened {
        let day = if let Happened::PaidOut(day) = what { Some(day) } else { None };
        all.push(Step { day, ..step(of_others(what), at) });
    }
    all.sort_by_key(|step| step.at);
    Ok(all)
}

fn of_event(event: PurchaseEvent) -> (&'static str, &'static str) {
    match event {
        PurchaseEvent::OrderChecked => ("55", "console.step_checked"),
        PurchaseEvent::GrantIssued => ("58–60", "console.step_granted"),
        PurchaseEvent::GrantDeclined => ("72", "console.step_declined"),
        PurchaseEvent::OrderAccepted => ("61–63", "console.step_accepted"),
        PurchaseEvent::OrderRefused => ("72", "console.step_refused"),
        PurchaseEvent::ShopperConfirmed => ("65", "console.step_confirmed"),
        PurchaseEvent::ShopperCancelled => ("72", "console.step_cancelled"),
        PurchaseEvent::TimedOut => ("72", "console.step_timed_out"),
        PurchaseEvent::ShopperWithdrew => ("72", "console.step_withdrawn"),
        PurchaseEvent::MerchantVoided => ("72", "console.step_voided"),
        PurchaseEvent::TransferScheduled => ("162", "console.step_scheduled"),
        PurchaseEvent::TransferReceived => ("153", "console.step_transferred"),
        PurchaseEvent::TransferFailed => ("158", "console.step_not_transferred"),
    }
}

fn of_money(moved: Moved) -> (&'static str, &'static str, Option<u64>) {
    match moved {
        Moved::Shipped => ("67", "console.step_shipped", None),
        Moved::Claimed(minor) => ("66", "console.step_claimed", Some(minor)),
        Moved::Voided(minor) => ("66", "console.step_let_go", Some(minor)),
        Moved::Refunded(minor) => ("66", "console.step_refunded", Some(minor)),
        Moved::Upheld(minor) => ("66", "console.step_upheld", Some(minor)),
        Moved::Billed(minor) => ("70", "console.step_billed", Some(minor)),
        Moved::Credited(minor) => ("70", "console.step_credited", Some(minor)),
        Moved::Paid(minor) => ("71", "console.step_bill_paid", Some(minor)),
        Moved::PaidBack(minor) => ("71", "console.step_paid_back", Some(minor)),
    }
}

fn of_others(what: Happened) -> (&'static str, &'static str) {
    match what {
        Happened::Asked => ("64", "console.step_question"),
        Happened::LetterSent => ("64", "console.step_letter"),
        Happened::PaidOut(_) => ("68", "console.step_paid_out"),
        Happened::BankPaid => ("69", "console.step_bank_paid"),
        Happened::BankReturned => ("69", "console.step_bank_returned"),
    }
}
