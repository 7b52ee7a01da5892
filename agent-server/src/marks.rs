//! The agent's word on its merchants: signed Marks, each merchant's the same for half an hour.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use shared_protocol::{
    AgentId, Localized, Mark, MerchantId, Signed, Signer as _, Span, Timestamp, VerifyingKey,
};

use crate::{domain::Merchant, keys::AgentKeyring};

/// Whose Marks they are, and those that were signed lately.
pub struct Marks {
    agent: AgentId,
    agent_name: Localized,
    kept: Mutex<HashMap<MerchantId, Kept>>,
}

struct Kept {
    serial: u64,
    keys: [VerifyingKey; 2],
    slot: Timestamp,
    mark: Signed<Mark>,
}

impl Marks {
    /// Marks of this agent.
    pub fn new(agent: AgentId, agent_name: Localized) -> Self {
        Self { agent, agent_name, kept: Mutex::default() }
    }

    /// The merchant's Mark that is good at `now`, and for half an hour at least.
    pub fn current(
        &self,
        merchant: &Merchant,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Signed<Mark> {
        let slot = slot(now);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // By the pair that the merchant uses now, signed by the key that signs now.
        let (serial, by) = (merchant.serial, [merchant.verifying_key, keys.verifying_key()]);
        let is_it = |k: &&Kept| k.slot == slot && k.serial == serial && k.keys == by;
        if let Some(known) = kept.get(&merchant.id).filter(is_it) {
            return known.mark.clone();
        }
        let mark = Signed::sign(&self.mark(merchant, slot), keys);
        let new = Kept { serial, keys: by, slot, mark: mark.clone() };
        kept.insert(merchant.id.clone(), new);
        mark
    }

    fn mark(&self, merchant: &Merchant, valid_from: Timestamp) -> Mark {
        Mark {
            agent: self.agent.clone(),
            agent_name: self.agent_name.clone(),
            merchant: merchant.id.clone(),
            name: merchant.name.clone(),
            legal_notice: merchant.legal_notice.clone(),
            origins: merchant.origins.clone(),
            server: merchant.server.clone(),
            verifying_key: merchant.verifying_key,
            sealing_key: merchant.sealing_key,
            relay: None,
            payout_class: merchant.payout_class.clone(),
            serial: merchant.serial,
            valid_from,
            valid_until: valid_from.plus(LIFETIME),
        }
    }
}

fn slot(now: Timestamp) -> Timestamp {
    let millis = now.as_millis();
    Timestamp::from_millis(millis - millis.rem_euclid(SLOT.as_millis()))
}

/// Within one slot a merchant's Mark is the same bytes.
const SLOT: Span = Span::minutes(30);
const LIFETIME: Span = Span::hours(1);
