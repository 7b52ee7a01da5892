//! Payouts into files for the bank, each into one and once; and the bank's notices into the books.

use shared_protocol::{Currency, Date, Digest, MerchantId, Timestamp, digest};

use crate::{
    domain::plan::Calendar,
    files::{Batch, BatchFault, Format, NoticeFault, OwnBank, Payment, read_notice},
    store::{Brought, Fault, NewFile, NoticeRefusal, Store, Unfiled},
};

/// Which payouts are to be in a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How it is written.
    pub format: Format,
    /// Those in this currency,
    pub currency: Currency,
    /// that are to be paid on this day or before, on which the bank pays; `None`: the first day
    /// from now on on which any of them is to be paid.
    pub day: Option<Date>,
}

/// A file that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The file; `None` if there was nothing to be put into one.
    pub file: Option<NewFile>,
    /// Who is not in it, and why.
    pub left_out: Vec<(MerchantId, LeftOut)>,
}

/// Why a payout is not in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// Nobody has said where the merchant is paid.
    #[error("its bank account is missing")]
    NoAccount,
    /// Not in this format.
    #[error("it cannot be paid by such a file")]
    OtherFormat,
    /// What was paid to the merchant before came back: nothing more is sent until its account is
    /// another, or somebody says that it is paid again.
    #[error("a payout came back: say its account anew, or `files pay-again`")]
    Held,
}

/// Why no file was made, or none read.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It cannot be written.
    #[error(transparent)]
    Batch(#[from] BatchFault),
    /// It is not what it must be.
    #[error(transparent)]
    Notice(#[from] NoticeFault),
    /// It was read before, or contradicts what was.
    #[error(transparent)]
    Refused(#[from] NoticeRefusal),
    /// Banks do not pay on this day.
    #[error("{0} is no day on which banks pay")]
    NoBankDay(Date),
    /// Nobody knows when they do.
    #[error("the calendar ends: add the holidays of these days to [calendar] in the plans file")]
    CalendarEnds,
    /// The database.
    #[error(transparent)]
    Store(#[from] Fault),
}

/// What is to be in a file.
#[derive(Clone, Debug)]
pub struct Picked {
    /// On which day the bank pays.
    pub day: Date,
    /// In which currency.
    pub currency: Currency,
    /// Who is paid, and where.
    pub payments: Vec<(MerchantId, Payment)>,
    /// Who is not in it, and why.
    pub left_out: Vec<(MerchantId, LeftOut)>,
}

/// Makes a file of payouts and stores it; they are in no other file then, whatever becomes of it.
///
/// # Errors
/// [`FileFault`]; nothing was stored then.
pub async fn make_file(
    store: &Store,
    own: &OwnBank,
    calendar: &Calendar,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Made, FileFault> {
    let Some(picked) = pick_payouts(store, calendar, wanted, now).await? else {
        return Ok(Made { file: None, left_out: Vec::new() });
    };
    let left_out = picked.left_out.clone();
    let file = match picked.payments.is_empty() {
        true => None,
        false => Some(write_file(store, own, wanted.format, picked, now).await?),
    };
    Ok(Made { file, left_out })
}

/// What is to be in such a file now; `None` if there is no day on which anything is to be paid.
///
/// # Errors
/// [`FileFault::NoBankDay`], [`FileFault::CalendarEnds`], [`FileFault::Store`].
pub async fn pick_payouts(
    store: &Store,
    calendar: &Calendar,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Option<Picked>, FileFault> {
    let first = store.first_unfiled_day(wanted.currency).await?;
    let day = match (wanted.day, first) {
        (Some(day), _) => match calendar.is_bank_day(day, wanted.currency) {
            Some(true) => day,
            Some(false) => return Err(FileFault::NoBankDay(day)),
            None => return Err(FileFault::CalendarEnds),
        },
        // What should have gone before goes on the next day on which it can.
        (None, Some(first)) => {
            let day = calendar.bank_day_from(first, now, wanted.currency);
            day.ok_or(FileFault::CalendarEnds)?
        }
        (None, None) => return Ok(None),
    };
    let (mut payments, mut left_out) = (Vec::new(), Vec::new());
    for Unfiled { payout, account, is_held } in store.unfiled_payouts(wanted.currency, day).await? {
        let Some(to) = account.filter(|_| !is_held) else {
            let why = if is_held { LeftOut::Held } else { LeftOut::NoAccount };
            left_out.push((payout.merchant, why));
            continue;
        };
        match wanted.format.takes(&to, payout.amount) {
            Ok(()) => {
                let payment = Payment { payout: payout.id, amount: payout.amount, to };
                payments.push((payout.merchant, payment));
            }
            Err(_) => left_out.push((payout.merchant, LeftOut::OtherFormat)),
        }
    }
    Ok(Some(Picked { day, currency: wanted.currency, payments, left_out }))
}

/// Writes exactly these payments into a file and stores it.
///
/// # Errors
/// [`FileFault`]; nothing was stored then.
pub async fn write_file(
    store: &Store,
    own: &OwnBank,
    format: Format,
    picked: Picked,
    now: Timestamp,
) -> Result<NewFile, FileFault> {
    let Picked { day, currency, payments, .. } = picked;
    let payments = payments.into_iter().map(|(_, payment)| payment).collect();
    let id = store.fresh_id(now);
    let message = format!("WARIFU-{id}");
    let batch = Batch { message, made: now, day, currency, from: own, payments };
    let (content, total) = (batch.write(format)?, batch.total()?);
    let file = NewFile {
        id,
        format,
        total,
        day,
        payouts: batch.payments.iter().map(|payment| payment.payout).collect(),
        digest: file_digest(&content),
        content,
        message: batch.message,
        now,
    };
    store.file_payouts(file.clone()).await?;
    Ok(file)
}

/// Reads a notice of the bank's into the books, once.
///
/// # Errors
/// [`FileFault`]; nothing was booked then.
pub async fn read_file(
    store: &Store,
    own: &OwnBank,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Brought, FileFault> {
    let notice = read_notice(bytes, own)?;
    Ok(store.take_notice(notice, notice_digest(bytes), now).await??)
}

/// By which a file of payouts is known.
pub fn file_digest(content: &[u8]) -> Digest {
    digest("payout-file", content)
}

/// By which a notice of the bank's is known.
pub fn notice_digest(content: &[u8]) -> Digest {
    digest("notice", content)
}
