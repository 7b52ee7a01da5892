//! What a movement of money comes to at this moment, and how an approved one is carried out: by
//! the same functions as on the command line, and only if it still comes to exactly the same.

use shared_protocol::{Amount, Currency, HandlingNumber, Problem};

use super::{Draft, Movement, PaidHere, Proposal, Turned, notice};
use crate::{
    app::App,
    domain::{
        bank_files::{FileFault, LeftOut, Picked, Wanted, file_digest, pick_payouts, write_file},
        objection::Resolution,
    },
    store::{Fault, NotSo, TurnedOut},
};

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum Unmoved {
    /// There is no such thing, or nothing to be moved.
    #[error("there is nothing to be moved")]
    Nothing,
    /// It comes to something else than what was signed for.
    #[error("it is not any more what was signed for")]
    Changed,
    /// A payout of it cannot be in such a file.
    #[error("{0}: {1}")]
    LeftOut(String, LeftOut),
    /// The line is something else.
    #[error(transparent)]
    NotSo(#[from] NotSo),
    /// The books do not allow it.
    #[error("{}", .0.code())]
    Refused(Problem),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] FileFault),
    /// The database.
    #[error(transparent)]
    Store(#[from] Fault),
}

/// A movement as it would be now.
pub struct Exactly {
    /// It.
    pub movement: Movement,
    /// For a file, the payouts that go into it.
    picked: Option<Picked>,
}

/// What this comes to now.
///
/// # Errors
/// [`Unmoved`].
pub async fn exactly(app: &App, draft: &Draft) -> Result<Exactly, Unmoved> {
    let movement = match draft {
        Draft::File { format, currency, day } => {
            let wanted = Wanted { format: *format, currency: *currency, day: *day };
            return file(app, wanted).await;
        }
        Draft::Release { message } => release(app, message).await?,
        Draft::Bill { number, bill } => paid(app, number, *bill).await?,
        Draft::Line { line, what } => parked(app, *line, what).await?,
        Draft::Again { payout } => again(app, *payout).await?,
        Draft::Objection { number, resolution } => objection(app, number, *resolution).await?,
        Draft::Notice { digest } => notice::exactly(app, digest).await?,
    };
    Ok(Exactly { movement, picked: None })
}

/// Carries an approved proposal out, once, and notes what came of it.
///
/// # Errors
/// [`Unmoved`]; nothing was moved then.
pub async fn carry_out(app: &App, proposal: &Proposal) -> Result<(), Unmoved> {
    let signed = proposal.movement().ok_or(Unmoved::Changed)?;
    let draft = signed.draft().ok_or(Unmoved::Changed)?;
    let Exactly { movement, picked } = exactly(app, &draft).await?;
    if movement != signed {
        return Err(Unmoved::Changed);
    }
    let now = app.clock.now();
    let outcome = match (draft, picked) {
        (Draft::File { format, .. }, Some(picked)) => {
            write_file(&app.store, &app.config.bank, format, picked, now).await?.message
        }
        (Draft::File { .. }, None) => return Err(Unmoved::Nothing),
        (Draft::Release { message }, _) => message,
        (Draft::Bill { number, bill }, _) => {
            let purchase = app.store.bills(&number).await?;
            let row = purchase.first().ok_or(Unmoved::Nothing)?.purchase;
            app.store.pay_bill(row, bill, now).await?.map_err(Unmoved::Refused)?;
            DONE.to_owned()
        }
        (Draft::Line { line, what }, _) => {
            app.store.resolve_line(line, what, now).await??;
            DONE.to_owned()
        }
        (Draft::Again { payout }, _) => {
            if !app.store.pay_again(payout, now).await? {
                return Err(Unmoved::Nothing);
            }
            DONE.to_owned()
        }
        (Draft::Objection { number, resolution }, _) => {
            let done = app.store.resolve(number, resolution, now).await?;
            done.map_err(Unmoved::Refused)?;
            DONE.to_owned()
        }
        (Draft::Notice { digest }, _) => notice::take(app, &digest, now).await?,
    };
    app.store.end_proposal(proposal.id, outcome, now).await?;
    app.wake_driver();
    Ok(())
}

/// What is not in the file says why: leaving somebody out is to be known before it is signed.
async fn file(app: &App, wanted: Wanted) -> Result<Exactly, Unmoved> {
    let (calendar, now) = (&app.plans.calendar, app.clock.now());
    let picked = match pick_payouts(&app.store, calendar, wanted, now).await {
        Err(FileFault::Store(fault)) => return Err(Unmoved::Store(fault)),
        picked => picked?,
    };
    let picked = picked.ok_or(Unmoved::Nothing)?;
    if picked.payments.is_empty() {
        let left = picked.left_out.into_iter().next().ok_or(Unmoved::Nothing)?;
        return Err(Unmoved::LeftOut(left.0.as_str().into(), left.1));
    }
    let paid =
        |(merchant, payment): &(shared_protocol::MerchantId, crate::files::Payment)| PaidHere {
            payout: payment.payout,
            merchant: merchant.as_str().into(),
            minor: payment.amount.minor,
            to: payment.to.in_full(),
        };
    let payments: Vec<_> = picked.payments.iter().map(paid).collect();
    let minor = payments.iter().try_fold(0_u64, |sum, paid| sum.checked_add(paid.minor));
    let movement = Movement::File {
        format: wanted.format.name().into(),
        day: picked.day.to_string(),
        currency: wanted.currency.code().into(),
        minor: minor.ok_or(Unmoved::Nothing)?,
        payments,
    };
    Ok(Exactly { movement, picked: Some(picked) })
}

async fn release(app: &App, message: &str) -> Result<Movement, Unmoved> {
    let known = app.store.payout_file_of(message).await?.ok_or(Unmoved::Nothing)?;
    let content = app.store.payout_file(message).await?.ok_or(Unmoved::Nothing)?;
    let digest = file_digest(&content);
    Ok(Movement::Release {
        message: known.message,
        day: known.day.to_string(),
        currency: known.total.currency.code().into(),
        minor: known.total.minor,
        payments: known.payments,
        digest: digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

async fn paid(app: &App, number: &HandlingNumber, bill: u32) -> Result<Movement, Unmoved> {
    let all = app.store.bills(number).await?;
    let known = all.into_iter().find(|row| row.number == bill && !row.is_paid);
    let row = known.ok_or(Unmoved::Nothing)?;
    let currency = currency_of(app, number).await?;
    let (number, currency) = (number.to_string(), currency.code().into());
    Ok(Movement::Bill { number, bill, minor: row.open(), currency })
}

async fn parked(app: &App, line: i64, what: &TurnedOut) -> Result<Movement, Unmoved> {
    let all = app.store.parked_lines().await?;
    let known = all.into_iter().find(|row| row.id == line).ok_or(Unmoved::Nothing)?;
    Ok(Movement::Line {
        line,
        bank_key: known.bank_key,
        day: known.day.to_string(),
        minor: known.minor,
        currency: known.currency.code().into(),
        what: Turned::of(what),
    })
}

async fn again(app: &App, payout: i64) -> Result<Movement, Unmoved> {
    let held = app.store.held_payout(payout).await?.ok_or(Unmoved::Nothing)?;
    let account = app.store.merchant_account(&held.merchant).await?.ok_or(Unmoved::Nothing)?;
    Ok(Movement::Again {
        payout,
        merchant: held.merchant.as_str().into(),
        minor: held.amount.minor,
        currency: held.amount.currency.code().into(),
        to: account.in_full(),
    })
}

async fn objection(
    app: &App,
    number: &HandlingNumber,
    resolution: Resolution,
) -> Result<Movement, Unmoved> {
    let kept: Amount = app.store.objected_to(number).await?.ok_or(Unmoved::Nothing)?;
    Ok(Movement::Objection {
        number: number.to_string(),
        resolution: resolution.name().into(),
        minor: if resolution == Resolution::Upheld { kept.minor } else { 0 },
        currency: kept.currency.code().into(),
    })
}

async fn currency_of(app: &App, number: &HandlingNumber) -> Result<Currency, Unmoved> {
    app.store.currency_of(number).await?.ok_or(Unmoved::Nothing)
}

/// What came of a movement that has no name of its own.
const DONE: &str = "done";
