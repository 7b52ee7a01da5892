//! Counting: what orders have taken of each item, and how many orders a day has had. Each count
//! is one atomic statement.

use shared_protocol::ItemId;

use super::{Fault, Store, Tx};

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

    /// Gives back what an order that came to nothing had taken. An item that is not counted has
    /// nothing to give back.
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
