//! Answers that the agent's staff wrote down (¶56): with the purchase's own turn, or not at all.

use shared_protocol::{HandlingNumber, Timestamp};

use super::{
    Fault, Store, Turn,
    portal::{self, OwnPurchase},
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{confirm::Wanted, recorded::Recorded, turn::Turned};

/// An answer as it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "migrations say what each column holds")]
pub struct StoredRecord {
    pub handling_number: HandlingNumber,
    pub channel: String,
    pub outcome: String,
    pub answered_at: Timestamp,
    pub recorded_by: String,
    pub note: String,
    pub created_at: Timestamp,
}

impl Store {
    /// The purchase of this number, whosever it is.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn purchase_of_number(
        &self,
        number: &HandlingNumber,
    ) -> Result<Option<OwnPurchase>, Fault> {
        let row = sqlx::query(portal::BY_NUMBER)
            .bind(number.compact())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(portal::own).transpose()
    }

    /// Carries out an answer that was written down, and keeps who wrote it.
    ///
    /// # Errors
    /// [`Fault`]; then nothing has changed.
    pub async fn record(&self, turn: Turn, recorded: Recorded) -> Result<Turned, Fault> {
        self.0.writer.write(Record { turn, recorded }).await
    }

    /// All answers that were written down, newest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn records(&self) -> Result<Vec<StoredRecord>, Fault> {
        let rows = sqlx::query(
            "SELECT r.*, p.handling_number FROM recorded_answers r
             JOIN purchases p ON p.id = r.purchase ORDER BY r.created_at DESC, r.purchase DESC",
        )
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }
}

struct Record {
    turn: Turn,
    recorded: Recorded,
}

impl Work for Record {
    type Answer = Turned;
    const NAME: &'static str = "record-answer";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Turned, Fault> {
        let turned = self.turn.run(tx).await?;
        if !matches!(turned, Turned::Now(_)) {
            return Ok(turned);
        }
        let Recorded { route, wanted, answered, by, note } = &self.recorded;
        sqlx::query(
            "INSERT INTO recorded_answers (purchase, channel, outcome, answered_at, recorded_by,
                 note, created_at)
             SELECT id, $2, $3, $4, $5, $6, $7 FROM purchases WHERE purchase_id = $1
             ON CONFLICT (purchase) DO UPDATE SET channel = $2, outcome = $3, answered_at = $4,
                 recorded_by = $5, note = $6, created_at = $7",
        )
        .bind(self.turn.purchase.as_bytes().as_slice())
        .bind(route.name())
        .bind(match wanted {
            Wanted::Confirm => "confirmed",
            Wanted::Cancel => "cancelled",
        })
        .bind(answered.as_millis())
        .bind(by)
        .bind(note)
        .bind(self.turn.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(turned)
    }
}

fn read(row: &Row) -> Result<StoredRecord, Fault> {
    Ok(StoredRecord {
        handling_number: row.named("handling_number", |text| text.parse().ok())?,
        channel: row.cell("channel")?,
        outcome: row.cell("outcome")?,
        answered_at: row.moment("answered_at")?,
        recorded_by: row.cell("recorded_by")?,
        note: row.cell("note")?,
        created_at: row.moment("created_at")?,
    })
}
