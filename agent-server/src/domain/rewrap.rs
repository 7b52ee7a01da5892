//! Puts contract numbers under the keys that are used now, so that those before can be retired.
//! May be broken off and done again, and done while the server runs.

use crate::{
    domain::contract::NumberHash,
    entropy::Entropy,
    keys::AgentKeyring,
    store::{Fault, Protected, Rewrapped, Store},
};

/// What became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Numbers that were put under the new keys.
    pub moved: u64,
    /// Numbers that stay under the old ones: an earlier version did not keep them, or the key that
    /// sealed them is gone.
    pub stuck: u64,
    /// Codes under the old pepper: each moves when it is used next.
    pub codes: u64,
}

/// Goes through all contracts.
///
/// # Errors
/// [`Fault`].
pub async fn rewrap(store: &Store, keys: &AgentKeyring, entropy: &Entropy) -> Result<Tally, Fault> {
    let (mut tally, mut after) = (Tally::default(), i64::MIN);
    loop {
        let contracts = store.protected(after, AT_ONCE).await?;
        let Some(last) = contracts.last() else { return Ok(tally) };
        after = last.id;
        for contract in &contracts {
            let is_old = |code: &crate::domain::code::CodeHash| code.pepper() != keys.pepper();
            tally.codes += u64::from(contract.code.as_ref().is_some_and(is_old));
            match anew(contract, keys, entropy) {
                Anew::Is => {}
                Anew::Cannot => tally.stuck += 1,
                // Replaced meanwhile: then it is under the new keys already.
                Anew::Will(new) => tally.moved += u64::from(store.rewrap(contract.id, new).await?),
            }
        }
    }
}

enum Anew {
    Is,
    Cannot,
    Will(Rewrapped),
}

fn anew(contract: &Protected, keys: &AgentKeyring, entropy: &Entropy) -> Anew {
    let sealed = contract.number_sealed.as_deref();
    let opened = sealed.and_then(|sealed| keys.open_number(sealed, contract.id));
    let (Some(sealed), Some(number)) = (sealed, opened) else { return Anew::Cannot };
    let number_hash = NumberHash::of(&number, keys).first;
    let is_sealed_now = keys.is_sealed_now(sealed, contract.id);
    if is_sealed_now && number_hash == contract.number_hash {
        return Anew::Is;
    }
    let number_sealed = match is_sealed_now {
        true => sealed.to_vec(),
        false => keys.seal_number(&number, contract.id, entropy.bytes()),
    };
    Anew::Will(Rewrapped { before: contract.number_hash, number_hash, number_sealed })
}

const AT_ONCE: i64 = 200;
