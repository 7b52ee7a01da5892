//! Lines of the bank's that nothing matched, and how somebody resolved them: each in one
//! transaction with its entries.

use shared_protocol::{Currency, Date, HandlingNumber, Timestamp};

use super::{
    Fault, Store,
    dues::{bill_due, payout_due},
    payments::Pay,
    remittances,
    row::{Cells as _, Row},
    sent_back,
    statements::append,
    writer::{Tx, Work},
};
use crate::{
    domain::bank::{Match, Parked, agrees, pays, resolving_entry},
    files::Reference,
};

/// A line that is parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedLine {
    /// Its row.
    pub id: i64,
    /// What the bank calls it.
    pub bank_key: String,
    /// When it was booked.
    pub day: Date,
    /// How much; what went out is less than nothing.
    pub minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// What was written beside it.
    pub told: String,
    /// Why it was parked.
    pub why: Parked,
}

/// What a line turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnedOut {
    /// It pays this bill of this purchase.
    Bill(HandlingNumber, u32),
    /// It confirms this payout.
    Payout(i64),
    /// Another bank sends back what this refers to.
    Returned(Reference),
    /// It is a charge of the bank's, or interest.
    Charge,
    /// It undoes this parked line, or is undone by it.
    Against(i64),
}

impl TurnedOut {
    fn how(&self) -> Match {
        match self {
            Self::Bill(..) => Match::Bill,
            Self::Payout(_) => Match::Payout,
            Self::Returned(_) => Match::Returned,
            Self::Charge => Match::Charge,
            Self::Against(_) => Match::Against,
        }
    }
}

/// Why it cannot have been that; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSo {
    /// There is none, or it is resolved.
    #[error("no such line is parked")]
    NotParked,
    /// Something does not agree.
    #[error("it does not agree: {}", .0.name())]
    Disagrees(Parked),
}

impl Store {
    /// All lines that are parked, the oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn parked_lines(&self) -> Result<Vec<ParkedLine>, Fault> {
        let rows = sqlx::query(
            "SELECT id, bank_key, day, amount, currency, told, parked FROM statement_lines
             WHERE matched IS NULL ORDER BY created_at, id",
        )
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Says what a parked line turned out to be; once.
    ///
    /// # Errors
    /// [`Fault`]; within it [`NotSo`].
    pub async fn resolve_line(
        &self,
        line: i64,
        turned_out: TurnedOut,
        now: Timestamp,
    ) -> Result<Result<(), NotSo>, Fault> {
        self.0.writer.write(Resolve { line, turned_out, now }).await
    }
}

fn read(row: &Row) -> Result<ParkedLine, Fault> {
    Ok(ParkedLine {
        id: row.cell("id")?,
        bank_key: row.cell("bank_key")?,
        day: row.named("day", |day| day.parse().ok())?,
        minor: row.cell("amount")?,
        currency: row.named("currency", |code| code.parse().ok())?,
        told: row.cell("told")?,
        why: row.named("parked", Parked::from_name)?,
    })
}

/// The line, if it is parked still.
async fn find(tx: &mut Tx<'_>, id: i64) -> Result<Option<ParkedLine>, Fault> {
    let row = sqlx::query(
        "SELECT id, bank_key, day, amount, currency, told, parked FROM statement_lines
         WHERE id = $1 AND matched IS NULL",
    )
    .bind(id)
    .fetch_optional(&mut *tx.connection)
    .await?;
    row.as_ref().map(read).transpose()
}

struct Resolve {
    line: i64,
    turned_out: TurnedOut,
    now: Timestamp,
}

impl Work for Resolve {
    type Answer = Result<(), NotSo>;
    const NAME: &'static str = "resolve-line";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Self::Answer, Fault> {
        let Some(line) = find(tx, self.line).await? else { return Ok(Err(NotSo::NotParked)) };
        let mut columns = Columns { id: line.id, ..Columns::default() };
        let agreed = match &self.turned_out {
            TurnedOut::Bill(number, bill) => {
                self.bill(tx, &line, (number, *bill), &mut columns).await?
            }
            TurnedOut::Payout(payout) => {
                columns.payout = Some(*payout);
                let due = payout_due(tx, *payout).await?;
                agrees(line.minor, line.currency, due)
            }
            TurnedOut::Returned(reference) => {
                self.returned(tx, &line, reference, &mut columns).await?
            }
            TurnedOut::Charge => Ok(()),
            TurnedOut::Against(other) => {
                columns.against = Some(*other);
                self.against(tx, &line, *other).await?
            }
        };
        if let Err(parked) = agreed {
            return Ok(Err(NotSo::Disagrees(parked)));
        }
        let how = self.turned_out.how();
        if let Some(entry) = resolving_entry(how, line.id, line.minor, line.currency) {
            columns.resolving = Some(append(tx, &entry, self.now, Self::NAME).await?);
        }
        self.mark(tx, &columns).await?;
        if let Some(payout) = columns.payout.filter(|_| how == Match::Payout) {
            remittances::confirm(tx, payout, (self.now, Self::NAME)).await?;
        }
        if let Some(other) = columns.against {
            let columns = Columns { id: other, against: Some(line.id), ..Columns::default() };
            self.mark(tx, &columns).await?;
        }
        Ok(Ok(()))
    }
}

/// What is known of a line once it is resolved.
#[derive(Default)]
struct Columns {
    id: i64,
    purchase: Option<i64>,
    bill: Option<i64>,
    part: i64,
    payout: Option<i64>,
    against: Option<i64>,
    resolving: Option<i64>,
}

impl Resolve {
    /// Pays the bill, unless somebody has said before that it was paid: then the line is the
    /// bank's word for that.
    async fn bill(
        &self,
        tx: &mut Tx<'_>,
        line: &ParkedLine,
        (number, bill): (&HandlingNumber, u32),
        columns: &mut Columns,
    ) -> Result<Result<(), Parked>, Fault> {
        let Some(row) = bill_due(tx, number, bill).await? else {
            return Ok(Err(Parked::Unknown));
        };
        let mut due = row.due;
        due.is_done = row.has_line;
        let (purchase, minor) = (row.purchase_id, Some(line.minor));
        let agreed = match row.due.is_done {
            // Somebody said so before: all of it.
            true => agrees(line.minor, line.currency, Some(due)),
            // What is too much for it is for somebody to give back.
            false => pays(line.minor, line.currency, Some(due))
                .and_then(|(_, rest)| if rest > 0 { Err(Parked::OtherAmount) } else { Ok(()) }),
        };
        if let Err(parked) = agreed {
            return Ok(Err(parked));
        }
        let pay = Pay { purchase, number: bill, minor, now: self.now };
        let Ok(part) = pay.run(tx).await? else { return Ok(Err(Parked::OtherAmount)) };
        (columns.purchase, columns.bill) = (Some(row.purchase), Some(i64::from(bill)));
        columns.part = part;
        Ok(Ok(()))
    }

    /// What another bank sends back without our reference, or without saying that it does.
    async fn returned(
        &self,
        tx: &mut Tx<'_>,
        line: &ParkedLine,
        reference: &Reference,
        columns: &mut Columns,
    ) -> Result<Result<(), Parked>, Fault> {
        let Some(sent) = sent_back::sent_as(tx, reference).await? else {
            return Ok(Err(Parked::Unknown));
        };
        if let Err(parked) = agrees(line.minor, line.currency, Some(sent.due())) {
            return Ok(Err(parked));
        }
        (columns.purchase, columns.payout) = sent.what.columns();
        sent_back::take_back(tx, &sent, "", (self.now, Self::NAME)).await?;
        Ok(Ok(()))
    }

    async fn against(
        &self,
        tx: &mut Tx<'_>,
        line: &ParkedLine,
        other: i64,
    ) -> Result<Result<(), Parked>, Fault> {
        let Some(other) = find(tx, other).await? else { return Ok(Err(Parked::Unknown)) };
        Ok(match (other.currency == line.currency, other.minor == -line.minor) {
            (false, _) => Err(Parked::OtherCurrency),
            (true, false) => Err(Parked::OtherAmount),
            (true, true) => Ok(()),
        })
    }

    async fn mark(&self, tx: &mut Tx<'_>, columns: &Columns) -> Result<(), Fault> {
        let done = sqlx::query(
            "UPDATE statement_lines SET matched = $2, purchase = $3, bill = $4, payout = $5,
                 against = $6, resolving = $7, resolved_at = $8, part = $9
             WHERE id = $1 AND matched IS NULL",
        )
        .bind(columns.id)
        .bind(self.turned_out.how().name())
        .bind(columns.purchase)
        .bind(columns.bill)
        .bind(columns.payout)
        .bind(columns.against)
        .bind(columns.resolving)
        .bind(self.now.as_millis())
        .bind(columns.part)
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
    }
}
