//! The bank's notices, each read once: every line pays a bill, confirms what was sent or brings it
//! back, or is parked with its entry, all in one transaction.

use shared_protocol::{Digest, HandlingNumber, Timestamp};

use super::{
    Fault, Store,
    dues::{bill_due, known_line, payout_due, transfer_due},
    journal,
    payments::Pay,
    remittances,
    row::{Cells as _, Row},
    sent_back,
    writer::{Tx, Work},
};
use crate::{
    domain::{
        bank::{Match, Parked, agrees, parking_entry, pays},
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
    /// Lines by which a payout or a transfer came back.
    pub returns: u32,
    /// Lines that were parked, and rests of lines.
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

    /// Why a notice of this name and digest would be refused now, if it would.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn notice_refusal(
        &self,
        digest: Digest,
        message: &str,
    ) -> Result<Option<NoticeRefusal>, Fault> {
        let rows = sqlx::query(OF_NAME_OR_DIGEST)
            .bind(digest.as_bytes().as_slice())
            .bind(message)
            .fetch_all(&self.0.reads);
        refusal(&rows.await?, digest, message)
    }
}

fn refusal(rows: &[Row], digest: Digest, message: &str) -> Result<Option<NoticeRefusal>, Fault> {
    for row in rows {
        if row.exact::<Digest>("digest")? == digest {
            return Ok(Some(NoticeRefusal::Known));
        }
    }
    let other = || NoticeRefusal::OtherFile(message.to_owned());
    Ok((!rows.is_empty()).then(other))
}

const OF_NAME_OR_DIGEST: &str = "SELECT digest FROM statements WHERE digest = $1 OR message = $2";

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
        let mut rests = 0;
        for line in fresh {
            let (matched, has_rest) = self.line(tx, statement, line).await?;
            match matched {
                Some(Match::Bill) => brought.bills += 1,
                Some(Match::Returned) => brought.returns += 1,
                Some(_) => brought.payouts += 1,
                None => brought.parked += 1,
            }
            rests += u32::from(has_rest);
        }
        brought.parked += rests;
        sqlx::query("UPDATE statements SET lines = lines + $2 WHERE id = $1")
            .bind(statement)
            .bind(i64::from(rests))
            .execute(&mut *tx.connection)
            .await?;
        Ok(Ok(brought))
    }
}

impl Take {
    async fn is_known(&self, tx: &mut Tx<'_>) -> Result<Option<NoticeRefusal>, Fault> {
        let rows = sqlx::query(OF_NAME_OR_DIGEST)
            .bind(self.digest.as_bytes().as_slice())
            .bind(&self.notice.message)
            .fetch_all(&mut *tx.connection)
            .await?;
        refusal(&rows, self.digest, &self.notice.message)
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

    /// Matches a line or parks it; says what it was matched with. What is too much for a bill is a
    /// line of its own, and parked.
    async fn line(
        &self,
        tx: &mut Tx<'_>,
        statement: i64,
        line: &Line,
    ) -> Result<(Option<Match>, bool), Fault> {
        let id = tx.id(self.now);
        let mut found = Found::default();
        let fate = self.fate(tx, line, &mut found).await?;
        let whole = (id, statement, line.key.as_str(), None);
        self.keep(tx, whole, line, (line.minor() - found.rest, fate), &found).await?;
        if found.rest > 0 {
            let key = format!("{}+rest", line.key);
            let rest = (tx.id(self.now), statement, key.as_str(), Some(id));
            let parked = (found.rest, Err(Parked::Overpaid));
            self.keep(tx, rest, line, parked, &Found::default()).await?;
        }
        Ok((fate.ok(), found.rest > 0))
    }

    /// Writes a line down, with the entry that parks it if it is parked.
    async fn keep(
        &self,
        tx: &mut Tx<'_>,
        (id, statement, key, rest_of): (i64, i64, &str, Option<i64>),
        line: &Line,
        (minor, fate): (i64, Result<Match, Parked>),
        found: &Found,
    ) -> Result<(), Fault> {
        let parking = match fate {
            Ok(_) => None,
            Err(_) => {
                let entry = parking_entry(id, minor, line.amount.currency);
                let entry = entry.ok_or(Fault::Damaged("amount"))?;
                Some(append(tx, &entry, self.now, Self::NAME).await?)
            }
        };
        sqlx::query(
            "INSERT INTO statement_lines (id, statement, bank_key, day, amount, currency, told,
                 parked, parking, matched, purchase, bill, payout, part, rest_of, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(id)
        .bind(statement)
        .bind(key)
        .bind(line.day.to_string())
        .bind(minor)
        .bind(line.amount.currency.code())
        .bind(&line.told)
        .bind(fate.err().map(Parked::name))
        .bind(parking)
        .bind(fate.ok().map(Match::name))
        .bind(fate.ok().and(found.purchase))
        .bind(fate.ok().and(found.bill))
        .bind(fate.ok().and(found.payout))
        .bind(fate.map_or(0, |_| found.part))
        .bind(rest_of)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
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
        let Some(reference) = &line.reference else { return Ok(Err(Parked::NoReference)) };
        if let Some(reason) = &line.returned {
            return self.sent_back(tx, line, (reference, reason), found).await;
        }
        let (due, how) = match reference {
            Reference::Bill(number, bill) => {
                return self.bill(tx, line, number, *bill, found).await;
            }
            Reference::Payout(payout) => {
                found.payout = Some(*payout);
                (payout_due(tx, *payout).await?, Match::Payout)
            }
            Reference::Transfer(number) => {
                let (purchase, due) = transfer_due(tx, number).await?.unzip();
                found.purchase = purchase;
                (due, Match::Transfer)
            }
        };
        if let Err(parked) = agrees(line.minor(), line.amount.currency, due) {
            return Ok(Err(parked));
        }
        if let Some(payout) = found.payout {
            remittances::confirm(tx, payout, (self.now, Self::NAME)).await?;
        }
        Ok(Ok(how))
    }

    /// A bill that is paid, all of it or a part.
    async fn bill(
        &self,
        tx: &mut Tx<'_>,
        line: &Line,
        number: &HandlingNumber,
        bill: u32,
        found: &mut Found,
    ) -> Result<Result<Match, Parked>, Fault> {
        let Some(row) = bill_due(tx, number, bill).await? else {
            return Ok(Err(Parked::Unknown));
        };
        let (paid, rest) = match pays(line.minor(), line.amount.currency, Some(row.due)) {
            Ok(sums) => sums,
            Err(parked) => return Ok(Err(parked)),
        };
        let pay = Pay { purchase: row.purchase_id, number: bill, minor: Some(paid), now: self.now };
        let Ok(part) = pay.run(tx).await? else { return Ok(Err(Parked::OtherAmount)) };
        (found.purchase, found.bill) = (Some(row.purchase), Some(i64::from(bill)));
        (found.part, found.rest) = (part, rest);
        Ok(Ok(Match::Bill))
    }

    /// Money that another bank sends back.
    async fn sent_back(
        &self,
        tx: &mut Tx<'_>,
        line: &Line,
        (reference, reason): (&Reference, &str),
        found: &mut Found,
    ) -> Result<Result<Match, Parked>, Fault> {
        let Some(sent) = sent_back::sent_as(tx, reference).await? else {
            return Ok(Err(Parked::OtherDirection));
        };
        if let Err(parked) = agrees(line.minor(), line.amount.currency, Some(sent.due())) {
            return Ok(Err(parked));
        }
        (found.purchase, found.payout) = sent.what.columns();
        sent_back::take_back(tx, &sent, reason, (self.now, Self::NAME)).await?;
        Ok(Ok(Match::Returned))
    }
}

/// What a reference was found to name.
#[derive(Default)]
struct Found {
    purchase: Option<i64>,
    bill: Option<i64>,
    part: i64,
    payout: Option<i64>,
    /// What was too much for the bill.
    rest: i64,
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
