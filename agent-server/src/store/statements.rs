//! The bank's notices, each read once: every line pays a bill, confirms a payout, or is parked with
//! its entry, all in one transaction.

use shared_protocol::{Digest, HandlingNumber, PurchaseId, Timestamp};

use super::{
    Fault, Store, bills, journal, remittances,
    row::{Cells as _, Row},
    sent_back,
    writer::{Tx, Work},
};
use crate::{
    domain::{
        bank::{Due, Match, Parked, agrees, parking_entry},
        ledger::Entry,
    },
    files::{Line, Notice, Reference},
};

/// What a notice brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Lines that pay a bill, or a credit back.
    pub bills: u32,
    /// Lines that confirm that a merchant was paid.
    pub payouts: u32,
    /// Lines by which a transfer came back.
    pub returns: u32,
    /// Lines that were parked.
    pub parked: u32,
    /// Lines that another notice had brought.
    pub known: u32,
}

/// Why a notice is refused; nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeRefusal {
    /// This very file was read before.
    #[error("this file was read before: nothing changes")]
    Known,
    /// Another file bore the same name.
    #[error("another file was called {0}: the bank sends each name once")]
    OtherFile(String),
    /// Another movement bore the same name.
    #[error("{0} was another movement before: the bank calls each by its own name")]
    OtherLine(String),
}

impl Store {
    /// Takes a notice, once.
    ///
    /// # Errors
    /// [`Fault`]; within it [`NoticeRefusal`].
    pub async fn take_notice(
        &self,
        notice: Notice,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Result<Brought, NoticeRefusal>, Fault> {
        self.0.writer.write(Take { notice, digest, now }).await
    }
}

struct Take {
    notice: Notice,
    digest: Digest,
    now: Timestamp,
}

impl Work for Take {
    type Answer = Result<Brought, NoticeRefusal>;
    const NAME: &'static str = "take-notice";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Answer, Fault> {
        if let Some(refusal) = self.is_known(tx).await? {
            return Ok(Err(refusal));
        }
        let mut fresh = Vec::new();
        for line in &self.notice.lines {
            match known_line(tx, line).await? {
                None => fresh.push(line),
                Some(true) => {}
                Some(false) => return Ok(Err(NoticeRefusal::OtherLine(line.key.clone()))),
            }
        }
        let known = count(self.notice.lines.len() - fresh.len());
        let mut brought = Brought { known, ..Brought::default() };
        let statement = self.insert(tx, fresh.len(), known).await?;
        for line in fresh {
            match self.line(tx, statement, line).await? {
                Some(Match::Bill) => brought.bills += 1,
                Some(Match::Against) => brought.returns += 1,
                Some(_) => brought.payouts += 1,
                None => brought.parked += 1,
            }
        }
        Ok(Ok(brought))
    }
}

impl Take {
    async fn is_known(&self, tx: &mut Tx<'_>) -> Result<Option<NoticeRefusal>, Fault> {
        let rows = sqlx::query("SELECT digest FROM statements WHERE digest = $1 OR message = $2")
            .bind(self.digest.as_bytes().as_slice())
            .bind(&self.notice.message)
            .fetch_all(&mut *tx.connection)
            .await?;
        for row in &rows {
            if row.exact::<Digest>("digest")? == self.digest {
                return Ok(Some(NoticeRefusal::Known));
            }
        }
        let other = || NoticeRefusal::OtherFile(self.notice.message.clone());
        Ok((!rows.is_empty()).then(other))
    }

    async fn insert(&self, tx: &mut Tx<'_>, lines: usize, known: u32) -> Result<i64, Fault> {
        let id = tx.id(self.now);
        sqlx::query(
            "INSERT INTO statements (id, message, digest, lines, known, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(&self.notice.message)
        .bind(self.digest.as_bytes().as_slice())
        .bind(i64::from(count(lines)))
        .bind(i64::from(known))
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(id)
    }

    /// Matches a line or parks it; says what it was matched with.
    async fn line(
        &self,
        tx: &mut Tx<'_>,
        statement: i64,
        line: &Line,
    ) -> Result<Option<Match>, Fault> {
        let id = tx.id(self.now);
        let mut found = Found::default();
        let fate = self.fate(tx, line, &mut found).await?;
        let parking = match fate {
            Ok(_) => None,
            Err(_) => {
                let entry = parking_entry(id, line.minor(), line.amount.currency);
                let entry = entry.ok_or(Fault::Damaged("amount"))?;
                Some(append(tx, &entry, self.now, Self::NAME).await?)
            }
        };
        sqlx::query(
            "INSERT INTO statement_lines (id, statement, bank_key, day, amount, currency, told,
                 parked, parking, matched, purchase, bill, payout, against, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(id)
        .bind(statement)
        .bind(&line.key)
        .bind(line.day.to_string())
        .bind(line.minor())
        .bind(line.amount.currency.code())
        .bind(&line.told)
        .bind(fate.err().map(Parked::name))
        .bind(parking)
        .bind(fate.ok().map(Match::name))
        .bind(fate.ok().and(found.purchase))
        .bind(fate.ok().and(found.bill))
        .bind(fate.ok().and(found.payout))
        .bind(fate.ok().and(found.against))
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(fate.ok())
    }

    async fn fate(
        &self,
        tx: &mut Tx<'_>,
        line: &Line,
        found: &mut Found,
    ) -> Result<Result<Match, Parked>, Fault> {
        if line.is_reversal {
            return Ok(Err(Parked::Reversal));
        }
        if line.is_return {
            return self.sent_back(tx, line, found).await;
        }
        let (due, how) = match &line.reference {
            None => return Ok(Err(Parked::NoReference)),
            Some(Reference::Payout(payout)) => {
                found.payout = Some(*payout);
                (payout_due(tx, *payout).await?, Match::Payout)
            }
            Some(Reference::Bill(number, bill)) => {
                let row = bill_due(tx, number, *bill).await?;
                let Some(row) = row else { return Ok(Err(Parked::Unknown)) };
                (found.purchase, found.bill) = (Some(row.purchase), Some(i64::from(*bill)));
                found.purchase_id = Some(row.purchase_id);
                (Some(row.due), Match::Bill)
            }
        };
        if let Err(parked) = agrees(line.minor(), line.amount.currency, due) {
            return Ok(Err(parked));
        }
        if let (Some(purchase), Some(Reference::Bill(_, number))) =
            (found.purchase_id, &line.reference)
        {
            let pay = bills::Pay { purchase, number: *number, now: self.now };
            if pay.run(tx).await?.is_err() {
                return Ok(Err(Parked::OtherAmount));
            }
        }
        if let Some(payout) = found.payout {
            remittances::confirm(tx, payout, (self.now, Self::NAME)).await?;
        }
        Ok(Ok(how))
    }

    /// A transfer that the other bank sends back: it is in the shopper's account again, and its
    /// purchase is looked at next.
    async fn sent_back(
        &self,
        tx: &mut Tx<'_>,
        line: &Line,
        found: &mut Found,
    ) -> Result<Result<Match, Parked>, Fault> {
        let sent = match &line.reference {
            None => return Ok(Err(Parked::NoReference)),
            Some(Reference::Payout(payout)) => sent_back::sent_by(tx, *payout).await?,
            Some(Reference::Bill(..)) => None,
        };
        let Some(sent) = sent else { return Ok(Err(Parked::OtherDirection)) };
        if let Err(parked) = agrees(line.minor(), line.amount.currency, Some(sent.due())) {
            return Ok(Err(parked));
        }
        (found.purchase, found.against) = (Some(sent.purchase), Some(sent.line));
        sent_back::take_back(tx, &sent, (self.now, Self::NAME)).await?;
        Ok(Ok(Match::Against))
    }
}

/// What a reference was found to name.
#[derive(Default)]
struct Found {
    purchase: Option<i64>,
    purchase_id: Option<PurchaseId>,
    bill: Option<i64>,
    payout: Option<i64>,
    against: Option<i64>,
}

/// Whether a line of this name is there already, and is the same.
async fn known_line(tx: &mut Tx<'_>, line: &Line) -> Result<Option<bool>, Fault> {
    let row = sqlx::query("SELECT amount, currency FROM statement_lines WHERE bank_key = $1")
        .bind(&line.key)
        .fetch_optional(&mut *tx.connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let is_same = row.cell::<i64>("amount")? == line.minor()
        && row.cell::<&str>("currency")? == line.amount.currency.code();
    Ok(Some(is_same))
}

/// A bill that a line may pay.
pub(super) struct BillDue {
    pub(super) purchase: i64,
    pub(super) purchase_id: PurchaseId,
    pub(super) due: Due,
    /// Whether a line of the bank's has paid it.
    pub(super) has_line: bool,
}

/// The bill of this number of the purchase of that number.
pub(super) async fn bill_due(
    tx: &mut Tx<'_>,
    number: &HandlingNumber,
    bill: u32,
) -> Result<Option<BillDue>, Fault> {
    let row = sqlx::query(
        "SELECT p.id, p.purchase_id, p.currency, b.amount, b.payment,
             (SELECT COUNT(*) FROM statement_lines l
                 WHERE l.purchase = b.purchase AND l.bill = b.number) AS lines
         FROM bills b JOIN purchases p ON p.id = b.purchase
         WHERE p.handling_number = $1 AND b.number = $2",
    )
    .bind(number.compact())
    .bind(i64::from(bill))
    .fetch_optional(&mut *tx.connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(BillDue {
        purchase: row.cell("id")?,
        purchase_id: row.exact("purchase_id")?,
        has_line: row.cell::<i64>("lines")? > 0,
        due: Due {
            minor: row.cell("amount")?,
            currency: row.named("currency", |code| code.parse().ok())?,
            is_done: row.cell::<Option<i64>>("payment")?.is_some(),
        },
    }))
}

/// What is due of this payout: it goes out.
pub(super) async fn payout_due(tx: &mut Tx<'_>, payout: i64) -> Result<Option<Due>, Fault> {
    let row = sqlx::query(
        "SELECT p.amount, p.currency,
             (SELECT COUNT(*) FROM statement_lines l WHERE l.payout = p.id) AS lines
         FROM payouts p WHERE p.id = $1",
    )
    .bind(payout)
    .fetch_optional(&mut *tx.connection)
    .await?;
    let read = |row: Row| {
        Ok(Due {
            minor: row.cell::<i64>("amount")?.saturating_neg(),
            currency: row.named("currency", |code| code.parse().ok())?,
            is_done: row.cell::<i64>("lines")? > 0,
        })
    };
    row.map(read).transpose()
}

/// Appends an entry that is of no purchase; gives its number.
pub(super) async fn append(
    tx: &mut Tx<'_>,
    entry: &Entry,
    at: Timestamp,
    by: &'static str,
) -> Result<i64, Fault> {
    let head = journal::append(tx, journal::New { entry, purchase: None, at, by }).await?;
    i64::try_from(head.number).map_err(|_| Fault::Damaged("number"))
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}
