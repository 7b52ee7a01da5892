//! How the money of orders stands that are paid by transfer: the agent's newest word on each.

use shared_protocol::{PurchaseId, Remittance, Signed, Standing, decode, encode};

use super::{Fault, Store, Tx};

/// The newest word on a purchase.
#[derive(Clone, Debug)]
pub struct Told {
    /// About which purchase.
    pub purchase: PurchaseId,
    /// As it was signed.
    pub said: Signed<Remittance>,
}

impl Store {
    /// The newest word on the money of a purchase, if there is one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn remittance(&self, purchase: PurchaseId) -> Result<Option<Told>, Fault> {
        let sql = "SELECT purchase_id, said FROM remittances WHERE purchase_id = $1";
        let row: Option<(String, Vec<u8>)> =
            sqlx::query_as(sql).bind(purchase.to_string()).fetch_optional(&self.0.reading).await?;
        row.map(told).transpose()
    }

    /// The newest words of all, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn remittances(&self, at_most: u32) -> Result<Vec<Told>, Fault> {
        let sql = "SELECT purchase_id, said FROM remittances
            ORDER BY said_at DESC, purchase_id LIMIT $1";
        let rows: Vec<(String, Vec<u8>)> =
            sqlx::query_as(sql).bind(i64::from(at_most)).fetch_all(&self.0.reading).await?;
        rows.into_iter().map(told).collect()
    }
}

impl Tx<'_> {
    /// Keeps a word, unless a later one is kept.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_remittance(
        &mut self,
        said: &Signed<Remittance>,
        word: &Remittance,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO remittances (purchase_id, standing, day, said, said_at, updated_at,
                updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (purchase_id) DO UPDATE SET standing = $2, day = $3, said = $4,
                said_at = $5, updated_at = $6, updated_by = $7
            WHERE remittances.said_at < $5";
        let day = match word.standing {
            Standing::Scheduled(day) => Some(day.to_string()),
            Standing::Received | Standing::NotReceived => None,
        };
        sqlx::query(sql)
            .bind(word.purchase.to_string())
            .bind(word.standing.name())
            .bind(day)
            .bind(encode(said))
            .bind(word.at.as_millis())
            .bind(self.now.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}

fn told((purchase, said): (String, Vec<u8>)) -> Result<Told, Fault> {
    Ok(Told {
        purchase: purchase.parse().map_err(|_| Fault::Damaged("purchase_id"))?,
        said: decode(&said).map_err(|_| Fault::Damaged("said"))?,
    })
}
