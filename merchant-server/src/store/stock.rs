//! Counting: what orders have taken of each item, and how many orders a day has had. Each count
//! is one atomic statement.

use shared_protocol::ItemId;

use super::{Fault, Store, Tx};
use crate::domain::OrderId;

impl Tx<'_> {
    /// Takes `quantity` of an item of which there are `in_all`; false if not enough are left.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn take_stock(
        &mut self,
        item: &ItemId,
        quantity: u32,
        in_all: u32,
    ) -> Result<bool, Fault> {
        let first = "INSERT INTO stock (item, taken) VALUES ($1, 0) ON CONFLICT DO NOTHING";
        sqlx::query(first).bind(item.as_str()).execute(&mut *self.transaction).await?;
        let take = "UPDATE stock SET taken = taken + $1 WHERE item = $2 AND taken + $1 <= $3";
        let done = sqlx::query(take)
            .bind(i64::from(quantity))
            .bind(item.as_str())
            .bind(i64::from(in_all))
            .execute(&mut *self.transaction)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// How many of an order's goods have not gone: those in no parcel, none once a shipment was
    /// said of all.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn left_of(&mut self, order: OrderId, quantity: u32) -> Result<u32, Fault> {
        let sql = "SELECT
            (SELECT CAST(COALESCE(SUM(quantity), 0) AS BIGINT) FROM parcels WHERE order_id = $1),
            (SELECT COUNT(*) FROM settlement_words w WHERE w.order_id = $1
                AND w.kind = 'shipment' AND NOT EXISTS (SELECT 1 FROM parcels p
                    WHERE p.order_id = w.order_id AND p.name = w.name))";
        let (gone, whole): (i64, i64) =
            sqlx::query_as(sql).bind(order.0).fetch_one(&mut *self.transaction).await?;
        let gone = u32::try_from(gone).map_err(|_| Fault::Damaged("quantity"))?;
        Ok(if whole > 0 { 0 } else { quantity.saturating_sub(gone) })
    }

    /// Gives back what an order that came to nothing had taken and has not gone. An item that is
    /// not counted has nothing to give back.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn give_back_stock(&mut self, item: &ItemId, quantity: u32) -> Result<(), Fault> {
        let sql = "UPDATE stock SET taken = taken - $1 WHERE item = $2 AND taken >= $1";
        sqlx::query(sql)
            .bind(i64::from(quantity))
            .bind(item.as_str())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Counts one more order of a day (`20261122`) and says how many there are now.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn count_order_of(&mut self, day: &str) -> Result<i64, Fault> {
        let sql = "INSERT INTO order_days (day, orders) VALUES ($1, 1)
            ON CONFLICT (day) DO UPDATE SET orders = order_days.orders + 1 RETURNING orders";
        Ok(sqlx::query_scalar(sql).bind(day).fetch_one(&mut *self.transaction).await?)
    }
}

impl Store {
    /// How many of an item orders have taken so far.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn stock_taken(&self, item: &ItemId) -> Result<u32, Fault> {
        let sql = "SELECT taken FROM stock WHERE item = $1";
        let taken: Option<i64> =
            sqlx::query_scalar(sql).bind(item.as_str()).fetch_optional(&self.0.reading).await?;
        u32::try_from(taken.unwrap_or(0)).map_err(|_| Fault::Damaged("taken"))
    }
}
