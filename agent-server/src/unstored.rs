//! Grants without storage, for `xtask bench` alone: checked against contracts in memory and signed,
//! but not kept. The ceiling next to which storage is measured.

use std::collections::HashMap;

use shared_protocol::{Grant, Problem, Signed};

use crate::{
    domain::{
        code::CodeHash,
        contract::{ContractFacts, KeyedHash, Payer, Spent, judge, judge_passkey},
    },
    store::{Fault, Filing, Store},
};

/// Contracts as they were when the server started.
pub struct Unstored(HashMap<KeyedHash, ContractFacts>);

impl Unstored {
    /// Reads all contracts into memory.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn load(store: &Store) -> Result<Self, Fault> {
        Ok(Self(store.contracts_by_number().await?.into_iter().collect()))
    }

    /// The slow hash of the code of the contract with this number, if there is one.
    pub fn code_of(&self, number_hash: &KeyedHash) -> Option<CodeHash> {
        self.0.get(number_hash).map(|facts| facts.code_hash.clone())
    }

    /// Decides and answers as the store would, but keeps nothing.
    ///
    /// # Errors
    /// Those of `domain::contract::judge`.
    pub fn answer(&self, filing: Filing) -> Result<Signed<Grant>, Problem> {
        let Filing { ask, now, .. } = &filing;
        let judged = match &ask.payer {
            Payer::Code { number_hash, verdict } => {
                judge(self.0.get(number_hash), 0, verdict, ask, Spent::default(), *now)
            }
            Payer::Passkey(said) => {
                let facts = self.0.values().find(|facts| facts.id == said.contract());
                judge_passkey(facts, Some(0), said, ask, Spent::default(), *now)
            }
        };
        judged.map_err(|decline| decline.problem)?;
        filing.promise.map(|promise| promise.grant)
    }
}
