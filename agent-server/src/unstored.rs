//! Grants without storage, for `xtask bench` alone: checked against contracts in memory and signed,
//! but not kept. The ceiling next to which storage is measured.

use std::collections::HashMap;

use shared_protocol::{Grant, Problem, Signed};

use crate::{
    domain::contract::{ContractFacts, KeyedHash, Payer, judge, judge_passkey},
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

    /// Decides and answers as the store would, but keeps nothing.
    ///
    /// # Errors
    /// Those of `domain::contract::judge`.
    pub fn answer(&self, filing: Filing) -> Result<Signed<Grant>, Problem> {
        let judged = match &filing.ask.payer {
            Payer::Code(claim) => {
                judge(self.0.get(&claim.number_hash), 0, claim, &filing.ask, filing.now)
            }
            Payer::Passkey(said) => {
                let facts = self.0.values().find(|facts| facts.id == said.contract());
                judge_passkey(facts, Some(0), said, &filing.ask, filing.now)
            }
        };
        judged.map_err(|decline| decline.problem)?;
        filing.promise.map(|promise| promise.grant)
    }
}
