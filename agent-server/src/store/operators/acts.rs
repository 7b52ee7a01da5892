//! What operators did: appended only, each record covering the one before.

use shared_protocol::{Digest, Timestamp};

use crate::{
    domain::operator::{Act, ActHead},
    store::{
        Fault, Store,
        row::{Cells as _, Row},
        writer::{Tx, Work},
    },
};

impl Store {
    /// Writes down what an operator is about to do.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn note_act(
        &self,
        operator: i64,
        act: &'static str,
        about: String,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(NoteAct { operator, act, about, now }).await
    }

    /// What operators did before this record, newest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn acts(&self, before: i64, most: u32) -> Result<Vec<Act>, Fault> {
        let rows = sqlx::query(
            "SELECT a.*, o.name FROM operator_acts a JOIN operators o ON o.id = a.operator
             WHERE a.number < $1 ORDER BY a.number DESC LIMIT $2",
        )
        .bind(before)
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// What operators did after this record, oldest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn acts_after(&self, after: i64, most: u32) -> Result<Vec<Act>, Fault> {
        let rows = sqlx::query(
            "SELECT a.*, o.name FROM operator_acts a JOIN operators o ON o.id = a.operator
             WHERE a.number > $1 ORDER BY a.number LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }
}

/// Appends a record; its number is its key, so that two processes cannot both append.
pub(super) async fn append(
    tx: &mut Tx<'_>,
    operator: i64,
    act: &str,
    about: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    let newest = "SELECT number, digest FROM operator_acts ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(newest).fetch_optional(&mut *tx.connection).await?;
    let head = match &row {
        Some(row) => ActHead { number: row.count("number")?, digest: row.exact("digest")? },
        None => ActHead::START,
    };
    let next = head.followed_by(operator, act, about, now);
    let done = sqlx::query(
        "INSERT INTO operator_acts (number, operator, act, about, at, digest)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (number) DO NOTHING",
    )
    .bind(i64::try_from(next.number).map_err(|_| Fault::Damaged("number"))?)
    .bind(operator)
    .bind(act)
    .bind(about)
    .bind(now.as_millis())
    .bind(next.digest.as_bytes().as_slice())
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
}

struct NoteAct {
    operator: i64,
    act: &'static str,
    about: String,
    now: Timestamp,
}

impl Work for NoteAct {
    type Answer = ();
    const NAME: &'static str = "note-act";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        append(tx, self.operator, self.act, &self.about, self.now).await
    }
}

fn read(row: &Row) -> Result<Act, Fault> {
    let digest: Digest = row.exact("digest")?;
    Ok(Act {
        number: row.count("number")?,
        operator: row.cell("operator")?,
        name: row.cell("name")?,
        act: row.cell("act")?,
        about: row.cell("about")?,
        at: row.moment("at")?,
        digest,
    })
}
