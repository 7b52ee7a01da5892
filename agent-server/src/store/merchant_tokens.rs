//! By what merchants' own programs read what is theirs.

use shared_protocol::{MerchantId, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{bearer::TokenDigest, merchant_token::KnownToken};

impl Store {
    /// Adds a merchant's token; its row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_merchant_token(
        &self,
        merchant: MerchantId,
        label: String,
        digest: TokenDigest,
        now: Timestamp,
    ) -> Result<i64, Fault> {
        self.0.writer.write(AddToken { merchant, label, digest, now }).await
    }

    /// Says that a merchant's token counts no more; false if the merchant has no such token.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn revoke_merchant_token(
        &self,
        merchant: MerchantId,
        id: i64,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(RevokeToken { merchant, id, now }).await
    }

    /// A merchant's tokens, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_tokens(&self, merchant: &MerchantId) -> Result<Vec<KnownToken>, Fault> {
        let rows = sqlx::query("SELECT * FROM merchant_tokens WHERE merchant = $1 ORDER BY id")
            .bind(merchant.as_str())
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Whose token this is, as long as it counts.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_of_token(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<MerchantId>, Fault> {
        let row = sqlx::query(
            "SELECT merchant FROM merchant_tokens
             WHERE token_digest = $1 AND revoked_at IS NULL",
        )
        .bind(digest.0.as_slice())
        .fetch_optional(&self.0.reads)
        .await?;
        row.map(|row| row.named("merchant", |id| id.parse().ok())).transpose()
    }
}

struct AddToken {
    merchant: MerchantId,
    label: String,
    digest: TokenDigest,
    now: Timestamp,
}

impl Work for AddToken {
    type Answer = i64;
    const NAME: &'static str = "add-merchant-token";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let id = tx.id(self.now);
        sqlx::query(
            "INSERT INTO merchant_tokens (id, merchant, label, token_digest, created_at)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(self.merchant.as_str())
        .bind(&self.label)
        .bind(self.digest.0.as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(id)
    }
}

struct RevokeToken {
    merchant: MerchantId,
    id: i64,
    now: Timestamp,
}

impl Work for RevokeToken {
    type Answer = bool;
    const NAME: &'static str = "revoke-merchant-token";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE merchant_tokens SET revoked_at = COALESCE(revoked_at, $3)
             WHERE id = $1 AND merchant = $2",
        )
        .bind(self.id)
        .bind(self.merchant.as_str())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &Row) -> Result<KnownToken, Fault> {
    Ok(KnownToken {
        id: row.cell("id")?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        label: row.cell("label")?,
        created_at: row.moment("created_at")?,
        revoked_at: row.moment_or_none("revoked_at")?,
    })
}
