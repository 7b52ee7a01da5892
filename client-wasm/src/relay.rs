//! Through the shop's relay (Fig 1; ¶33): a call is sealed to the agent, what it answers is opened
//! here. What a relay says itself is believed only where it says that nothing came of a call now.

use rand_core::CryptoRng;
use shared_protocol::{
    Message, Problem, PurchaseId, Relay, RelayedCall, RelayedReply, RelayedRequest, ReplyOpener,
    SealContext, decode, encode,
};

use crate::{
    calls::{Call, Party},
    course::Refused,
    words::Words,
};

/// The way through a relay to the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    relay: Relay,
    context: SealContext,
}

/// What an HTTP request came to: whether it succeeded, and the body.
pub type Outcome = (bool, Vec<u8>);

impl Way {
    /// The way that the Mark names, if it does.
    pub fn of(words: &Words, purchase: PurchaseId) -> Option<Self> {
        let (mark, relay) = (&words.mark, words.relay()?.clone());
        let (merchant, agent) = (mark.merchant.clone(), mark.agent.clone());
        Some(Self { relay, context: SealContext { purchase, merchant, agent } })
    }

    /// The call that a relay sees instead of `call`, and what opens the reply. Each try is sealed
    /// anew: what comes too late for one is of no use for the next.
    pub fn seal(&self, call: &Call, rng: &mut impl CryptoRng) -> Option<(Call, ReplyOpener)> {
        let (media_type, body) = call.body.clone().unwrap_or_default();
        let inner =
            RelayedCall { method: call.method.into(), path: call.url.clone(), media_type, body };
        let sealed = inner.seal(self.context.clone(), &self.relay.sealing_key, rng);
        let (request, opener) = sealed.ok()?;
        let outer = Call {
            to: Party::Agent,
            method: "POST",
            url: [&self.relay.url, "/warifu/v1/relayed"].concat(),
            body: Some((RelayedRequest::media_type(), encode(&request))),
            outlives_page: call.outlives_page,
            through: None,
            direct: None,
        };
        Some((outer, opener))
    }
}

/// What the agent has answered; `None` if it is not the agent's answer to this very call.
pub fn open(reply: &[u8], opener: &ReplyOpener) -> Option<Outcome> {
    let answer = opener.open(decode::<RelayedReply>(reply).ok()?).ok()?;
    Some(((200..300).contains(&answer.status), answer.body))
}

/// What a relay may say itself: that it is busy, or that the agent does not answer. Why a purchase
/// is declined only the agent can say, and it says so sealed.
pub fn own_word(refused: Refused) -> Option<Refused> {
    let may = refused.problem == Problem::TooManyRequests || refused.problem.status() == 503;
    may.then(|| Refused { fields: Vec::new(), ..refused })
}
