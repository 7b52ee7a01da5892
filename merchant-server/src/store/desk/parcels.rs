//! Parcels of orders, under the names of their shipping notices.

use shared_protocol::Reference;

use crate::domain::{OrderId, Parcel};
use crate::store::{Fault, Store, Tx};

impl Store {
    /// All of an order, with their names.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn parcels(&self, order: OrderId) -> Result<Vec<(String, Parcel)>, Fault> {
        let sql = "SELECT name, quantity, carrier, tracking FROM parcels
            WHERE order_id = $1 ORDER BY name";
        let rows: Vec<ParcelRow> =
            sqlx::query_as(sql).bind(order.0).fetch_all(&self.0.reading).await?;
        rows.into_iter().map(read).collect()
    }
}

impl Tx<'_> {
    /// All of an order, as this transaction sees them.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn parcels(&mut self, order: OrderId) -> Result<Vec<(String, Parcel)>, Fault> {
        let sql = "SELECT name, quantity, carrier, tracking FROM parcels WHERE order_id = $1";
        let rows: Vec<ParcelRow> =
            sqlx::query_as(sql).bind(order.0).fetch_all(&mut *self.transaction).await?;
        rows.into_iter().map(read).collect()
    }

    /// Keeps one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_parcel(
        &mut self,
        order: OrderId,
        name: &Reference,
        parcel: &Parcel,
    ) -> Result<(), Fault> {
        let sql = "INSERT INTO parcels (order_id, name, quantity, carrier, tracking, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(order.0)
            .bind(name.as_str())
            .bind(i64::from(parcel.quantity))
            .bind(&parcel.carrier)
            .bind(&parcel.tracking)
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Forgets one of which the agent would not hear.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn forget_parcel(&mut self, order: OrderId, name: &Reference) -> Result<(), Fault> {
        let sql = "DELETE FROM parcels WHERE order_id = $1 AND name = $2";
        let query = sqlx::query(sql).bind(order.0).bind(name.as_str());
        query.execute(&mut *self.transaction).await?;
        Ok(())
    }
}

type ParcelRow = (String, i64, String, String);

fn read((name, quantity, carrier, tracking): ParcelRow) -> Result<(String, Parcel), Fault> {
    let quantity = u32::try_from(quantity).map_err(|_| Fault::Damaged("quantity"))?;
    Ok((name, Parcel { quantity, carrier, tracking }))
}
