//! Merchants are paid in batches: all that was booked for one before the cut-off, in one currency,
//! except where a shopper objects.

use jiff::tz::TimeZone;
use shared_protocol::{Amount, Date, Digest, MerchantId, Span, Timestamp, digest};

use crate::{
    app::App,
    domain::{
        day,
        ledger::{Account, Entry, Kind, Transfer},
    },
    store::{Fault, PayoutRun},
};

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Its row.
    pub id: i64,
    /// Who is paid.
    pub merchant: MerchantId,
    /// How much.
    pub amount: Amount,
    /// What was booked before this moment is in it.
    pub cutoff: Timestamp,
    /// On which day it is paid.
    pub pay_on: Date,
}

/// The entry of a batch; `None` for nothing.
pub fn payout_entry(id: i64, merchant: &MerchantId, amount: Amount) -> Option<Entry> {
    let payable = Account::Payable(merchant.clone());
    let transfer = Transfer::new(payable, Account::Bank, amount)?;
    Entry::new(Kind::Payout, None, payout_digest(id), vec![transfer])
}

/// The reason of a batch's entry: which batch it is.
pub fn payout_digest(id: i64) -> Digest {
    digest("payout", &id.to_be_bytes())
}

/// The entry of a batch that the merchant's bank sent back: it is owed again; `None` for nothing.
pub fn returned_entry(id: i64, merchant: &MerchantId, amount: Amount) -> Option<Entry> {
    let payable = Account::Payable(merchant.clone());
    let transfer = Transfer::new(Account::Bank, payable, amount)?;
    let because = digest("payout-returned", &id.to_be_bytes());
    Entry::new(Kind::Payout, None, because, vec![transfer])
}

/// Whether a bank's reason for sending money back is the account (ISO 20022
/// ExternalReturnReason1Code: AC01 wrong, AC04 closed, AC06 blocked …): nothing more is sent to it.
pub fn blames_account(reason: &str) -> bool {
    reason.starts_with("AC")
}

/// Settles the day that has begun, once: pays merchants what was booked before it, and bills
/// shoppers for what falls due on it. Safe to repeat, and to be cut off anywhere. Where the
/// calendar does not know when banks work, merchants wait until it does.
///
/// # Errors
/// [`Fault`]; what was done until then stays done and is not done again.
pub async fn settle_day(app: &App, now: Timestamp) -> Result<bool, Fault> {
    let cutoff = cutoff(now, &app.config.zone());
    if app.store.is_day_settled(cutoff).await? {
        return Ok(false);
    }
    if !keep(app).await? {
        return Ok(false);
    }
    let (calendar, days) = (&app.plans.calendar, app.config.settlement.payout_days);
    let Some(today) = calendar.today(now) else { return Ok(false) };
    let mut kept = app.clock.now();
    for (merchant, currency) in app.store.payable_merchants(cutoff).await? {
        let Some(pay_on) = calendar.bank_day_after(cutoff, days, currency) else {
            tracing::error!(%merchant, "not paid: the calendar ends before the bank day");
            continue;
        };
        let run = PayoutRun { merchant, currency, cutoff, pay_on, now };
        go_on(app.store.pay_out(run).await, "a merchant cannot be paid")?;
        keep_on(app, &mut kept).await?;
    }
    let mut after = 0;
    while let Some(purchase) = app.store.billable(today, after).await? {
        go_on(app.store.bill_purchase(purchase, today, now).await, "a purchase cannot be billed")?;
        after = purchase;
        keep_on(app, &mut kept).await?;
    }
    app.store.end_day(cutoff, now).await?;
    Ok(true)
}

/// Whether it is this process that settles: several at once would settle the same, each in the
/// way of the others.
async fn keep(app: &App) -> Result<bool, Fault> {
    let now = app.clock.now();
    app.store.hold("settlement", now, now.plus(LEASE)).await
}

/// The same again after some time. Whoever has lost it stops nothing: each step is done once.
async fn keep_on(app: &App, kept: &mut Timestamp) -> Result<(), Fault> {
    let now = app.clock.now();
    if now > kept.plus(KEPT_EVERY) {
        *kept = now;
        keep(app).await?;
    }
    Ok(())
}

/// One damaged row holds up nobody else, and is tried again on another day.
fn go_on<T>(done: Result<T, Fault>, what: &str) -> Result<(), Fault> {
    match done {
        Err(fault @ Fault::Damaged(_)) => {
            tracing::error!(%fault, "{what}");
            Ok(())
        }
        done => done.map(drop),
    }
}

/// The beginning of the day of this moment: what was booked before it is settled on it.
pub fn cutoff(now: Timestamp, zone: &TimeZone) -> Timestamp {
    day::began(now, zone)
}

/// So long after the process that settles has died another one goes on.
const LEASE: Span = Span::secs(60);
const KEPT_EVERY: Span = Span::secs(20);
