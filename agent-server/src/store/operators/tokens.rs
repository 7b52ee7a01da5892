//! By what operators' own programs read what the console shows.

use shared_protocol::Timestamp;

use super::{acts, people};
use crate::{
    domain::{
        bearer::TokenDigest,
        operator::{KnownOperatorToken, Reader, Section, token_name},
    },
    store::{
        Fault, Store,
        row::{Cells as _, Row},
        writer::{Tx, Work},
    },
};

/// A token to be kept.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The name of the operator whose it is.
    pub operator: String,
    /// What to call it.
    pub label: String,
    /// What it reads.
    pub sections: Vec<Section>,
    /// Of it.
    pub digest: TokenDigest,
}

impl Store {
    /// Adds a token of an operator's; its row, or `None` if there is no such operator.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn add_operator_token(
        &self,
        new: NewToken,
        now: Timestamp,
    ) -> Result<Option<i64>, Fault> {
        self.0.writer.write(Add { new, now }).await
    }

    /// Says that a token of an operator's counts no more; `false` if they have no such token.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn revoke_operator_token(
        &self,
        operator: String,
        id: i64,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Revoke { operator, id, now }).await
    }

    /// The tokens of the operator of this name, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn operator_tokens(&self, name: &str) -> Result<Vec<KnownOperatorToken>, Fault> {
        let rows = sqlx::query(
            "SELECT t.* FROM operator_tokens t JOIN operators o ON o.id = t.operator
             WHERE o.name = $1 ORDER BY t.id",
        )
        .bind(name)
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// Who reads by this token, as long as it counts.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn reader_of_token(&self, digest: &TokenDigest) -> Result<Option<Reader>, Fault> {
        let row = sqlx::query(
            "SELECT o.*, t.sections FROM operator_tokens t JOIN operators o ON o.id = t.operator
             WHERE t.token_digest = $1 AND t.revoked_at IS NULL AND o.removed_at IS NULL",
        )
        .bind(digest.0.as_slice())
        .fetch_optional(&self.0.reads)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let sections = row.named("sections", Section::read)?;
        Ok(Some(Reader { operator: people::read(&row)?, sections }))
    }
}

struct Add {
    new: NewToken,
    now: Timestamp,
}

impl Work for Add {
    type Answer = Option<i64>;
    const NAME: &'static str = "add-operator-token";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let Some(operator) = people::find(tx, &self.new.operator).await? else { return Ok(None) };
        let id = tx.id(self.now);
        sqlx::query(
            "INSERT INTO operator_tokens (id, operator, label, sections, token_digest, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(operator)
        .bind(&self.new.label)
        .bind(Section::written(&self.new.sections))
        .bind(self.new.digest.0.as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        acts::append(tx, operator, "token-added", &token_name(id), self.now).await?;
        Ok(Some(id))
    }
}

struct Revoke {
    operator: String,
    id: i64,
    now: Timestamp,
}

impl Work for Revoke {
    type Answer = bool;
    const NAME: &'static str = "revoke-operator-token";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let Some(operator) = people::find(tx, &self.operator).await? else { return Ok(false) };
        let done = sqlx::query(
            "UPDATE operator_tokens SET revoked_at = COALESCE(revoked_at, $3)
             WHERE id = $1 AND operator = $2",
        )
        .bind(self.id)
        .bind(operator)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() != 1 {
            return Ok(false);
        }
        acts::append(tx, operator, "token-revoked", &token_name(self.id), self.now).await?;
        Ok(true)
    }
}

fn read(row: &Row) -> Result<KnownOperatorToken, Fault> {
    Ok(KnownOperatorToken {
        id: row.cell("id")?,
        label: row.cell("label")?,
        sections: row.named("sections", Section::read)?,
        created_at: row.moment("created_at")?,
        revoked_at: row.moment_or_none("revoked_at")?,
    })
}
