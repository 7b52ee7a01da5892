//! The agent's word on its merchants: signed Marks, one per merchant and half hour.

use shared_protocol::{AgentId, Localized, Mark, Signed, Span, Timestamp};

use crate::{domain::Merchant, keys::AgentKeyring};

/// Whose Marks they are.
#[derive(Debug)]
pub struct Marks {
    agent: AgentId,
    agent_name: Localized,
}

impl Marks {
    /// Marks of this agent.
    pub fn new(agent: AgentId, agent_name: Localized) -> Self {
        Self { agent, agent_name }
    }

    /// The merchant's Mark that is good at `now`, for half an hour at least.
    pub fn current(&self, merchant: &Merchant, keys: &AgentKeyring, now: Timestamp) -> Signed<Mark> {
        let slot = now.as_millis() - now.as_millis().rem_euclid(SLOT.as_millis());
        let valid_from = Timestamp::from_millis(slot);
        let mark = Mark {
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
        };
        Signed::sign(&mark, keys)
    }
}

/// Within one slot a merchant's Mark is the same bytes.
const SLOT: Span = Span::minutes(30);
const LIFETIME: Span = Span::hours(1);
