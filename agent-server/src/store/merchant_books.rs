//! The books as one merchant may see them: what it said of its purchases, what it is owed by it,
//! and how it was paid. All of it is read from the journal and what was signed.

use shared_protocol::{Currency, MerchantId, PurchaseId, Settlement, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    settlements,
};
use crate::domain::{
    ledger::Account,
    merchant_books::{Cause, Line, OwnWord, Total},
    purchase::Purchase,
};

impl Store {
    /// How the money of a purchase stands, once anything was said of it.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn settlement_of(&self, purchase: &Purchase) -> Result<Option<Settlement>, Fault> {
        let row = sqlx::query("SELECT * FROM settlements WHERE purchase = $1")
            .bind(purchase.row)
            .fetch_optional(&self.0.reads)
            .await?;
        let sums = row.as_ref().map(|row| settlements::sums(row, purchase.amount)).transpose()?;
        Ok(sums.map(|sums| sums.settlement))
    }

    /// Whether the merchant was ever told of a purchase.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn is_told_of(&self, purchase: &Purchase) -> Result<bool, Fault> {
        let row = sqlx::query("SELECT 1 FROM merchant_events WHERE purchase = $1 LIMIT 1")
            .bind(purchase.row)
            .fetch_optional(&self.0.reads)
            .await?;
        Ok(row.is_some())
    }

    /// What was said of one purchase, in its order.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn words_of(&self, purchase: &Purchase) -> Result<Vec<OwnWord>, Fault> {
        let rows = sqlx::query(WORDS_OF_PURCHASE).bind(purchase.row).fetch_all(&self.0.reads);
        rows.await?.iter().map(word).collect()
    }

    /// What a merchant is owed at this moment, by what was booked before it; less than nothing: it
    /// owes.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payable(
        &self,
        merchant: &MerchantId,
        currency: Currency,
        before: Timestamp,
    ) -> Result<i64, Fault> {
        let row = sqlx::query(
            "SELECT CAST(COALESCE(SUM(CASE WHEN t.credit = $1 THEN t.amount ELSE -t.amount END), 0)
                 AS BIGINT) AS owed
             FROM transfers t JOIN journal j ON j.number = t.entry
             WHERE (t.credit = $1 OR t.debit = $1) AND t.currency = $2 AND j.at < $3",
        )
        .bind(Account::Payable(merchant.clone()).to_string())
        .bind(currency.code())
        .bind(before.as_millis())
        .fetch_one(&self.0.reads)
        .await?;
        row.cell("owed")
    }

    /// What the same entries come to, by their kind.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_totals(
        &self,
        merchant: &MerchantId,
        currency: Currency,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<Total>, Fault> {
        let rows = sqlx::query(TOTALS)
            .bind(Account::Payable(merchant.clone()).to_string())
            .bind(currency.code())
            .bind(from.as_millis())
            .bind(until.as_millis())
            .bind(Account::MerchantFees.to_string())
            .fetch_all(&self.0.reads);
        let read = |row: &Row| {
            let kind = row.named("kind", Cause::from_name)?;
            Ok(Total { kind, fee: row.cell("fee")?, net: row.cell("net")? })
        };
        rows.await?.iter().map(read).collect()
    }

    /// Entries by which a merchant is owed more or less, from one moment until before another, in
    /// the order of the journal after the entry `after`, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_lines(
        &self,
        merchant: &MerchantId,
        currency: Currency,
        (from, until): (Timestamp, Timestamp),
        (after, most): (i64, u32),
    ) -> Result<Vec<Line>, Fault> {
        let rows = sqlx::query(LINES)
            .bind(Account::Payable(merchant.clone()).to_string())
            .bind(currency.code())
            .bind(from.as_millis())
            .bind(until.as_millis())
            .bind(after)
            .bind(i64::from(most))
            .bind(Account::MerchantFees.to_string())
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(line).collect()
    }
}

const WORDS_OF_PURCHASE: &str = "SELECT p.purchase_id, p.currency, w.kind, w.name, w.claimed,
         w.voided, w.refunded, w.share, w.payout, w.at
     FROM settlement_words w JOIN purchases p ON p.id = w.purchase
     WHERE w.purchase = $1 ORDER BY w.number";

const LINES: &str = "SELECT j.number,
         CASE WHEN r.payout IS NULL THEN j.kind ELSE 'returned' END AS kind, j.at,
         p.purchase_id, p.handling_number, w.name, COALESCE(o.id, r.payout) AS payout,
         CAST(SUM(CASE WHEN t.credit = $1 THEN t.amount ELSE -t.amount END) AS BIGINT) AS net,
         CAST(SUM(CASE WHEN t.credit = $7 THEN t.amount
             WHEN t.debit = $7 THEN -t.amount ELSE 0 END) AS BIGINT) AS fee
     FROM transfers t JOIN journal j ON j.number = t.entry
     LEFT JOIN purchases p ON p.id = j.purchase
     LEFT JOIN settlement_words w ON w.purchase = j.purchase AND w.entry = j.number
     LEFT JOIN payouts o ON o.entry = j.number
     LEFT JOIN payout_returns r ON r.entry = j.number
     WHERE (t.credit = $1 OR t.debit = $1) AND t.currency = $2 AND j.at >= $3 AND j.at < $4
         AND j.number > $5
     GROUP BY j.number, j.kind, j.at, p.purchase_id, p.handling_number, w.name, o.id, r.payout
     ORDER BY j.number LIMIT $6";

const TOTALS: &str = "SELECT kind, CAST(SUM(net) AS BIGINT) AS net, CAST(SUM(fee) AS BIGINT) AS fee
     FROM (SELECT CASE WHEN r.payout IS NULL THEN j.kind ELSE 'returned' END AS kind,
             CASE WHEN t.credit = $1 THEN t.amount ELSE -t.amount END AS net,
             CASE WHEN t.credit = $5 THEN t.amount
                 WHEN t.debit = $5 THEN -t.amount ELSE 0 END AS fee
         FROM transfers t JOIN journal j ON j.number = t.entry
         LEFT JOIN payout_returns r ON r.entry = j.number
         WHERE (t.credit = $1 OR t.debit = $1) AND t.currency = $2 AND j.at >= $3 AND j.at < $4)
         moved
     GROUP BY kind ORDER BY kind";

fn word(row: &Row) -> Result<OwnWord, Fault> {
    let currency = row.named("currency", |code| code.parse().ok())?;
    Ok(OwnWord {
        purchase: row.exact("purchase_id")?,
        kind: row.cell("kind")?,
        name: row.cell("name")?,
        claimed: row.amount("claimed", "currency")?,
        voided: row.amount("voided", "currency")?,
        refunded: row.amount("refunded", "currency")?,
        share: row.cell("share")?,
        currency,
        payout: row.cell("payout")?,
        at: row.moment("at")?,
    })
}

fn line(row: &Row) -> Result<Line, Fault> {
    let number: Option<&str> = row.cell("handling_number")?;
    let number = number.map(|text| text.parse().map_err(|_| Fault::Damaged("handling_number")));
    let purchase: Option<&[u8]> = row.cell("purchase_id")?;
    let purchase =
        purchase.map(|id| PurchaseId::try_from(id).map_err(|_| Fault::Damaged("purchase_id")));
    Ok(Line {
        entry: row.cell("number")?,
        kind: row.named("kind", Cause::from_name)?,
        at: row.moment("at")?,
        purchase: purchase.transpose()?,
        number: number.transpose()?,
        name: row.cell("name")?,
        payout: row.cell("payout")?,
        fee: row.cell("fee")?,
        net: row.cell("net")?,
    })
}
