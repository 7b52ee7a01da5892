//! What the agent said of its keys, so that a restart forgets none.

use shared_protocol::{ListedKey, Timestamp, VerifyingKey};

use super::{Fault, Store, Tx};

impl Store {
    /// All keys that were ever listed, newest first, and when the newest list was made.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn agent_keys(&self) -> Result<(Vec<ListedKey>, Option<Timestamp>), Fault> {
        let sql = "SELECT verifying_key, from_at, until_at, listed_at FROM agent_keys
            ORDER BY from_at DESC, verifying_key";
        let rows: Vec<(Vec<u8>, i64, Option<i64>, i64)> =
            sqlx::query_as(sql).fetch_all(&self.0.reading).await?;
        let listed = rows.iter().map(|row| Timestamp::from_millis(row.3)).max();
        let read = |(key, from, until, _): &(Vec<u8>, i64, Option<i64>, i64)| {
            let key = VerifyingKey::try_from(key.as_slice());
            Ok(ListedKey {
                key: key.map_err(|_| Fault::Damaged("verifying_key"))?,
                from: Timestamp::from_millis(*from),
                until: until.map(Timestamp::from_millis),
            })
        };
        Ok((rows.iter().map(read).collect::<Result<_, Fault>>()?, listed))
    }
}

impl Tx<'_> {
    /// Keeps what a list says of a key. One that was ended stays so.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_agent_key(&mut self, key: &ListedKey, at: Timestamp) -> Result<(), Fault> {
        let sql = "INSERT INTO agent_keys (verifying_key, from_at, until_at, listed_at, updated_by)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (verifying_key) DO UPDATE SET from_at = $2,
            until_at = COALESCE(agent_keys.until_at, $3), listed_at = $4, updated_by = $5";
        sqlx::query(sql)
            .bind(key.key.as_bytes().as_slice())
            .bind(key.from.as_millis())
            .bind(key.until.map(Timestamp::as_millis))
            .bind(at.as_millis())
            .bind(self.name)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}
