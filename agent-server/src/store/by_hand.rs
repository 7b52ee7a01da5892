//! Numbers to be read out: which wait, and under which name a merchant has handed one in.

use shared_protocol::{HandlingNumber, Reference, Timestamp};

use super::{
    Fault, Store, purchases,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{Unasked, by_hand::Waiting};

impl Store {
    /// The number that waits, or has been handed in.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn waiting(&self, number: &HandlingNumber) -> Result<Option<Waiting>, Fault> {
        let row = sqlx::query(
            "SELECT p.*, COALESCE(p.total, p.amount) AS held, h.redemption
             FROM purchases p JOIN by_hand h ON h.purchase = p.id
             WHERE p.handling_number = $1",
        )
        .bind(number.compact())
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// How many numbers of a contract no shop has handed in yet.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn open_numbers(&self, contract: i64) -> Result<u32, Fault> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS open FROM by_hand h JOIN purchases p ON p.id = h.purchase
             WHERE h.contract = $1 AND h.redemption IS NULL AND p.state = 'granted'",
        )
        .bind(contract)
        .fetch_one(&self.0.reads)
        .await?;
        row.count("open")
    }

    /// Whether a purchase is a number that no shop has handed in.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn is_unredeemed(&self, purchase: i64) -> Result<bool, Fault> {
        let row =
            sqlx::query("SELECT 1 AS one FROM by_hand WHERE purchase = $1 AND redemption IS NULL")
                .bind(purchase)
                .fetch_optional(&self.0.reads)
                .await?;
        Ok(row.is_some())
    }

    /// Hands a number in under this name; `false` if it was under another one before.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn redeem(
        &self,
        purchase: i64,
        name: Reference,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Redeem { purchase, name, now }).await
    }
}

struct Redeem {
    purchase: i64,
    name: Reference,
    now: Timestamp,
}

impl Work for Redeem {
    type Answer = bool;
    const NAME: &'static str = "redeem-number";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        sqlx::query(
            "UPDATE by_hand SET redemption = $2, redeemed_at = $3
             WHERE purchase = $1 AND redemption IS NULL",
        )
        .bind(self.purchase)
        .bind(self.name.as_str())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        let row = sqlx::query("SELECT redemption FROM by_hand WHERE purchase = $1")
            .bind(self.purchase)
            .fetch_one(&mut *tx.connection)
            .await?;
        let name: Option<&str> = row.cell("redemption")?;
        Ok(name == Some(self.name.as_str()))
    }
}

/// Notes why the shopper of a purchase that is just being entered will not be asked.
pub(super) async fn note(
    tx: &mut Tx<'_>,
    (purchase, contract): (i64, Option<i64>),
    unasked: Unasked,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query("UPDATE purchases SET unasked = $2 WHERE id = $1")
        .bind(purchase)
        .bind(unasked.name())
        .execute(&mut *tx.connection)
        .await?;
    if unasked == Unasked::ByHand {
        sqlx::query("INSERT INTO by_hand (purchase, contract, created_at) VALUES ($1, $2, $3)")
            .bind(purchase)
            .bind(contract)
            .bind(now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<Waiting, Fault> {
    let redemption: Option<&str> = row.cell("redemption")?;
    let named = |name: &str| name.parse().map_err(|_| Fault::Damaged("redemption"));
    Ok(Waiting { purchase: purchases::read(row)?, redemption: redemption.map(named).transpose()? })
}
