//! What only one process of those on a database does at a time, whoever it is.

use shared_protocol::Timestamp;

use super::{
    Fault, Store,
    writer::{Tx, Work},
};

impl Store {
    /// Takes or keeps the lease of this name until then; `false` if another process holds it. One
    /// that has died holds it until its time is over.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn hold(
        &self,
        name: &'static str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, Fault> {
        self.0.writer.write(Hold { name, now, until }).await
    }
}

struct Hold {
    name: &'static str,
    now: Timestamp,
    until: Timestamp,
}

impl Work for Hold {
    type Answer = bool;
    const NAME: &'static str = "hold-lease";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = $2, held_until = $3
             WHERE leases.holder = $2 OR leases.held_until <= $4",
        )
        .bind(self.name)
        .bind(tx.process())
        .bind(self.until.as_millis())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}
