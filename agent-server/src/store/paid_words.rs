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
    /// Why it came back, as AC04; empty: the bank named nothing; `None`: it did not come back.
    pub returned: Option<String>,
    /// The batch that pays again what came back.
    pub again: Option<i64>,
    /// What is in it of batches that came back.
    pub brought: i64,
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

/// Batches that pay a merchant, with what their words come to: each beside the sums of the word
/// before of the same purchase. Orders of shoppers' transfers are none of them.
macro_rules! batches {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.merchant, o.currency, o.amount, o.cutoff, o.pay_on, o.file,
                 (SELECT COUNT(*) FROM statement_lines l
                     WHERE l.payout = o.id AND l.matched = 'payout') AS confirmed,
                 (SELECT r.reason FROM payout_returns r WHERE r.payout = o.id) AS returned,
                 (SELECT r.again FROM payout_returns r WHERE r.payout = o.id) AS again,
                 CAST((SELECT COALESCE(SUM(e.amount), 0) FROM payout_returns r
                     JOIN payouts e ON e.id = r.payout WHERE r.again = o.id) AS BIGINT) AS brought,
                 CAST(COALESCE(SUM(w.claimed - COALESCE(b.claimed, 0)), 0) AS BIGINT) AS claimed,
                 CAST(COALESCE(SUM(w.refunded - COALESCE(b.refunded, 0)), 0) AS BIGINT)
                     AS refunded,
                 COUNT(w.purchase) AS words
             FROM payouts o LEFT JOIN settlement_words w ON w.payout = o.id
                 LEFT JOIN settlement_words b
                     ON b.purchase = w.purchase AND b.number = w.number - 1
             WHERE o.merchant = $1
                 AND NOT EXISTS (SELECT 1 FROM remittances t WHERE t.payout = o.id) AND ",
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
        const SUMS: &str = batches!(
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
        const SUMS: &str = batches!(
            "o.id = $2
             GROUP BY o.id, o.merchant, o.currency, o.amount, o.cutoff, o.pay_on, o.file"
        );
        const WORDS: &str = "SELECT p.purchase_id, w.kind, w.name, w.at, w.share,
                 w.claimed - COALESCE(b.claimed, 0) - w.refunded + COALESCE(b.refunded, 0) AS minor
             FROM settlement_words w JOIN payouts o ON o.id = w.payout
                 JOIN purchases p ON p.id = w.purchase
                 LEFT JOIN settlement_words b
                     ON b.purchase = w.purchase AND b.number = w.number - 1
             WHERE o.merchant = $1 AND o.id = $2 ORDER BY w.at, w.purchase, w.number";
        let row = sqlx::query(SUMS).bind(merchant.as_str()).bind(payout);
        let row = row.fetch_optional(&self.0.reads).await?;
        let Some(found) = row.as_ref().map(sums).transpose()? else { return Ok(None) };
        let rows = sqlx::query(WORDS).bind(merchant.as_str()).bind(payout);
        let words: Result<_, _> = rows.fetch_all(&self.0.reads).await?.iter().map(word).collect();
        Ok(Some((found, words?)))
    }
}

fn sums(row: &Row) -> Result<PayoutSums, Fault> {
    let returned: Option<String> = row.cell("returned")?;
    let state = match (&returned, row.count("confirmed")?, row.cell::<Option<i64>>("file")?) {
        (Some(_), ..) => PayoutState::Returned,
        (None, 1_u32.., _) => PayoutState::Paid,
        (None, 0, Some(_)) => PayoutState::Ordered,
        (None, 0, None) => PayoutState::Waiting,
    };
    Ok(PayoutSums {
        payout: payout(row)?,
        state,
        returned,
        again: row.cell("again")?,
        brought: row.cell("brought")?,
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
