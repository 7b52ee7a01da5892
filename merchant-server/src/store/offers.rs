//! Every Offer that was given out, as the bytes that were signed. An order's price is looked up
//! here and comes from nowhere else.

use shared_protocol::{Digest, Offer, Signed, Timestamp, decode, encode};

use super::{Fault, Store, Tx};

impl Tx<'_> {
    /// Keeps an Offer that is about to be given out. Keeping it twice is keeping it once.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_offer(&mut self, signed: &Signed<Offer>, offer: &Offer) -> Result<(), Fault> {
        let sql = "INSERT INTO offers (id, digest, item, signed, issued_at, expires_at, updated_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (digest) DO UPDATE SET signed = $4, updated_by = $7";
        sqlx::query(sql)
            .bind(self.next_id())
            .bind(signed.digest().as_bytes().as_slice())
            .bind(offer.item.as_str())
            .bind(encode(signed))
            .bind(offer.issued.as_millis())
            .bind(offer.expires.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Forgets Offers that expired before `moment` and that no order took up.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn forget_offers_before(&mut self, moment: Timestamp) -> Result<(), Fault> {
        let sql = "DELETE FROM offers WHERE expires_at < $1
            AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.offer = offers.digest)";
        sqlx::query(sql).bind(moment.as_millis()).execute(&mut *self.transaction).await?;
        Ok(())
    }
}

impl Store {
    /// The Offer with this digest, if it was ever given out here.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn offer(&self, digest: &Digest) -> Result<Option<Signed<Offer>>, Fault> {
        let sql = "SELECT signed FROM offers WHERE digest = $1";
        let signed: Option<Vec<u8>> = sqlx::query_scalar(sql)
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(&self.0.reading)
            .await?;
        signed.map(|bytes| decode(&bytes).map_err(|_| Fault::Damaged("signed"))).transpose()
    }
}
