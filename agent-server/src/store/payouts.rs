//! Payouts: the merchant's shares that are in no batch yet become one, with its entry, in one
//! transaction.

use shared_protocol::{Amount, Currency, Date, MerchantId, Timestamp};
use sqlx::Row as _;

use super::{
    Fault, Store, events, journal, payout_returns,
    row::{Cells as _, Row, minor},
    writer::{Tx, Work},
};
use crate::domain::{
    errand::Notice,
    settlement::{Payout, payout_entry},
};

/// One merchant's batch of a day.
#[derive(Clone, Debug)]
pub struct PayoutRun {
    /// Whom.
    pub merchant: MerchantId,
    /// In which currency.
    pub currency: Currency,
    /// What was booked before this moment.
    pub cutoff: Timestamp,
    /// On which day it is paid.
    pub pay_on: Date,
    /// When the batch is made.
    pub now: Timestamp,
}

impl Store {
    /// Whether the day that began at this moment is settled.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn is_day_settled(&self, cutoff: Timestamp) -> Result<bool, Fault> {
        let row = sqlx::query("SELECT 1 FROM settlement_days WHERE cutoff = $1");
        Ok(row.bind(cutoff.as_millis()).fetch_optional(&self.0.reads).await?.is_some())
    }

    /// Notes that a day is settled.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_day(&self, cutoff: Timestamp, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(EndDay { cutoff, now }).await
    }

    /// Merchants for whom something was booked before `cutoff` that is in no batch, or came back
    /// and may be paid again.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payable_merchants(
        &self,
        cutoff: Timestamp,
    ) -> Result<Vec<(MerchantId, Currency)>, Fault> {
        let rows = sqlx::query(
            "SELECT p.merchant, p.currency
             FROM settlement_words w JOIN purchases p ON p.id = w.purchase
             WHERE w.payout IS NULL AND w.share <> 0 AND w.at < $1
             UNION SELECT p.merchant, p.currency
             FROM payout_returns r JOIN payouts p ON p.id = r.payout
             WHERE r.again IS NULL AND r.released_at IS NOT NULL AND r.created_at < $1
             ORDER BY merchant, currency",
        )
        .bind(cutoff.as_millis())
        .fetch_all(&self.0.reads);
        let read = |row: &Row| {
            let merchant = row.named("merchant", |id| id.parse().ok())?;
            Ok((merchant, row.named("currency", |code| code.parse().ok())?))
        };
        rows.await?.iter().map(read).collect()
    }

    /// Makes a merchant's batch; `None` if nothing is owed, or less than nothing: then it waits for
    /// the next one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn pay_out(&self, run: PayoutRun) -> Result<Option<Payout>, Fault> {
        self.0.writer.write(run).await
    }

    /// The newest batches, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payouts(&self, most: u32) -> Result<Vec<Payout>, Fault> {
        let rows = sqlx::query("SELECT * FROM payouts ORDER BY id DESC LIMIT $1")
            .bind(i64::from(most))
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(payout).collect()
    }
}

pub(super) fn payout(row: &Row) -> Result<Payout, Fault> {
    Ok(Payout {
        id: row.cell("id")?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        amount: row.amount("amount", "currency")?,
        cutoff: row.moment("cutoff")?,
        pay_on: row.named("pay_on", |day| day.parse().ok())?,
    })
}

/// Words that belong into a merchant's batch.
macro_rules! of_batch {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " WHERE payout IS NULL AND share <> 0 AND at < $1 AND purchase IN (
                 SELECT p.id FROM purchases p WHERE p.merchant = $2 AND p.currency = $3
                     AND NOT EXISTS (SELECT 1 FROM objections o
                         WHERE o.purchase = p.id AND o.resolved_at IS NULL))",
            $after
        )
    };
}

impl Work for PayoutRun {
    type Answer = Option<Payout>;
    const NAME: &'static str = "payout";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Payout>, Fault> {
        const SUM: &str =
            of_batch!("SELECT CAST(COALESCE(SUM(share), 0) AS BIGINT) FROM settlement_words", "");
        let mut sum = 0_i64;
        for statement in [SUM, payout_returns::SUM] {
            let part: i64 = sqlx::query(statement)
                .bind(self.cutoff.as_millis())
                .bind(self.merchant.as_str())
                .bind(self.currency.code())
                .fetch_one(&mut *tx.connection)
                .await?
                .try_get(0)?;
            sum = sum.checked_add(part).ok_or(Fault::Damaged("amount"))?;
        }
        let amount = u64::try_from(sum).ok().and_then(|sum| Amount::new(sum, self.currency));
        let id = tx.id(self.now);
        let Some((amount, entry)) =
            amount.and_then(|amount| Some((amount, payout_entry(id, &self.merchant, amount)?)))
        else {
            return Ok(None);
        };
        let new = journal::New { entry: &entry, purchase: None, at: self.now, by: Self::NAME };
        let head = journal::append(tx, new).await?;
        let Self { merchant, cutoff, pay_on, now, .. } = self;
        let (cutoff, pay_on, now) = (*cutoff, *pay_on, *now);
        let new = NewPayout { id, merchant, amount, cutoff, pay_on, now };
        new.insert(tx, i64::try_from(head.number).unwrap_or(i64::MAX)).await?;
        const MARK: &str = of_batch!("UPDATE settlement_words SET payout = $4", "");
        for statement in [MARK, payout_returns::MARK] {
            sqlx::query(statement)
                .bind(self.cutoff.as_millis())
                .bind(self.merchant.as_str())
                .bind(self.currency.code())
                .bind(id)
                .execute(&mut *tx.connection)
                .await?;
        }
        for purchase in purchases_in(tx, id).await? {
            events::add(tx, purchase, Notice::PaidOut, self.now).await?;
        }
        let Self { merchant, cutoff, pay_on, .. } = self.clone();
        Ok(Some(Payout { id, merchant, amount, cutoff, pay_on }))
    }
}

/// A batch that is to be written.
pub(super) struct NewPayout<'a> {
    pub(super) id: i64,
    pub(super) merchant: &'a MerchantId,
    pub(super) amount: Amount,
    pub(super) cutoff: Timestamp,
    pub(super) pay_on: Date,
    pub(super) now: Timestamp,
}

impl NewPayout<'_> {
    /// Writes it, with the number of its entry.
    pub(super) async fn insert(&self, tx: &mut Tx<'_>, entry: i64) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO payouts (id, merchant, currency, amount, cutoff, pay_on, entry,
                 created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(self.id)
        .bind(self.merchant.as_str())
        .bind(self.amount.currency.code())
        .bind(minor(self.amount))
        .bind(self.cutoff.as_millis())
        .bind(self.pay_on.to_string())
        .bind(entry)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

/// The purchases in a batch, and in those that came back and are paid again by it.
pub(super) async fn purchases_in(tx: &mut Tx<'_>, payout: i64) -> Result<Vec<i64>, Fault> {
    let rows = sqlx::query(
        "WITH RECURSIVE batches (id) AS (
             SELECT p.id FROM payouts p WHERE p.id = $1
             UNION SELECT r.payout FROM payout_returns r JOIN batches b ON b.id = r.again)
         SELECT DISTINCT w.purchase FROM settlement_words w JOIN batches b ON b.id = w.payout
         ORDER BY w.purchase",
    )
    .bind(payout)
    .fetch_all(&mut *tx.connection);
    rows.await?.iter().map(|row| row.cell("purchase")).collect()
}

struct EndDay {
    cutoff: Timestamp,
    now: Timestamp,
}

impl Work for EndDay {
    type Answer = ();
    const NAME: &'static str = "end-day";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO settlement_days (cutoff, created_at) VALUES ($1, $2)
             ON CONFLICT (cutoff) DO NOTHING",
        )
        .bind(self.cutoff.as_millis())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}
