//! Pictures of what sellers without a server offer: one for each item, the newest.

use shared_protocol::{ItemId, MerchantId, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::picture::Picture;

/// The picture of an item from now on.
pub struct NewPicture {
    /// Whose.
    pub merchant: MerchantId,
    /// Of what.
    pub item: ItemId,
    /// As [`Picture::name`].
    pub name: String,
    /// The picture.
    pub picture: Picture,
    /// When.
    pub now: Timestamp,
}

impl Store {
    /// Keeps a picture in place of the item's last one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_picture(&self, picture: NewPicture) -> Result<(), Fault> {
        self.0.writer.write(picture).await
    }

    /// The picture of this name: its media type and its bytes.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn picture(&self, name: &str) -> Result<Option<(String, Vec<u8>)>, Fault> {
        let row = sqlx::query("SELECT media_type, picture FROM pictures WHERE name = $1 LIMIT 1")
            .bind(name)
            .fetch_optional(&self.0.reads);
        let read = |row: Row| Ok((row.cell("media_type")?, row.cell("picture")?));
        row.await?.map(read).transpose()
    }
}

impl Work for NewPicture {
    type Answer = ();
    const NAME: &'static str = "put-picture";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO pictures (merchant, item, name, media_type, picture, updated_at,
                 updated_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (merchant, item) DO UPDATE SET name = $3, media_type = $4, picture = $5,
                 updated_at = $6, updated_by = $7",
        )
        .bind(self.merchant.as_str())
        .bind(self.item.as_str())
        .bind(self.name.as_str())
        .bind(self.picture.media_type)
        .bind(self.picture.bytes.as_slice())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}
