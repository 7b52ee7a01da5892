//! Agreements on where sellers' windows may stand.

use shared_protocol::{
    Digest, MerchantId, Placement, PlacementAgreement, PlacementEnd, Signed, Timestamp, Verified,
    encode,
};

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};

/// An agreement as it is kept.
#[derive(Clone, Debug)]
pub struct KeptPlacement {
    /// The digest of the signed placement.
    pub digest: Digest,
    /// Whose goods.
    pub seller: MerchantId,
    /// In whose pages.
    pub host: MerchantId,
    /// With both signatures, as it came.
    pub agreement: PlacementAgreement,
    /// When it came.
    pub agreed: Timestamp,
    /// When and by whom it was ended: `mrc_…`, or `agent`.
    pub ended: Option<(Timestamp, String)>,
}

impl Store {
    /// A seller's placements, the newest first; ended ones too.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn placements(&self, seller: &MerchantId) -> Result<Vec<KeptPlacement>, Fault> {
        let rows = sqlx::query(
            "SELECT * FROM placements WHERE seller = $1 ORDER BY created_at DESC, digest",
        )
        .bind(seller.as_str())
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// All placements, the newest first; ended ones too.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn all_placements(&self) -> Result<Vec<KeptPlacement>, Fault> {
        let rows = sqlx::query("SELECT * FROM placements ORDER BY created_at DESC, digest")
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// The placement of this digest.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn placement(&self, digest: &Digest) -> Result<Option<KeptPlacement>, Fault> {
        let row = sqlx::query("SELECT * FROM placements WHERE digest = $1")
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(&self.0.reads);
        row.await?.as_ref().map(read).transpose()
    }

    /// Keeps an agreement; the same again changes nothing, also after its end.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn put_placement(
        &self,
        placement: Verified<Placement>,
        agreement: PlacementAgreement,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(PutPlacement { placement, agreement, now }).await
    }

    /// Ends a placement, once; `false` if there is none that has not ended.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn end_placement(
        &self,
        digest: Digest,
        by: String,
        said: Option<Signed<PlacementEnd>>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(EndPlacement { digest, by, said, now }).await
    }
}

struct PutPlacement {
    placement: Verified<Placement>,
    agreement: PlacementAgreement,
    now: Timestamp,
}

impl Work for PutPlacement {
    type Answer = ();
    const NAME: &'static str = "put-placement";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO placements (digest, seller, host, agreement, created_at, updated_at,
                 updated_by)
             VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT (digest) DO NOTHING",
        )
        .bind(self.placement.digest().as_bytes().as_slice())
        .bind(self.placement.seller.as_str())
        .bind(self.placement.host.as_str())
        .bind(encode(&self.agreement))
        .bind(self.now.as_millis())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

struct EndPlacement {
    digest: Digest,
    by: String,
    said: Option<Signed<PlacementEnd>>,
    now: Timestamp,
}

impl Work for EndPlacement {
    type Answer = bool;
    const NAME: &'static str = "end-placement";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE placements SET ended_at = $2, ended_by = $3, end_signed = $4, updated_at = $2,
                 updated_by = $5
             WHERE digest = $1 AND ended_at IS NULL",
        )
        .bind(self.digest.as_bytes().as_slice())
        .bind(self.now.as_millis())
        .bind(&self.by)
        .bind(self.said.as_ref().map(encode))
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn read(row: &Row) -> Result<KeptPlacement, Fault> {
    let ended_by: Option<String> = row.cell("ended_by")?;
    Ok(KeptPlacement {
        digest: row.exact("digest")?,
        seller: row.named("seller", |id| id.parse().ok())?,
        host: row.named("host", |id| id.parse().ok())?,
        agreement: row.message("agreement")?.ok_or(Fault::Damaged("agreement"))?,
        agreed: row.moment("created_at")?,
        ended: row.moment_or_none("ended_at")?.zip(ended_by),
    })
}
