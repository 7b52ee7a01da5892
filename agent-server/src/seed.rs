//! Enters the demo's contracts when they are absent. Doing it again changes nothing.

use shared_protocol::{ContractNumber, Locale, SecurityCode, Timestamp};

use crate::{
    demo,
    domain::contract::Claim,
    keys::AgentKeyring,
    store::{Fault, NewContract, Store},
};

/// Enters all of them.
///
/// # Errors
/// [`Fault`].
pub async fn contracts(store: &Store, keys: &AgentKeyring, now: Timestamp) -> Result<(), Fault> {
    let code = SecurityCode::new(demo::CODE);
    for contract in demo::contracts() {
        let number = ContractNumber::new(contract.number);
        let new = NewContract {
            claim: Claim::of_code(&number, &code, keys),
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

/// The last two digits, which letters may show.
pub fn tail(number: &str) -> String {
    number.chars().skip(number.chars().count().saturating_sub(2)).collect()
}
