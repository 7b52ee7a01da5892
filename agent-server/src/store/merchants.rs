//! Merchants: what their Marks say.

use shared_protocol::{Localized, MerchantId, Timestamp};

use super::{
    Fault, Store, merchant_accounts, merchant_keys,
    row::{Cells as _, Row, class_names, minor},
    writer::{Tx, Work},
};
use crate::domain::{Merchant, MerchantStatus, RelaySite, mark::WhyRevoked};

/// Merchants, with the accounts to which transfers go.
macro_rules! merchants {
    ($rest:literal) => {
        concat!(
            "SELECT m.*, a.iban, a.bic, a.bank, a.branch, a.deposit, a.number, a.holder,
                 a.bank_ja, a.bank_en, a.branch_ja, a.branch_en
             FROM merchants m LEFT JOIN merchant_accounts a ON a.merchant = m.id ",
            $rest
        )
    };
}

impl Store {
    /// The merchant of this id.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant(&self, id: &MerchantId) -> Result<Option<Merchant>, Fault> {
        let row = sqlx::query(merchants!("WHERE m.id = $1"))
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
        let rows = sqlx::query(merchants!("ORDER BY m.id")).fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Adds a merchant, or replaces what is known of it; its serial is counted here.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_merchant(&self, merchant: Merchant, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(PutMerchant { merchant, now }).await
    }

    /// Takes back the Marks of a merchant; `false` if it is not registered.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn revoke_marks(
        &self,
        merchant: MerchantId,
        why: WhyRevoked,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(RevokeMarks { merchant, why, now }).await
    }

    /// The highest serial of a merchant's Marks that was taken back.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn revoked_serial(&self, merchant: &MerchantId) -> Result<Option<u64>, Fault> {
        let row =
            sqlx::query("SELECT MAX(serial) AS serial FROM mark_revocations WHERE merchant = $1")
                .bind(merchant.as_str())
                .fetch_one(&self.0.reads)
                .await?;
        let serial: Option<i64> = row.cell("serial")?;
        Ok(serial.and_then(|serial| serial.try_into().ok()))
    }
}

struct RevokeMarks {
    merchant: MerchantId,
    why: WhyRevoked,
    now: Timestamp,
}

impl Work for RevokeMarks {
    type Answer = bool;
    const NAME: &'static str = "revoke-marks";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE merchants SET mark_revoked_at = $2, serial = serial + 1, updated_at = $2,
                 updated_by = $3
             WHERE id = $1",
        )
        .bind(self.merchant.as_str())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        sqlx::query(
            "INSERT INTO mark_revocations (merchant, serial, why, revoked_at, revoked_by)
             SELECT id, serial, $2, $3, $4 FROM merchants WHERE id = $1",
        )
        .bind(self.merchant.as_str())
        .bind(self.why.name())
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
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
        let is_revoked = merchant.status == MerchantStatus::Revoked;
        sqlx::query(
            "INSERT INTO merchants (id, name_ja, name_en, legal_ja, legal_en, origins, server,
                 verifying_key, sealing_key, payout_class, status, valid_until, serial,
                 updated_at, updated_by, plans, mark_revoked_at, waives_up_to,
                 waives_currency, relay, relay_or_direct, hand_over)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $16,
                 $17, $18, $19, $20, $21)
             ON CONFLICT (id) DO UPDATE SET name_ja = $2, name_en = $3, legal_ja = $4,
                 legal_en = $5, origins = $6, server = $7, verifying_key = $8, sealing_key = $9,
                 payout_class = $10, status = $11, valid_until = $12,
                 serial = merchants.serial + 1, updated_at = $13, updated_by = $14,
                 plans = $15, relay = $19, relay_or_direct = $20, hand_over = $21,
                 waives_up_to = $17, waives_currency = $18,
                 mark_revoked_at = CASE WHEN $16 > 0
                     THEN COALESCE(merchants.mark_revoked_at, $16) END",
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
        .bind(match is_revoked {
            true => MerchantStatus::Suspended.name(),
            false => merchant.status.name(),
        })
        .bind(merchant.valid_until.map(Timestamp::as_millis))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .bind(class_names(&merchant.plans))
        .bind(is_revoked.then(|| self.now.as_millis()))
        .bind(merchant.waives.map(minor))
        .bind(merchant.waives.as_ref().map(|most| most.currency.code()))
        .bind(merchant.relay.as_ref().map(|relay| relay.url.as_str()))
        .bind(i64::from(merchant.relay.as_ref().is_some_and(|relay| relay.or_direct)))
        .bind(&merchant.hand_over)
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
        hand_over: row.cell("hand_over")?,
        verifying_key: row.exact("verifying_key")?,
        sealing_key: row.exact("sealing_key")?,
        relay: relay(row)?,
        plans: row.classes("plans")?,
        payee: merchant_accounts::payee(row)?,
        payout_class: row.cell("payout_class")?,
        status: match row.moment_or_none("mark_revoked_at")? {
            Some(_) => MerchantStatus::Revoked,
            None => row.named("status", MerchantStatus::from_name)?,
        },
        valid_until: row.moment_or_none("valid_until")?,
        waives: match row.cell::<Option<i64>>("waives_up_to")? {
            Some(_) => Some(row.amount("waives_up_to", "waives_currency")?),
            None => None,
        },
        serial: row.count("serial")?,
    })
}

fn relay(row: &Row) -> Result<Option<RelaySite>, Fault> {
    let or_direct: i64 = row.cell("relay_or_direct")?;
    let url: Option<String> = row.cell("relay")?;
    Ok(url.map(|url| RelaySite { url, or_direct: or_direct == 1 }))
}

/// A text in two columns.
pub(super) fn localized(row: &Row, ja: &'static str, en: &'static str) -> Result<Localized, Fault> {
    Ok(Localized { ja: row.cell(ja)?, en: row.cell(en)? })
}
