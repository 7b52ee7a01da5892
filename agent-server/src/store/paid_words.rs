//! A merchant's payouts as the merchant sees them: with the words that each of them settles, and
//! what these come to.

use shared_protocol::{Date, MerchantId, PurchaseId, Timestamp};

use super::{
    Fault, Store,
    payouts::payout,
    row::{Cells as _, Row},
};
use crate::domain::{merchant_books::PayoutState, settlement::Payout};

/// A batch, and what it is made of.
#[derive(Clone, Debug)]
pub struct PayoutSums {
    /// The batch.
    pub payout: Payout,
    /// How it stands.
    pub state: PayoutState,
    /// What was claimed in it.
    pub claimed: i64,
    /// What went back.
    pub refunded: i64,
    /// How many words it settles.
    pub words: i64,
}

/// A word in a batch.
#[derive(Clone, Debug)]
pub struct PaidWord {
    /// Of which purchase.
    pub purchase: PurchaseId,
    /// `claim`, `refund` or `upheld`.
    pub kind: String,
    /// The merchant's own name for it.
    pub name: String,
    /// When it was booked.
    pub at: Timestamp,
    /// How much more was sold by it, or less.
    pub minor: i64,
    /// What of it is the merchant's.
    pub share: i64,
}

/// Words with the sums before them: those after the word before of the same purchase.
macro_rules! with_sums_before {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM settlement_words w JOIN payouts o ON o.id = w.payout
              JOIN purchases p ON p.id = w.purchase
              LEFT JOIN settlement_words b
                  ON b.purchase = w.purchase AND b.number = w.number - 1
              WHERE o.merchant = $1 AND ",
            $rest
        )
    };
}

impl Store {
    /// Batches of a merchant that are paid from one day to another, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payouts_of(
        &self,
        merchant: &MerchantId,
        from: Date,
        until: Date,
    ) -> Result<Vec<PayoutSums>, Fault> {
        const SUMS: &str = with_sums_before!(
            "o.id, o.merchant, o.currency, o.amount, o.cutoff, o.pay_on, o.file,
             (SELECT COUNT(*) FROM statement_lines l WHERE l.payout = o.id) AS confirmed,
             CAST(SUM(w.claimed - COALESCE(b.claimed, 0)) AS BIGINT) AS claimed,
             CAST(SUM(w.refunded - COALESCE(b.refunded, 0)) AS BIGINT) AS refunded,
             COUNT(*) AS words",
            "o.pay_on >= $2 AND o.pay_on <= $3
             GROUP BY o.id, o.merchant, o.currency, o.amount, o.cutoff, o.pay_on, o.file
             ORDER BY o.id DESC LIMIT 1000"
        );
        let rows = sqlx::query(SUMS)
            .bind(merchant.as_str())
            .bind(from.to_string())
            .bind(until.to_string())
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(sums).collect()
    }

    /// One batch of a merchant, with the words that it settles, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payout_of(
        &self,
        merchant: &MerchantId,
        payout: i64,
    ) -> Result<Option<(PayoutSums, Vec<PaidWord>)>, Fault> {
        const SUMS: &str = with_sums_before!(
            "o.id, o.merchant, o.currency, o.amount, o.cutoff, o.pay_on, o.file,
             (SELECT COUNT(*) FROM statement_lines l WHERE l.payout = o.id) AS confirmed,
             CAST(SUM(w.claimed - COALESCE(b.claimed, 0)) AS BIGINT) AS claimed,
             CAST(SUM(w.refunded - COALESCE(b.refunded, 0)) AS BIGINT) AS refunded,
             COUNT(*) AS words",
            "o.id = $2
             GROUP BY o.id, o.merchant, o.currency, o.amount, o.cutoff, o.pay_on, o.file"
        );
        const WORDS: &str = with_sums_before!(
            "p.purchase_id, w.kind, w.name, w.at, w.share,
             w.claimed - COALESCE(b.claimed, 0) - w.refunded + COALESCE(b.refunded, 0) AS minor",
            "o.id = $2 ORDER BY w.at, w.purchase, w.number"
        );
        let row = sqlx::query(SUMS).bind(merchant.as_str()).bind(payout);
        let row = row.fetch_optional(&self.0.reads).await?;
        let Some(found) = row.as_ref().map(sums).transpose()? else { return Ok(None) };
        let rows = sqlx::query(WORDS).bind(merchant.as_str()).bind(payout);
        let words: Result<_, _> = rows.fetch_all(&self.0.reads).await?.iter().map(word).collect();
        Ok(Some((found, words?)))
    }
}

fn sums(row: &Row) -> Result<PayoutSums, Fault> {
    let state = match (row.count::<u32>("confirmed")?, row.cell::<Option<i64>>("file")?) {
        (1.., _) => PayoutState::Paid,
        (0, Some(_)) => PayoutState::Ordered,
        (0, None) => PayoutState::Waiting,
    };
    Ok(PayoutSums {
        payout: payout(row)?,
        state,
        claimed: row.cell("claimed")?,
        refunded: row.cell("refunded")?,
        words: row.cell("words")?,
    })
}

fn word(row: &Row) -> Result<PaidWord, Fault> {
    Ok(PaidWord {
        purchase: row.exact("purchase_id")?,
        kind: row.cell("kind")?,
        name: row.cell("name")?,
        at: row.moment("at")?,
        minor: row.cell("minor")?,
        share: row.cell("share")?,
    })
}
