//! Merchants' keys: when each counts. None is ever forgotten.

use std::collections::BTreeMap;

use shared_protocol::{MerchantId, SealingKey, Span, Timestamp, VerifyingKey};

use super::{
    Fault, Store,
    audit::Snapshot,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{
    key_history::KeyHistory,
    merchant_keys::{KnownMerchant, MerchantKey},
};

/// What becomes of a merchant's keys.
#[derive(Clone, Copy, Debug)]
pub enum KeyChange {
    /// This pair counts from now on; those before until then.
    Replace(VerifyingKey, SealingKey, Timestamp),
    /// This one counts no more, nor ever again.
    Revoke(VerifyingKey),
}

impl Store {
    /// The merchant of this id with all its keys.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn known_merchant(&self, id: &MerchantId) -> Result<Option<KnownMerchant>, Fault> {
        let Some(facts) = self.merchant(id).await? else { return Ok(None) };
        let rows = sqlx::query(OF_MERCHANT).bind(id.as_str()).fetch_all(&self.0.reads);
        let keys: Result<_, Fault> = rows.await?.iter().map(read).collect();
        Ok(Some(KnownMerchant::new(facts, keys?)))
    }

    /// Changes a merchant's keys; `false` if there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn change_keys(
        &self,
        merchant: MerchantId,
        change: KeyChange,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(ChangeKeys { merchant, change, now }).await
    }
}

impl Snapshot {
    /// The keys of all merchants.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_keys(&mut self) -> Result<BTreeMap<String, KeyHistory>, Fault> {
        let rows = sqlx::query(ALL).fetch_all(&mut *self.0).await?;
        let mut all = BTreeMap::<String, Vec<MerchantKey>>::new();
        for row in &rows {
            all.entry(row.cell("merchant")?).or_default().push(read(row)?);
        }
        let history = |keys: Vec<MerchantKey>| keys.iter().map(MerchantKey::period).collect();
        Ok(all.into_iter().map(|(id, keys)| (id, history(keys))).collect())
    }
}

struct ChangeKeys {
    merchant: MerchantId,
    change: KeyChange,
    now: Timestamp,
}

impl Work for ChangeKeys {
    type Answer = bool;
    const NAME: &'static str = "change-merchant-keys";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        match self.change {
            KeyChange::Replace(verifying, sealing, until) => {
                let done = sqlx::query(
                    "UPDATE merchants SET verifying_key = $2, sealing_key = $3,
                         serial = serial + 1, updated_at = $4, updated_by = $5
                     WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM merchant_keys
                         WHERE merchant = $1 AND verifying_key = $2 AND revoked = 1)",
                )
                .bind(self.merchant.as_str())
                .bind(verifying.as_bytes().as_slice())
                .bind(sealing.as_bytes().as_slice())
                .bind(self.now.as_millis())
                .bind(Self::NAME)
                .execute(&mut *tx.connection)
                .await?;
                if done.rows_affected() == 0 {
                    return Ok(false);
                }
                note(tx, &self.merchant, (&verifying, &sealing), (self.now, until)).await?;
                Ok(true)
            }
            KeyChange::Revoke(key) => {
                let done = sqlx::query(
                    "UPDATE merchant_keys SET revoked = 1, until_at =
                         CASE WHEN until_at < $3 THEN until_at ELSE $3 END
                     WHERE merchant = $1 AND verifying_key = $2 AND revoked = 0",
                )
                .bind(self.merchant.as_str())
                .bind(key.as_bytes().as_slice())
                .bind(self.now.as_millis())
                .execute(&mut *tx.connection)
                .await?;
                Ok(done.rows_affected() == 1)
            }
        }
    }
}

/// Notes with which keys a merchant is known from `now` on; those before count until `until`.
pub(super) async fn note(
    tx: &mut Tx<'_>,
    merchant: &MerchantId,
    (verifying, sealing): (&VerifyingKey, &SealingKey),
    (now, until): (Timestamp, Timestamp),
) -> Result<(), Fault> {
    sqlx::query(
        "UPDATE merchant_keys SET until_at = $3
         WHERE merchant = $1 AND verifying_key <> $2 AND (until_at IS NULL OR until_at > $3)",
    )
    .bind(merchant.as_str())
    .bind(verifying.as_bytes().as_slice())
    .bind(until.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    // The first one counts from the beginning: there is nothing that another one signed.
    sqlx::query(
        "INSERT INTO merchant_keys (merchant, verifying_key, sealing_key, from_at)
         VALUES ($1, $2, $3,
             CASE WHEN EXISTS (SELECT 1 FROM merchant_keys WHERE merchant = $1) THEN $4 ELSE 0 END)
         ON CONFLICT (merchant, verifying_key) DO UPDATE SET sealing_key = $3, until_at = NULL
         WHERE merchant_keys.revoked = 0",
    )
    .bind(merchant.as_str())
    .bind(verifying.as_bytes().as_slice())
    .bind(sealing.as_bytes().as_slice())
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

fn read(row: &Row) -> Result<MerchantKey, Fault> {
    Ok(MerchantKey {
        verifying: row.exact("verifying_key")?,
        sealing: row.exact("sealing_key")?,
        from: row.moment("from_at")?,
        until: row.moment_or_none("until_at")?,
        revoked: row.count::<u8>("revoked")? == 1,
    })
}

/// So long what a merchant's key signed still counts after another one was registered, where nobody
/// says otherwise: longer than any Mark, Offer or Grant.
pub(super) const OVERLAP: Span = Span::hours(72);

const OF_MERCHANT: &str = "SELECT * FROM merchant_keys WHERE merchant = $1
    ORDER BY until_at IS NOT NULL, from_at DESC, verifying_key";
const ALL: &str = "SELECT * FROM merchant_keys
    ORDER BY merchant, until_at IS NOT NULL, from_at DESC, verifying_key";
