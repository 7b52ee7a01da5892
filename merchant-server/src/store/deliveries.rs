//! Who ordered and where it goes. Nothing of this table is ever logged or sent to the agent.

use shared_protocol::{Address, Contact, Delivery, OrderHalf, Personal};

use super::{Fault, Store, Tx};
use crate::domain::{OrderId, Recipient};

impl Tx<'_> {
    /// Keeps what the order half says of the person and the place.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_delivery(&mut self, order: OrderId, half: &OrderHalf) -> Result<(), Fault> {
        let sql = "INSERT INTO deliveries (order_id, contact_name, contact_kana, contact_email,
                contact_phone, name, postal_code, region, locality, line1, line2, phone, salt)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let place = match &half.delivery {
            Delivery::Physical(address) => Some(address),
            Delivery::Intangible => None,
        };
        let at = |part: fn(&Address) -> &str| place.map(part);
        sqlx::query(sql)
            .bind(order.0)
            .bind(half.contact.name.expose())
            .bind(half.contact.kana.expose())
            .bind(half.contact.email.expose())
            .bind(half.contact.phone.expose())
            .bind(at(|address| address.name.expose()))
            .bind(at(|address| address.postal_code.expose()))
            .bind(at(|address| address.region.as_str()))
            .bind(at(|address| address.locality.expose()))
            .bind(at(|address| address.line1.expose()))
            .bind(at(|address| address.line2.expose()))
            .bind(at(|address| address.phone.expose()))
            .bind(half.salt.as_bytes().as_slice())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Who ordered and where it goes; `None` for orders that were refused or forgotten.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn recipient(&self, order: OrderId) -> Result<Option<Recipient>, Fault> {
        let sql = "SELECT * FROM deliveries WHERE order_id = $1";
        let row: Option<DeliveryRow> =
            sqlx::query_as(sql).bind(order.0).fetch_optional(&self.0.reading).await?;
        row.map(DeliveryRow::recipient).transpose()
    }
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    contact_name: String,
    contact_kana: String,
    contact_email: String,
    contact_phone: String,
    name: Option<String>,
    postal_code: Option<String>,
    region: Option<String>,
    locality: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    phone: Option<String>,
}

impl DeliveryRow {
    fn recipient(self) -> Result<Recipient, Fault> {
        let contact = Contact {
            name: Personal::new(self.contact_name),
            kana: Personal::new(self.contact_kana),
            email: Personal::new(self.contact_email),
            phone: Personal::new(self.contact_phone),
        };
        let Some(name) = self.name else {
            return Ok(Recipient { contact, delivery: Delivery::Intangible });
        };
        let text = |column: Option<String>, called| {
            column.map(Personal::new).ok_or(Fault::Damaged(called))
        };
        let region = self.region.and_then(|region| region.parse().ok());
        let address = Address {
            name: Personal::new(name),
            postal_code: text(self.postal_code, "postal_code")?,
            region: region.ok_or(Fault::Damaged("region"))?,
            locality: text(self.locality, "locality")?,
            line1: text(self.line1, "line1")?,
            line2: text(self.line2, "line2")?,
            phone: text(self.phone, "phone")?,
        };
        Ok(Recipient { contact, delivery: Delivery::Physical(address) })
    }
}
