//! A notice of the bank's that one operator hands in and another approves, as every movement of
//! money: it is kept until then, and read into the books by the same function as on the command
//! line.

use std::collections::BTreeMap;

use shared_protocol::Timestamp;

use super::{Booked, Draft, Movement, Operator, Unmoved, draft};
use crate::{
    app::App,
    domain::bank_files::{FileFault, notice_digest, read_file},
    files::{Line, Notice, read_notice},
    store::Brought,
};

/// Writes down that a notice is to be read, with what it comes to. Nothing is read yet.
///
/// # Errors
/// [`Unmoved`]; [`Unmoved::File`] says why it is none, or that it was read before.
pub async fn draft_notice(app: &App, by: &Operator, content: Vec<u8>) -> Result<i64, Unmoved> {
    fresh(app, &content).await?;
    let digest = written(&content);
    app.store.keep_notice(digest.clone(), content, app.clock.now()).await?;
    draft(app, by, &Draft::Notice { digest }).await
}

/// The lines of a notice that is kept; none if it is kept no more.
///
/// # Errors
/// [`Unmoved`].
pub async fn kept_lines(app: &App, digest: &str) -> Result<Vec<Line>, Unmoved> {
    let Some(content) = app.store.kept_notice(digest).await? else { return Ok(Vec::new()) };
    Ok(read(app, &content)?.lines)
}

/// What a notice that is kept comes to.
pub(super) async fn exactly(app: &App, digest: &str) -> Result<Movement, Unmoved> {
    let content = app.store.kept_notice(digest).await?.ok_or(Unmoved::Nothing)?;
    let Notice { message, lines } = fresh(app, &content).await?;
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for line in &lines {
        let (credit, debit) = sums.entry(line.amount.currency.code()).or_default();
        let side = if line.is_credit { credit } else { debit };
        *side = side.checked_add(line.minor()).ok_or(Unmoved::Nothing)?;
    }
    let booked = |(currency, (credit, debit)): (&str, (i64, i64))| Booked {
        currency: currency.into(),
        credit,
        debit,
    };
    Ok(Movement::Notice {
        sums: sums.into_iter().map(booked).collect(),
        lines: lines.len().try_into().map_err(|_| Unmoved::Nothing)?,
        digest: written(&content),
        message,
    })
}

/// Reads it into the books; says what it brought.
pub(super) async fn take(app: &App, digest: &str, now: Timestamp) -> Result<String, Unmoved> {
    let content = app.store.kept_notice(digest).await?.ok_or(Unmoved::Nothing)?;
    let Brought { bills, payouts, returns, parked, known } =
        read_file(&app.store, &app.config.bank, &content, now).await?;
    Ok(format!(
        "bills {bills}, payouts {payouts}, returns {returns}, parked {parked}, known {known}"
    ))
}

/// A notice that was not read before.
async fn fresh(app: &App, content: &[u8]) -> Result<Notice, Unmoved> {
    let notice = read(app, content)?;
    match app.store.notice_refusal(notice_digest(content), &notice.message).await? {
        Some(refusal) => Err(Unmoved::File(FileFault::Refused(refusal))),
        None => Ok(notice),
    }
}

fn read(app: &App, content: &[u8]) -> Result<Notice, Unmoved> {
    read_notice(content, &app.config.bank).map_err(|fault| Unmoved::File(FileFault::Notice(fault)))
}

fn written(content: &[u8]) -> String {
    notice_digest(content).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
