//! Contracts as operators look for them: by the last digits that a shopper may say, by how they
//! stand. Never by number, and never with it.

use crate::{
    domain::contract::CODE_FAILURES_MAX,
    store::{ContractRow, Fault, Store, contracts},
};

/// Which contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundContract {
    /// All.
    Any,
    /// Those that were stopped.
    Suspended,
    /// Those that too many wrong codes have locked.
    Locked,
}

macro_rules! found {
    ($which:literal) => {
        concat!(
            "SELECT * FROM contracts WHERE (CAST($1 AS TEXT) IS NULL OR number_tail = $1) ",
            $which,
            "ORDER BY id DESC LIMIT $2"
        )
    };
}

impl Store {
    /// Contracts, newest first, at most so many; `tail`: whose number ends so.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn find_contracts(
        &self,
        tail: Option<&str>,
        which: FoundContract,
        most: u32,
    ) -> Result<Vec<ContractRow>, Fault> {
        let sql = match which {
            FoundContract::Any => found!(""),
            FoundContract::Suspended => found!("AND status = 'suspended' "),
            FoundContract::Locked => found!("AND code_failures >= $3 "),
        };
        let query = sqlx::query(sql).bind(tail).bind(i64::from(most));
        let query = match which {
            FoundContract::Locked => query.bind(i64::from(CODE_FAILURES_MAX)),
            _ => query,
        };
        query.fetch_all(&self.0.reads).await?.iter().map(contracts::read).collect()
    }

    /// The contract of this row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn contract_row(&self, id: i64) -> Result<Option<ContractRow>, Fault> {
        let row = sqlx::query("SELECT * FROM contracts WHERE id = $1").bind(id);
        row.fetch_optional(&self.0.reads).await?.as_ref().map(contracts::read).transpose()
    }
}
