//! The shopper's consent (64–65): yes, no, or silence, each as a signed Confirmation.

use shared_protocol::{
    AgentId, Channel, Confirmation, Grant, Outcome, Problem, PurchaseState, Signed, Timestamp,
};

use super::{
    ConfirmationToken, Question,
    turn::{Turned, Word},
    unavailable,
};
use crate::{app::App, keys::AgentKeyring, store::Turn};

/// What an answer given at `now` comes to: after the deadline it is silence.
pub fn outcome_at(question: &Question, wanted: Outcome, now: Timestamp) -> Outcome {
    let is_open = question.state == PurchaseState::Accepted;
    if is_open && now >= question.deadline { Outcome::Expired } else { wanted }
}

/// The word that carries out an outcome.
pub fn word(
    question: &Question,
    outcome: Outcome,
    agent: &AgentId,
    keys: &AgentKeyring,
    now: Timestamp,
) -> Word {
    let channel = match outcome {
        Outcome::Confirmed | Outcome::Cancelled => Channel::Mail,
        Outcome::Expired => Channel::Silence,
    };
    let confirmation = Confirmation {
        agent: agent.clone(),
        merchant: question.merchant.clone(),
        purchase: question.purchase,
        handling_number: question.handling_number,
        outcome,
        channel,
        decided: now,
    };
    Word::Decided { outcome, confirmation: Signed::sign(&confirmation, keys) }
}

/// The word of the passkey that signed the tally: nothing is left to ask (¶61).
pub fn by_passkey(grant: &Grant, keys: &AgentKeyring, now: Timestamp) -> Word {
    let outcome = Outcome::Confirmed;
    let confirmation = Confirmation {
        agent: grant.agent.clone(),
        merchant: grant.merchant.clone(),
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        outcome,
        channel: Channel::Passkey,
        decided: now,
    };
    Word::Decided { outcome, confirmation: Signed::sign(&confirmation, keys) }
}

/// The question behind a link.
///
/// # Errors
/// [`Problem::LinkInvalid`], [`Problem::Unavailable`].
pub async fn question(app: &App, token: &str) -> Result<Question, Problem> {
    let token: ConfirmationToken = token.parse().map_err(|_| Problem::LinkInvalid)?;
    let found = app.store.question(&token.digest()).await.map_err(unavailable)?;
    found.ok_or(Problem::LinkInvalid)
}

/// Takes the shopper's answer. The same answer again shows the same; another one is refused.
///
/// # Errors
/// [`Problem::LinkInvalid`], [`Problem::NotConfirmed`] once the time has run out,
/// [`Problem::CancelledByShopper`] or [`Problem::PurchaseClosed`] after the other answer,
/// [`Problem::Unavailable`].
pub async fn decide(
    app: &App,
    token: &str,
    wanted: Outcome,
    now: Timestamp,
) -> Result<Question, Problem> {
    let asked = question(app, token).await?;
    let outcome = outcome_at(&asked, wanted, now);
    let word = word(&asked, outcome, &app.config.agent_id, &app.keys, now);
    let turn = Turn { purchase: asked.purchase, word, then: None, now };
    match app.turn(turn).await.map_err(unavailable)? {
        Turned::Now(_) | Turned::Already(_) if outcome != wanted => Err(Problem::NotConfirmed),
        Turned::Now(state) | Turned::Already(state) => Ok(Question { state, ..asked }),
        Turned::Not(problem) => Err(problem),
    }
}
