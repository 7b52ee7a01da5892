//! Payouts into files for the bank, each into one and once; and the bank's notices into the books.

use shared_protocol::{Currency, Date, Digest, MerchantId, Timestamp, digest};

use crate::{
    files::{Batch, BatchFault, Format, NoticeFault, OwnBank, Payment, read_notice},
    store::{Brought, Fault, NewFile, NoticeRefusal, Store},
};

/// Which payouts are to be in a file.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How it is written.
    pub format: Format,
    /// Those in this currency,
    pub currency: Currency,
    /// that are to be paid on this day or before, on which the bank pays; `None`: the first day
    /// on which any of them is to be paid.
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
    /// The database.
    #[error(transparent)]
    Store(#[from] Fault),
}

/// Makes a file of payouts and stores it; they are in no other file then, whatever becomes of it.
///
/// # Errors
/// [`FileFault`]; nothing was stored then.
pub async fn make_file(
    store: &Store,
    own: &OwnBank,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Made, FileFault> {
    let mut made = Made { file: None, left_out: Vec::new() };
    let first = store.first_unfiled_day(wanted.currency).await?;
    let Some(day) = wanted.day.or(first) else { return Ok(made) };
    let mut payments = Vec::new();
    for (payout, account) in store.unfiled_payouts(wanted.currency, day).await? {
        let Some(to) = account else {
            made.left_out.push((payout.merchant, LeftOut::NoAccount));
            continue;
        };
        match wanted.format.takes(&to, payout.amount) {
            Ok(()) => payments.push(Payment { payout: payout.id, amount: payout.amount, to }),
            Err(_) => made.left_out.push((payout.merchant, LeftOut::OtherFormat)),
        }
    }
    if payments.is_empty() {
        return Ok(made);
    }
    let id = store.fresh_id(now);
    let message = format!("WARIFU-{id}");
    let currency = wanted.currency;
    let batch = Batch { message, made: now, day, currency, from: own, payments };
    let (content, total) = (batch.write(wanted.format)?, batch.total()?);
    let file = NewFile {
        id,
        format: wanted.format,
        total,
        day,
        payouts: batch.payments.iter().map(|payment| payment.payout).collect(),
        digest: file_digest(&content),
        content,
        message: batch.message,
        now,
    };
    store.file_payouts(file.clone()).await?;
    made.file = Some(file);
    Ok(made)
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
    Ok(store.take_notice(notice, digest("notice", bytes), now).await??)
}

/// By which a file of payouts is known.
pub fn file_digest(content: &[u8]) -> Digest {
    digest("payout-file", content)
}
