//! Merchants: what their Marks say.

use shared_protocol::{Localized, MerchantId, Timestamp};

use super::{
    Fault, Store, merchant_keys,
    row::{Cells as _, Row, class_names},
    writer::{Tx, Work},
};
use crate::domain::{Merchant, MerchantStatus};

impl Store {
    /// The merchant of this id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant(&self, id: &MerchantId) -> Result<Option<Merchant>, Fault> {
        let row = sqlx::query("SELECT * FROM merchants WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// All merchants, by id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchants(&self) -> Result<Vec<Merchant>, Fault> {
        let rows = sqlx::query("SELECT * FROM merchants ORDER BY id").fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Adds a merchant, or replaces what is known of it; its serial is counted here.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_merchant(&self, merchant: Merchant, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(PutMerchant { merchant, now }).await
    }
}

struct PutMerchant {
    merchant: Merchant,
    now: Timestamp,
}

impl Work for PutMerchant {
    type Answer = ();
    const NAME: &'static str = "put-merchant";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let merchant = &self.merchant;
        sqlx::query(
            "INSERT INTO merchants (id, name_ja, name_en, legal_ja, legal_en, origins, server,
                 verifying_key, sealing_key, payout_class, status, valid_until, serial,
                 updated_at, updated_by, plans)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15)
             ON CONFLICT (id) DO UPDATE SET name_ja = $2, name_en = $3, legal_ja = $4,
                 legal_en = $5, origins = $6, server = $7, verifying_key = $8, sealing_key = $9,
                 payout_class = $10, status = $11, valid_until = $12,
                 serial = merchants.serial + 1, updated_at = $13, updated_by = $14,
                 plans = $15",
        )
        .bind(merchant.id.as_str())
        .bind(&merchant.name.ja)
        .bind(&merchant.name.en)
        .bind(&merchant.legal_notice.ja)
        .bind(&merchant.legal_notice.en)
        .bind(merchant.origins.join("\n"))
        .bind(&merchant.server)
        .bind(merchant.verifying_key.as_bytes().as_slice())
        .bind(merchant.sealing_key.as_bytes().as_slice())
        .bind(&merchant.payout_class)
        .bind(merchant.status.name())
        .bind(merchant.valid_until.map(Timestamp::as_millis))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .bind(class_names(&merchant.plans))
        .execute(&mut *tx.connection)
        .await?;
        let keys = (&merchant.verifying_key, &merchant.sealing_key);
        let until = self.now.plus(merchant_keys::OVERLAP);
        merchant_keys::note(tx, &merchant.id, keys, (self.now, until)).await
    }
}

fn read(row: &Row) -> Result<Merchant, Fault> {
    let origins: &str = row.cell("origins")?;
    Ok(Merchant {
        id: row.named("id", |id| id.parse().ok())?,
        name: localized(row, "name_ja", "name_en")?,
        legal_notice: localized(row, "legal_ja", "legal_en")?,
        origins: origins.lines().map(String::from).collect(),
        server: row.cell("server")?,
        verifying_key: row.exact("verifying_key")?,
        sealing_key: row.exact("sealing_key")?,
        plans: row.classes("plans")?,
        payout_class: row.cell("payout_class")?,
        status: row.named("status", MerchantStatus::from_name)?,
        valid_until: row.moment_or_none("valid_until")?,
        serial: row.count("serial")?,
    })
}

/// A text in two columns.
pub(super) fn localized(row: &Row, ja: &'static str, en: &'static str) -> Result<Localized, Fault> {
    Ok(Localized { ja: row.cell(ja)?, en: row.cell(en)? })
}
