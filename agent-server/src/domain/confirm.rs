//! The shopper's consent (64–65): yes, no, or silence, each as a signed Confirmation.

use shared_protocol::{
    AgentId, Channel, Confirmation, Grant, HandlingNumber, MerchantId, Outcome, Problem,
    PurchaseId, PurchaseState, Signed, Timestamp,
};

use super::{
    ConfirmationCode, ConfirmationToken, Question,
    network::Network,
    question::WRONG_CODES_MAX,
    transfer,
    turn::{Turned, Word, why_not},
    unavailable,
};
use crate::{
    app::App,
    guard::Trial,
    keys::AgentKeyring,
    store::{OwnPurchase, Turn},
};

/// What an answer given at `now` comes to: after the deadline it is silence.
pub fn outcome_at(question: &Question, wanted: Outcome, now: Timestamp) -> Outcome {
    let is_open = question.state == PurchaseState::Accepted && question.scheduled.is_none();
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
    let about = About {
        purchase: question.purchase,
        merchant: &question.merchant,
        handling_number: question.handling_number,
    };
    Word::Decided { outcome, confirmation: about.signed(outcome, channel, agent, keys, now) }
}

/// The word that carries out what a shopper wants who said it on this channel; `None` where the
/// purchase is over.
pub fn word_by(
    own: &OwnPurchase,
    wanted: Wanted,
    channel: Channel,
    (agent, keys): (&AgentId, &AgentKeyring),
    now: Timestamp,
) -> Option<Word> {
    let about = About {
        purchase: own.purchase.id,
        merchant: &own.purchase.merchant,
        handling_number: own.handling_number,
    };
    let is_late = own.deadline.is_some_and(|deadline| now >= deadline);
    let outcome = match (own.purchase.state, wanted) {
        (PurchaseState::Accepted, _) if is_late && own.purchase.scheduled().is_none() => {
            Outcome::Expired
        }
        (PurchaseState::Accepted, Wanted::Confirm) => Outcome::Confirmed,
        (
            PurchaseState::Granted | PurchaseState::Accepted | PurchaseState::Confirmed,
            Wanted::Cancel,
        ) => Outcome::Cancelled,
        _ => return None,
    };
    let channel = if outcome == Outcome::Expired { Channel::Silence } else { channel };
    let confirmation = about.signed(outcome, channel, agent, keys, now);
    Some(match own.purchase.state {
        PurchaseState::Confirmed => Word::Withdrawn { confirmation },
        _ => Word::Decided { outcome, confirmation },
    })
}

/// What a signed-in shopper wants of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is theirs.
    Confirm,
    /// It is not, or not any more.
    Cancel,
}

/// Which purchase a confirmation is about.
pub(super) struct About<'a> {
    pub(super) purchase: PurchaseId,
    pub(super) merchant: &'a MerchantId,
    pub(super) handling_number: HandlingNumber,
}

impl About<'_> {
    pub(super) fn signed(
        &self,
        outcome: Outcome,
        channel: Channel,
        agent: &AgentId,
        keys: &AgentKeyring,
        now: Timestamp,
    ) -> Signed<Confirmation> {
        let confirmation = Confirmation {
            agent: agent.clone(),
            merchant: self.merchant.clone(),
            purchase: self.purchase,
            handling_number: self.handling_number,
            outcome,
            channel,
            decided: now,
        };
        Signed::sign(&confirmation, keys)
    }
}

/// The word where nothing is left to ask (¶61): a passkey signed the tally, the policy waives it,
/// or the shopper asked for the number themselves.
pub fn unasked(grant: &Grant, channel: Channel, keys: &AgentKeyring, now: Timestamp) -> Word {
    let about = About {
        purchase: grant.purchase,
        merchant: &grant.merchant,
        handling_number: grant.handling_number,
    };
    let outcome = Outcome::Confirmed;
    let confirmation = about.signed(outcome, channel, &grant.agent, keys, now);
    Word::Decided { outcome, confirmation }
}

/// A yes asks the bank for a transfer, where the purchase is paid by one (151).
pub(super) async fn by_the_bank(
    app: &App,
    purchase: PurchaseId,
    word: Word,
    now: Timestamp,
) -> Result<Word, Problem> {
    match word {
        Word::Decided { outcome: Outcome::Confirmed, confirmation } => {
            transfer::consented(app, purchase, confirmation, now).await
        }
        word => Ok(word),
    }
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

/// With which token and which code a purchase was asked about: while peppers are rotated, those
/// under the pepper that was used then.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn asked(
    app: &App,
    purchase: &PurchaseId,
) -> Result<(ConfirmationToken, ConfirmationCode), Problem> {
    let [token, other] = ConfirmationToken::by_both(purchase, &app.keys);
    let [code, other_code] = ConfirmationCode::by_both(purchase, &app.keys);
    if token == other {
        return Ok((token, code));
    }
    match app.store.question(&other.digest()).await.map_err(unavailable)? {
        Some(_) => Ok((other, other_code)),
        None => Ok((token, code)),
    }
}

/// What a number and a code lead to.
pub enum ByCode {
    /// The page of this purchase.
    Right(ConfirmationToken),
    /// No such number, not its code, or too many wrong ones: nobody learns which.
    Wrong,
}

/// The question that a handling number and the six digits from its mail belong to.
///
/// # Errors
/// [`Problem::TooManyRequests`], [`Problem::Unavailable`].
pub async fn by_code(
    app: &App,
    network: Network,
    number: &str,
    code: &str,
) -> Result<ByCode, Problem> {
    let now = app.clock.now();
    let trial = Trial::PageCode(network);
    app.guard.check(&trial, now)?;
    let found = match number.trim().parse::<HandlingNumber>() {
        Ok(number) => app.store.question_of_number(&number).await.map_err(unavailable)?,
        Err(_) => None,
    };
    if let Some((question, wrong)) = found {
        let (token, mailed) = asked(app, &question.purchase).await?;
        if mailed.is(code) && wrong < WRONG_CODES_MAX {
            return Ok(ByCode::Right(token));
        }
        app.store.count_wrong_code(question.purchase).await.map_err(unavailable)?;
    }
    app.guard.count(&trial, now);
    Ok(ByCode::Wrong)
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
    let word = by_the_bank(app, asked.purchase, word, now).await?;
    let is_failed = matches!(word, Word::NotTransferred { .. });
    let turn = Turn { purchase: asked.purchase, word, then: None, now };
    match app.turn(turn).await.map_err(unavailable)? {
        Turned::Now(_) | Turned::Already(_) if is_failed => Err(Problem::PayeeAccountWrong),
        Turned::Now(_) | Turned::Already(_) if outcome != wanted => Err(Problem::NotConfirmed),
        Turned::Now(state) | Turned::Already(state) => Ok(Question { state, ..asked }),
        Turned::Not(problem) => Err(problem),
    }
}

/// Carries out what a signed-in shopper wants of their purchase: a yes to what was accepted, a no
/// as long as it is not shipped. The same wish again changes nothing.
///
/// # Errors
/// [`Problem::NotConfirmed`] once the time for a yes has run out, [`Problem::PurchaseClosed`] and
/// the others of a purchase that is over, [`Problem::Unavailable`].
pub async fn decide_here(app: &App, own: &OwnPurchase, wanted: Wanted) -> Result<(), Problem> {
    let now = app.clock.now();
    let is_done = matches!(
        (own.purchase.state, wanted),
        (PurchaseState::Confirmed, Wanted::Confirm) | (PurchaseState::Cancelled, Wanted::Cancel)
    );
    if is_done {
        return Ok(());
    }
    let signer = (&app.config.agent_id, &app.keys);
    let word = word_by(own, wanted, Channel::Page, signer, now);
    let word = word.ok_or(why_not(own.purchase.state))?;
    let is_late = matches!(word, Word::Decided { outcome: Outcome::Expired, .. });
    let word = by_the_bank(app, own.purchase.id, word, now).await?;
    let is_failed = matches!(word, Word::NotTransferred { .. });
    let turn = Turn { purchase: own.purchase.id, word, then: None, now };
    match app.turn(turn).await.map_err(unavailable)? {
        Turned::Now(_) | Turned::Already(_) if is_failed => Err(Problem::PayeeAccountWrong),
        Turned::Now(_) | Turned::Already(_) if is_late => Err(Problem::NotConfirmed),
        Turned::Now(_) | Turned::Already(_) => Ok(()),
        Turned::Not(problem) => Err(problem),
    }
}
