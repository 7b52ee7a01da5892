//! Grants without storage, for `xtask bench` alone: checked against contracts and passkeys in
//! memory and signed, but not kept. The ceiling next to which storage is measured.

use std::collections::HashMap;

use shared_protocol::{Grant, Problem, Signed};

use crate::{
    domain::{
        code::CodeHash,
        contract::{ContractFacts, KeyedHash, NumberHash, Payer, Spent, judge, judge_passkey},
        passkey::Passkey,
    },
    store::{Fault, Filing, Store},
};

/// Contracts and passkeys as they were when the server started.
pub struct Unstored {
    contracts: HashMap<KeyedHash, ContractFacts>,
    numbers: HashMap<i64, KeyedHash>,
    passkeys: HashMap<Vec<u8>, Passkey>,
}

impl Unstored {
    /// Reads all of them into memory.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn load(store: &Store) -> Result<Self, Fault> {
        let contracts: HashMap<_, _> = store.contracts_by_number().await?.into_iter().collect();
        let (mut numbers, mut passkeys) = (HashMap::new(), HashMap::new());
        for (number, facts) in &contracts {
            numbers.insert(facts.id, *number);
            let own = store.passkeys(facts.id).await?.into_iter();
            passkeys.extend(own.map(|passkey| (passkey.credential_id.clone(), passkey)));
        }
        Ok(Self { contracts, numbers, passkeys })
    }

    /// The passkey of this id, if there is one.
    pub fn passkey(&self, credential_id: &[u8]) -> Option<Passkey> {
        self.passkeys.get(credential_id).cloned()
    }

    /// The slow hash of the code of the contract with this number, if there is one.
    pub fn code_of(&self, number: &NumberHash) -> Option<CodeHash> {
        self.contracts.get(&number.first).map(|facts| facts.code_hash.clone())
    }

    /// Decides and answers as the store would, but keeps nothing.
    ///
    /// # Errors
    /// Those of `domain::contract::judge`.
    pub fn answer(&self, filing: Filing) -> Result<Signed<Grant>, Problem> {
        let Filing { ask, now, .. } = &filing;
        let judged = match &ask.payer {
            Payer::Code { number_hash, verdict } => judge(
                self.contracts.get(&number_hash.first),
                0,
                verdict,
                ask,
                Spent::default(),
                *now,
            ),
            Payer::Passkey(said) => {
                let number = self.numbers.get(&said.contract());
                let facts = number.and_then(|number| self.contracts.get(number));
                judge_passkey(facts, Some(0), said, ask, Spent::default(), *now)
            }
        };
        judged.map_err(|decline| decline.problem)?;
        filing.promise.map(|promise| promise.grant)
    }
}
