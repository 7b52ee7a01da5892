//! Payouts that merchants' banks sent back: held, with all that is to be paid to the merchant,
//! until it has another account or an operator says that it is paid again; then the next batch has
//! it.

use shared_protocol::{MerchantId, Timestamp};

use super::{
    Fault, Store, payouts,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::settlement::Payout;

/// A payout that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedPayout {
    /// It.
    pub payout: Payout,
    /// Why, as AC04 (ISO 20022 ExternalReturnReason1Code); empty: the bank named nothing.
    pub reason: String,
    /// When we heard of it.
    pub at: Timestamp,
    /// Whether it waits for somebody to see to it.
    pub is_held: bool,
    /// The batch that pays it again.
    pub again: Option<i64>,
}

impl Store {
    /// Payouts that came back, the newest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn returned_payouts(&self, most: u32) -> Result<Vec<ReturnedPayout>, Fault> {
        let rows = sqlx::query(
            "SELECT p.id, p.merchant, p.currency, p.amount, p.cutoff, p.pay_on, r.reason,
                 r.released_at, r.again, r.created_at AS returned_at
             FROM payout_returns r JOIN payouts p ON p.id = r.payout
             ORDER BY r.created_at DESC, r.payout DESC LIMIT $1",
        )
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(returned).collect()
    }

    /// A payout that came back and is held still.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn held_payout(&self, payout: i64) -> Result<Option<Payout>, Fault> {
        let row = sqlx::query(
            "SELECT p.id, p.merchant, p.currency, p.amount, p.cutoff, p.pay_on
             FROM payout_returns r JOIN payouts p ON p.id = r.payout
             WHERE r.payout = $1 AND r.released_at IS NULL",
        )
        .bind(payout)
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(payouts::payout).transpose()
    }

    /// Says that a payout which came back is to be paid again, to the account that the merchant
    /// has; `false` if there is none that is held.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn pay_again(&self, payout: i64, now: Timestamp) -> Result<bool, Fault> {
        self.0.writer.write(PayAgain { payout, now }).await
    }
}

fn returned(row: &Row) -> Result<ReturnedPayout, Fault> {
    Ok(ReturnedPayout {
        payout: payouts::payout(row)?,
        reason: row.cell("reason")?,
        at: row.moment("returned_at")?,
        is_held: row.moment_or_none("released_at")?.is_none(),
        again: row.cell("again")?,
    })
}

struct PayAgain {
    payout: i64,
    now: Timestamp,
}

impl Work for PayAgain {
    type Answer = bool;
    const NAME: &'static str = "pay-again";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE payout_returns SET released_at = $2 WHERE payout = $1 AND released_at IS NULL",
        )
        .bind(self.payout)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        // Whoever says so stands for the account.
        sqlx::query(
            "UPDATE merchant_accounts SET refused_at = NULL, updated_by = $2
             WHERE merchant = (SELECT p.merchant FROM payouts p JOIN payout_returns r
                 ON r.payout = p.id WHERE p.id = $1 AND r.again IS NULL)",
        )
        .bind(self.payout)
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

/// The merchant has said where it is paid from now on: nothing of it is held any more.
pub(super) async fn release_all(
    tx: &mut Tx<'_>,
    merchant: &MerchantId,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE payout_returns SET released_at = $2 WHERE released_at IS NULL
             AND payout IN (SELECT id FROM payouts WHERE merchant = $1)",
    )
    .bind(merchant.as_str())
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// What came back to a merchant before a moment, in a currency, and may be paid again.
pub(super) const SUM: &str = "SELECT CAST(COALESCE(SUM(p.amount), 0) AS BIGINT)
     FROM payout_returns r JOIN payouts p ON p.id = r.payout
     WHERE r.again IS NULL AND r.released_at IS NOT NULL AND r.created_at < $1
         AND p.merchant = $2 AND p.currency = $3";

/// The same is in this batch.
pub(super) const MARK: &str = "UPDATE payout_returns SET again = $4
     WHERE again IS NULL AND released_at IS NOT NULL AND created_at < $1
         AND payout IN (SELECT p.id FROM payouts p WHERE p.merchant = $2 AND p.currency = $3)";
