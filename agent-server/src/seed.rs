//! Brings the contracts of an older database, and contracts and operators of a new demo, to where
//! they should be. Doing it again changes nothing.

use shared_protocol::{ContractNumber, Locale, SecurityCode, Timestamp};

use crate::{
    demo,
    domain::{
        code::{CodeCost, CodeHash},
        contract::{Claim, NumberHash},
        operator::{Invitation, invite},
    },
    entropy::Entropy,
    keys::AgentKeyring,
    store::{Fault, NewContract, Store},
};

/// Enters the demo's contracts when they are absent.
///
/// # Errors
/// [`Fault`].
pub async fn contracts(
    store: &Store,
    keys: &AgentKeyring,
    entropy: &Entropy,
    now: Timestamp,
) -> Result<(), Fault> {
    let code = SecurityCode::new(demo::CODE);
    for contract in demo::contracts() {
        let number = ContractNumber::new(contract.number);
        let claim = Claim::of_code(&number, &code, keys);
        let id = store.fresh_id(now);
        let new = NewContract {
            id,
            number_hash: claim.number_hash,
            number_sealed: keys.seal_number(&number, id, entropy.bytes()),
            // Everybody knows it.
            code_hash: CodeHash::new(&claim.code_mac, CodeCost::LEAST, entropy.bytes()),
            number_tail: tail(contract.number),
            credit_limit: contract.limit,
            valid_until: Some(now.plus(contract.runs)),
            email: contract.email.into(),
            locale: Locale::Ja,
        };
        store.add_contract(new, now).await?;
    }
    Ok(())
}

/// Pays into the accounts of the demo's contracts that have none yet.
///
/// # Errors
/// [`Fault`].
pub async fn accounts(store: &Store, keys: &AgentKeyring, now: Timestamp) -> Result<(), Fault> {
    for (contract, (balance, rail)) in demo::contracts().filter_map(|c| Some((c, c.account?))) {
        let number = ContractNumber::new(contract.number);
        let hash = NumberHash::of(&number, keys);
        let Some(id) = store.contract_of_number(&hash).await? else { continue };
        if store.deposit(id).await?.is_none() {
            store.pay_in(id, balance, rail, now).await?;
        }
    }
    Ok(())
}

/// Enters the demo's operators when they are absent.
///
/// # Errors
/// [`Fault`].
pub async fn operators(store: &Store, entropy: &Entropy, now: Timestamp) -> Result<(), Fault> {
    let known = store.operators().await?;
    for (name, role) in demo::OPERATORS {
        if !known.iter().any(|operator| operator.name == name) {
            invite(store, entropy, Invitation::New(name, role), now).await?;
        }
    }
    Ok(())
}

/// Puts argon2id around codes that an earlier version hashed under the key alone: what it hashed
/// is what argon2id is made of now, so that nobody has to type their code again.
///
/// # Errors
/// [`Fault`].
pub async fn wrap_bare_codes(
    store: &Store,
    cost: CodeCost,
    entropy: &Entropy,
) -> Result<(), Fault> {
    for (contract, code_mac) in store.bare_codes().await? {
        store.set_code(contract, CodeHash::new(&code_mac.into(), cost, entropy.bytes())).await?;
    }
    Ok(())
}

/// The last two digits, which letters may show.
pub fn tail(number: &str) -> String {
    number.chars().skip(number.chars().count().saturating_sub(2)).collect()
}
