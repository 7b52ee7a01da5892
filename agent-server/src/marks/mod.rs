//! The agent's word on its merchants: signed Marks, each merchant's the same for half an hour; and
//! pictures that carry them.

pub mod picture;
pub mod reader;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use shared_protocol::{
    AgentId, Digest, Locale, Localized, Mark, MerchantId, PlanClass, Relay, SealingKey, Signed,
    Signer as _, Span, Timestamp, VerifyingKey,
};

use crate::{
    domain::{Merchant, RelaySite, placement::Window},
    keys::AgentKeyring,
};

/// Whose Marks they are, and those that were signed lately.
pub struct Marks {
    agent: AgentId,
    agent_name: Localized,
    kept: Mutex<HashMap<MerchantId, Kept>>,
    drawn: Mutex<HashMap<(MerchantId, Locale), Drawn>>,
}

/// A PNG, and of which Mark it is.
struct Drawn {
    digest: Digest,
    png: Bytes,
}

struct Kept {
    serial: u64,
    keys: ([VerifyingKey; 2], SealingKey),
    slot: Timestamp,
    mark: Signed<Mark>,
}

impl Marks {
    /// Marks of this agent.
    pub fn new(agent: AgentId, agent_name: Localized) -> Self {
        Self { agent, agent_name, kept: Mutex::default(), drawn: Mutex::default() }
    }

    /// A Mark as a PNG, drawn once as long as it is the same.
    pub async fn png(&self, signed: &Signed<Mark>, mark: &Mark, locale: Locale) -> Option<Bytes> {
        let (name, digest) = ((mark.merchant.clone(), locale), signed.digest());
        if let Some(known) = self.drawn().get(&name).filter(|known| known.digest == digest) {
            return Some(known.png.clone());
        }
        let (svg, signed) = (picture::svg(signed, mark, locale), signed.clone());
        let drawing = tokio::task::spawn_blocking(move || picture::png(&svg, &signed));
        let png = Bytes::from(drawing.await.ok()??);
        self.drawn().insert(name, Drawn { digest, png: png.clone() });
        Some(png)
    }

    fn drawn(&self) -> MutexGuard<'_, HashMap<(MerchantId, Locale), Drawn>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner)
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
        let signing = [merchant.verifying_key, keys.verifying_key()];
        let (serial, by) = (merchant.serial, (signing, keys.sealing_key()));
        let is_it = |k: &&Kept| k.slot == slot && k.serial == serial && k.keys == by;
        if let Some(known) = kept.get(&merchant.id).filter(is_it) {
            return known.mark.clone();
        }
        let mark = Signed::sign(&self.mark(merchant, keys, slot), keys);
        let new = Kept { serial, keys: by, slot, mark: mark.clone() };
        kept.insert(merchant.id.clone(), new);
        mark
    }

    /// The Mark of a seller whose window stands in another's pages: it names those pages and no
    /// others, and ends when the placement does. The agent vouches for the placement by it.
    pub fn within(
        &self,
        seller: &Merchant,
        window: &Window,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Signed<Mark> {
        let mark = self.mark(seller, keys, slot(now));
        let valid_until = mark.valid_until.min(window.until);
        Signed::sign(&Mark { origins: window.origins.clone(), valid_until, ..mark }, keys)
    }

    fn mark(&self, merchant: &Merchant, keys: &AgentKeyring, valid_from: Timestamp) -> Mark {
        let relay = merchant.relay.clone().map(|RelaySite { url, or_direct }| Relay {
            url,
            sealing_key: keys.sealing_key(),
            or_direct,
        });
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
            relay,
            hand_over: merchant.hand_over.clone(),
            payee: merchant.payee.clone().filter(|_| merchant.takes(PlanClass::Transfer)),
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
