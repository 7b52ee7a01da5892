//! What happened to one purchase besides its events and its money: letters, payouts, payments. And
//! the shapes of what was signed, never what is in it.

use shared_protocol::{Date, Digest, Timestamp, digest};

use crate::store::{
    Fault, Store,
    row::{Cells as _, Row},
};

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The question to the shopper was written (64).
    Asked,
    /// Its letter was handed over to the mail server.
    LetterSent,
    /// What is owed to the merchant went into a batch (68), paid on this day.
    PaidOut(Date),
    /// The bank has said that the merchant was paid (69).
    BankPaid,
    /// The merchant's bank sent it back.
    BankReturned,
}

/// Something signed or sealed, by its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its column.
    pub name: &'static str,
    /// So many bytes; `None`: there is none.
    pub bytes: Option<usize>,
    /// The first bytes of the digest over them, hexadecimal.
    pub digest: String,
}

impl Store {
    /// What happened to a purchase besides its events and its money, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn happened(&self, purchase: i64) -> Result<Vec<(Happened, Timestamp)>, Fault> {
        let rows = sqlx::query(HAPPENED).bind(purchase).fetch_all(&self.0.reads).await?;
        rows.iter().map(happened).collect()
    }

    /// The shapes of what is kept of a purchase.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn shapes(&self, purchase: i64) -> Result<Vec<Shape>, Fault> {
        let row = sqlx::query(
            "SELECT tally, quote, grant_signed, acceptance, refusal, confirmation
             FROM purchases WHERE id = $1",
        )
        .bind(purchase)
        .fetch_one(&self.0.reads)
        .await?;
        SIGNED.into_iter().map(|name| shape(&row, name)).collect()
    }
}

fn shape(row: &Row, name: &'static str) -> Result<Shape, Fault> {
    let bytes: Option<&[u8]> = row.cell(name)?;
    let hex = |digest: Digest| {
        let first = digest.as_bytes().iter().take(6);
        first.map(|byte| format!("{byte:02x}")).collect()
    };
    Ok(Shape {
        name,
        bytes: bytes.map(<[u8]>::len),
        digest: bytes.map(|bytes| hex(digest(name, bytes))).unwrap_or_default(),
    })
}

fn happened(row: &Row) -> Result<(Happened, Timestamp), Fault> {
    let day = || row.named("day", |day| day.parse().ok());
    let what = match row.cell::<&str>("what")? {
        "asked" => Happened::Asked,
        "letter" => Happened::LetterSent,
        "payout" => Happened::PaidOut(day()?),
        "bank" => Happened::BankPaid,
        "returned" => Happened::BankReturned,
        _ => return Err(Fault::Damaged("what")),
    };
    Ok((what, row.moment("at")?))
}

const SIGNED: [&str; 6] =
    ["tally", "quote", "grant_signed", "acceptance", "refusal", "confirmation"];

const HAPPENED: &str = "SELECT 'asked' AS what, asked_at AS at, '' AS day FROM questions
     WHERE purchase = $1
     UNION ALL SELECT 'letter', updated_at, '' FROM outbox
     WHERE purchase = $1 AND kind = 'mail' AND what = 'confirm' AND state = 'done'
     UNION ALL SELECT DISTINCT 'payout', p.created_at, p.pay_on FROM payouts p
     JOIN settlement_words w ON w.payout = p.id WHERE w.purchase = $1
     UNION ALL SELECT DISTINCT 'bank', l.created_at, l.day FROM statement_lines l
     JOIN settlement_words w ON w.payout = l.payout WHERE w.purchase = $1 AND l.matched = 'payout'
     UNION ALL SELECT DISTINCT 'returned', r.created_at, '' FROM payout_returns r
     JOIN settlement_words w ON w.payout = r.payout WHERE w.purchase = $1
     ORDER BY at";
