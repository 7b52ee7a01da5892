//! What the database holds under the agent's own keys, so that it can be put under the next ones.

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{
    code::CodeHash,
    contract::{KeyedHash, NumberHash},
};

/// How a contract's number and code are kept.
#[derive(Clone)]
pub struct Protected {
    /// Its row.
    pub id: i64,
    /// By which it is found.
    pub number_hash: KeyedHash,
    /// The number; `None` if an earlier version kept none.
    pub number_sealed: Option<Vec<u8>>,
    /// Its code; `None` if it is still that of the first version.
    pub code: Option<CodeHash>,
}

/// A contract's number under the new keys.
#[derive(Clone, Debug)]
pub struct Rewrapped {
    /// How it was kept: if it is not any more, nothing is changed.
    pub before: KeyedHash,
    /// By which it is found from now on.
    pub number_hash: KeyedHash,
    /// The number.
    pub number_sealed: Vec<u8>,
}

impl Store {
    /// Contracts after this row, so many of them.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn protected(&self, after: i64, most: i64) -> Result<Vec<Protected>, Fault> {
        let rows = sqlx::query(
            "SELECT id, number_hash, number_sealed, code_hash FROM contracts WHERE id > $1
             ORDER BY id LIMIT $2",
        )
        .bind(after)
        .bind(most)
        .fetch_all(&self.0.reads)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Keeps a contract's number under the new keys; `false` if it was replaced meanwhile.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn rewrap(&self, contract: i64, new: Rewrapped) -> Result<bool, Fault> {
        self.0.writer.write(Rewrap { contract, new }).await
    }

    /// Keeps a code under the new pepper, unless it was changed meanwhile.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn renew_code(
        &self,
        number: NumberHash,
        before: CodeHash,
        code: CodeHash,
    ) -> Result<(), Fault> {
        self.0.writer.write(RenewCode { number, before, code }).await
    }
}

struct Rewrap {
    contract: i64,
    new: Rewrapped,
}

impl Work for Rewrap {
    type Answer = bool;
    const NAME: &'static str = "rewrap-number";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<bool, Fault> {
        let done = sqlx::query(
            "UPDATE contracts SET number_hash = $3, number_sealed = $4, updated_by = $5
             WHERE id = $1 AND number_hash = $2",
        )
        .bind(self.contract)
        .bind(self.new.before.as_slice())
        .bind(self.new.number_hash.as_slice())
        .bind(&self.new.number_sealed)
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

struct RenewCode {
    number: NumberHash,
    before: CodeHash,
    code: CodeHash,
}

impl Work for RenewCode {
    type Answer = ();
    const NAME: &'static str = "renew-code";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "UPDATE contracts SET code_hash = $4, updated_by = $5
             WHERE number_hash IN ($1, $2) AND code_hash = $3",
        )
        .bind(self.number.first.as_slice())
        .bind(self.number.other.as_slice())
        .bind(self.before.as_bytes())
        .bind(self.code.as_bytes())
        .bind(Self::NAME)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

fn read(row: &Row) -> Result<Protected, Fault> {
    Ok(Protected {
        id: row.cell("id")?,
        number_hash: row.exact("number_hash")?,
        number_sealed: row.cell("number_sealed")?,
        code: CodeHash::read(row.cell("code_hash")?),
    })
}
