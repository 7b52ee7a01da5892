//! Purchases, looked for by what operators are told on the telephone.

use shared_protocol::{
    Amount, Currency, HandlingNumber, MerchantId, PurchaseId, PurchaseState, Timestamp,
};

use crate::{
    domain::Purchase,
    store::{
        Fault, Store, ids,
        row::{Cells as _, Row},
    },
};

/// Which purchases are looked for. What is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct PurchasesAsked {
    /// Of this handling number.
    pub number: Option<HandlingNumber>,
    /// Of this id.
    pub id: Option<PurchaseId>,
    /// At this merchant.
    pub merchant: Option<MerchantId>,
    /// In this state.
    pub state: Option<PurchaseState>,
    /// Begun from this moment on.
    pub from: Option<Timestamp>,
    /// Begun before this one.
    pub until: Option<Timestamp>,
    /// With a smaller row than this: the next page.
    pub before: Option<i64>,
    /// At most so many, newest first.
    pub most: u32,
}

/// A purchase in a list.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its row.
    pub row: i64,
    /// Its id.
    pub id: PurchaseId,
    /// Its number; `None`: it was declined.
    pub number: Option<HandlingNumber>,
    /// At whom.
    pub merchant: MerchantId,
    /// How it stands.
    pub state: PurchaseState,
    /// What it comes to.
    pub amount: Amount,
    /// When it was begun.
    pub at: Timestamp,
}

impl Store {
    /// Purchases, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn find_purchases(&self, asked: &PurchasesAsked) -> Result<Vec<Found>, Fault> {
        let rows = sqlx::query(
            "SELECT id, purchase_id, handling_number, merchant, state, amount, currency, created_at
             FROM purchases
             WHERE id < $1 AND id >= $2
                 AND (CAST($3 AS TEXT) IS NULL OR handling_number = $3)
                 AND (CAST($4 AS BYTEA) IS NULL OR purchase_id = $4)
                 AND (CAST($5 AS TEXT) IS NULL OR merchant = $5)
                 AND (CAST($6 AS TEXT) IS NULL OR state = $6)
             ORDER BY id DESC LIMIT $7",
        )
        .bind(asked.before.unwrap_or(i64::MAX).min(asked.until.map_or(i64::MAX, ids::first)))
        .bind(asked.from.map_or(0, ids::first))
        .bind(asked.number.map(|number| number.compact()))
        .bind(asked.id.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(asked.merchant.as_ref().map(MerchantId::as_str))
        .bind(asked.state.map(PurchaseState::name))
        .bind(i64::from(asked.most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(found).collect()
    }

    /// The purchase of this id, with its number and when it was begun.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn purchase_and_number(
        &self,
        id: &PurchaseId,
    ) -> Result<Option<(Purchase, Found)>, Fault> {
        let asked = PurchasesAsked { id: Some(*id), most: 1, ..PurchasesAsked::default() };
        let found = self.find_purchases(&asked).await?.into_iter().next();
        Ok(self.purchase(id).await?.zip(found))
    }

    /// In which currency the purchase of this number is.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn currency_of(&self, number: &HandlingNumber) -> Result<Option<Currency>, Fault> {
        let row = sqlx::query("SELECT currency FROM purchases WHERE handling_number = $1")
            .bind(number.compact())
            .fetch_optional(&self.0.reads)
            .await?;
        row.map(|row| row.named("currency", |code| code.parse().ok())).transpose()
    }

    /// What the merchant keeps of a purchase to which there is an open objection.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn objected_to(&self, number: &HandlingNumber) -> Result<Option<Amount>, Fault> {
        let row = sqlx::query(
            "SELECT p.currency, COALESCE(s.claimed - s.refunded, 0) AS kept
             FROM objections o JOIN purchases p ON p.id = o.purchase
             LEFT JOIN settlements s ON s.purchase = p.id
             WHERE p.handling_number = $1 AND o.resolved_at IS NULL",
        )
        .bind(number.compact())
        .fetch_optional(&self.0.reads)
        .await?;
        row.map(|row| row.amount("kept", "currency")).transpose()
    }
}

fn found(row: &Row) -> Result<Found, Fault> {
    let number: Option<&str> = row.cell("handling_number")?;
    let number = number.map(|text| text.parse().map_err(|_| Fault::Damaged("handling_number")));
    Ok(Found {
        row: row.cell("id")?,
        id: row.exact("purchase_id")?,
        number: number.transpose()?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        state: row.named("state", PurchaseState::from_name)?,
        amount: row.amount("amount", "currency")?,
        at: row.moment("created_at")?,
    })
}
