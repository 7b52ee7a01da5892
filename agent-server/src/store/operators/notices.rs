//! Notices of the bank's that an operator handed in, until two have signed for them.

use shared_protocol::{Span, Timestamp};

use crate::store::{
    Fault, Store,
    row::Cells as _,
    writer::{Tx, Work},
};

impl Store {
    /// Keeps a notice that is to be signed for, by its digest.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_notice(
        &self,
        digest: String,
        content: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(Keep { digest, content, now }).await
    }

    /// The notice of this digest, as long as it is kept.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn kept_notice(&self, digest: &str) -> Result<Option<Vec<u8>>, Fault> {
        let row = sqlx::query("SELECT content FROM notice_drafts WHERE digest = $1").bind(digest);
        let row = row.fetch_optional(&self.0.reads).await?;
        row.map(|row| row.cell("content")).transpose()
    }
}

struct Keep {
    digest: String,
    content: Vec<u8>,
    now: Timestamp,
}

impl Work for Keep {
    type Answer = ();
    const NAME: &'static str = "keep-notice";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("DELETE FROM notice_drafts WHERE created_at <= $1")
            .bind(self.now.minus(KEPT).as_millis())
            .execute(&mut *tx.connection)
            .await?;
        sqlx::query(
            "INSERT INTO notice_drafts (digest, content, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (digest) DO UPDATE SET created_at = $3",
        )
        .bind(&self.digest)
        .bind(self.content.as_slice())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

/// Longer than anybody may take to approve, and to try again.
const KEPT: Span = Span::hours(7 * 24);
