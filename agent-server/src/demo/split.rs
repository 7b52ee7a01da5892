//! What the agent received in this run of a demo: every body as it came, and what was in the one
//! envelope that it can open. Kept in memory only, and only so much of it.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::Serialize;
use shared_protocol::{Credential, Goods, GrantRequest, PaymentHalf, Timestamp, decode};

use super::contracts;
use crate::{keys::AgentKeyring, texts};

/// The agent's side of the split inspector.
#[derive(Clone, Debug, Default)]
pub struct Split(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    received: VecDeque<Received>,
    opened: VecDeque<Opened>,
    numbers: BTreeSet<String>,
}

/// What `/_demo/split.json` says.
#[derive(Debug, Serialize)]
pub struct AgentSide {
    /// Every body that came, oldest first.
    pub received: Vec<Received>,
    /// Every payment half that was opened, oldest first.
    pub opened: Vec<Opened>,
    /// Contract numbers that must be nowhere on the other side: the demo's own, and whatever was
    /// typed in this run.
    pub look_for: Vec<String>,
    /// The shops whose side is to be searched: base addresses of their servers.
    pub shops: Vec<String>,
}

/// One request with a body.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// When, epoch milliseconds.
    pub at: i64,
    /// Its method and path.
    pub request: String,
    /// The very bytes, base64.
    pub body: String,
}

/// What was in a payment half.
#[derive(Clone, Debug, Serialize)]
pub struct Opened {
    /// When, epoch milliseconds.
    pub at: i64,
    /// The purchase.
    pub purchase: String,
    /// The contract number, hidden but for its last two digits; none where a passkey paid.
    pub contract_number: String,
    /// How many bytes of it came.
    pub contract_bytes: usize,
    /// That a code came with it, if one did; never the code.
    pub code: &'static str,
    /// How the shopper pays the agent.
    pub plan: &'static str,
    /// The shop's id.
    pub merchant: String,
    /// The goods, Japanese and English; none where only their digest came.
    pub item: Option<[String; 2]>,
    /// How many.
    pub quantity: u32,
    /// What is paid, as people read it.
    pub amount: String,
}

impl Split {
    /// Notes a request, and what was in its envelope if it holds one for the agent.
    pub fn note(&self, request: String, body: &[u8], keys: &AgentKeyring, now: Timestamp) {
        let mut seen = self.seen();
        let at = now.as_millis();
        seen.received.push_back(Received { at, request, body: BASE64.encode(body) });
        if let Some((half, opened)) = open(body, keys, at) {
            if let Credential::Code { contract, .. } = &half.credential {
                seen.numbers.insert(contract.expose().to_owned());
            }
            seen.opened.push_back(opened);
        }
        let too_many = seen.received.len().saturating_sub(KEPT);
        seen.received.drain(..too_many);
        let too_many = seen.opened.len().saturating_sub(KEPT);
        seen.opened.drain(..too_many);
    }

    /// All that was noted.
    pub fn agent_side(&self, shops: Vec<String>) -> AgentSide {
        let seen = self.seen();
        let mut numbers = seen.numbers.clone();
        numbers.extend(contracts().map(|contract| contract.number.to_owned()));
        AgentSide {
            received: seen.received.iter().cloned().collect(),
            opened: seen.opened.iter().cloned().collect(),
            look_for: numbers.into_iter().collect(),
            shops,
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the payment half in a grant request, as the agent itself does.
fn open(body: &[u8], keys: &AgentKeyring, at: i64) -> Option<(PaymentHalf, Opened)> {
    let request: GrantRequest = decode(body).ok()?;
    let half = keys.open(&request.payment, &request.context().ok()?).ok()?;
    let tally = request.tally.tally.claimed().ok()?;
    let offer = match &half.goods {
        Goods::Offer(offer) => offer.claimed().ok(),
        Goods::Digest(_) => None,
    };
    let typed = match &half.credential {
        Credential::Code { contract, .. } => Some(contract.expose()),
        Credential::Passkey => None,
    };
    let opened = Opened {
        at,
        purchase: half.purchase.to_string(),
        contract_number: typed.map_or("–".to_owned(), masked),
        contract_bytes: typed.map_or(0, str::len),
        code: if typed.is_some() { "••••" } else { "–" },
        plan: half.plan.class().name(),
        merchant: tally.merchant.to_string(),
        item: offer.map(|offer| [offer.name.ja, offer.name.en]),
        quantity: half.quantity,
        amount: texts::amount(tally.amount),
    };
    Some((half, opened))
}

/// "C-••••-••••-••01".
fn masked(number: &str) -> String {
    let tail = number.char_indices().rev().nth(1).map_or("", |(at, _)| &number[at..]);
    format!("C-••••-••••-••{tail}")
}

/// So many requests are kept.
const KEPT: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_number_is_shown_by_its_last_two_digits() {
        assert_eq!(masked("C900000000001"), "C-••••-••••-••01");
        assert_eq!(masked("7"), "C-••••-••••-••");
    }

    #[test]
    fn only_so_much_is_kept() {
        let split = Split::default();
        let folder = tempfile::tempdir().unwrap();
        AgentKeyring::create_missing(folder.path(), &crate::entropy::Entropy::new()).unwrap();
        let keys = AgentKeyring::load(folder.path()).unwrap();
        for at in 0..510 {
            let now = Timestamp::from_millis(at);
            split.note("POST /v1/challenges".to_owned(), b"bytes", &keys, now);
        }
        let side = split.agent_side(Vec::new());
        assert_eq!(side.received.len(), KEPT);
        assert_eq!(side.received[0].at, 10);
        assert_eq!(side.received[0].body, "Ynl0ZXM=");
        assert!(side.opened.is_empty());
        assert!(side.look_for.contains(&"C900000000001".to_owned()));
    }
}
