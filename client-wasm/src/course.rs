//! The course of one purchase after the last button: the shop checks, the agent grants, the shop
//! accepts (54–62). Whoever runs it brings the world: network, time, a pause.

use shared_protocol::{
    Acceptance, CLOCK_TOLERANCE, Field, FieldProblem, Grant, Message, Problem, PurchaseState,
    PurchaseStatus, Signed, Timestamp, Verified, Verifier, decode, encode,
};

use crate::{
    calls::{Call, Party},
    deal::Attempt,
    progress::{Check, News},
    stage::{Ending, Trouble},
    typed::Wrong,
    words::Words,
};

/// All that a purchase needs of the world around it.
pub trait World: Verifier {
    /// Makes a call once.
    fn send(&self, call: &Call) -> impl Future<Output = Answer>;
    /// Makes a call of which no answer is awaited.
    fn send_off(&self, call: Call);
    /// Lets so many milliseconds pass.
    fn pause(&self, millis: u32) -> impl Future<Output = ()>;
    /// Whether the browser believes that there is a network.
    fn is_online(&self) -> bool;
    /// The time, by the agent's clock as far as known.
    fn now(&self) -> Timestamp;
}

/// Who hears the news.
pub type Tell<'a> = &'a dyn Fn(News);

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Success, with these bytes.
    Good(Vec<u8>),
    /// A problem document.
    Refused(Refused),
    /// Nothing, or nothing that can be read: perhaps it arrived, perhaps not.
    Silence,
}

/// A problem document (RFC 9457), read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The numbered problem.
    pub problem: Problem,
    /// The fields that it is about.
    pub fields: Vec<Wrong>,
    /// What to quote when asking about it.
    pub reference: Option<String>,
}

/// Where a course begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the shop's check (54).
    Anew,
    /// By asking how it stands: an answer is missing.
    Again,
}

/// Sees an attempt through to its end. Asking twice with the same attempt is asking once.
pub async fn run<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    start: Start,
    tell: Tell<'_>,
) -> Ending {
    match stages(world, words, attempt, start, tell).await {
        Ok(ending) | Err(ending) => ending,
    }
}

/// Makes a call that changes nothing, or nothing twice, until somebody answers.
///
/// # Errors
/// The problem named in the answer, or that there was none.
pub async fn fetch<W: World, M: Message>(world: &W, call: &Call) -> Result<M, Problem> {
    match persist(world, call).await {
        Ok(bytes) => decode(&bytes).map_err(|_| Problem::MalformedMessage),
        Err(Setback::Refused(refused)) => Err(refused.problem),
        Err(Setback::Silence(problem)) => Err(problem),
    }
}

async fn stages<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    start: Start,
    tell: Tell<'_>,
) -> Result<Ending, Ending> {
    let (signed, acceptance) = match start {
        Start::Anew => (granted(world, words, attempt, tell).await?, None),
        Start::Again => standing(world, words, attempt, tell).await?,
    };
    let grant = attempt.check_grant(&signed, words, world).await;
    let grant = match acceptance {
        Some(_) => grant,
        None => grant.and_then(|grant| redeemable(grant, world.now())),
    };
    let grant = grant.map_err(|problem| broken(problem, true, Check::Agent, tell))?;
    tell(News::Passed(Check::Agent));
    tell(News::Number(grant.handling_number));
    #[cfg(feature = "every-way")]
    if words.hand_over().is_some() {
        return promised(world, attempt, &grant, tell).await;
    }
    // Who has a mailbox has not said anything yet.
    #[cfg(feature = "every-way")]
    let waits = acceptance.is_none() && words.has_mailbox();
    let answer = match acceptance {
        Some(acceptance) => encode(&acceptance),
        None => handed_in(world, words, attempt, signed, tell).await?,
    };
    let unheard = |problem| broken(problem, false, Check::Acceptance, tell);
    #[cfg(feature = "every-way")]
    if waits {
        let receipt = attempt.check_deposit(&answer, &grant, words, world).await;
        let receipt = receipt.map_err(unheard)?;
        tell(News::Passed(Check::Acceptance));
        return Ok(Ending::Accepted(receipt));
    }
    let receipt = attempt.check_acceptance(&answer, &grant, words, world).await;
    let receipt = receipt.map_err(unheard)?;
    tell(News::Passed(Check::Acceptance));
    let told = Call::acceptance(words, &attempt.sealed, answer);
    #[cfg(feature = "every-way")]
    if grant.plan_class == shared_protocol::PlanClass::Transfer {
        let sending = crate::transfer::send(world, words, attempt, told).await;
        return match sending {
            crate::transfer::Sending::Failed => {
                Err(broken(Problem::PayeeAccountWrong, true, Check::Agent, tell))
            }
            sending => {
                Ok(Ending::Accepted(crate::stage::Receipt { sending: Some(sending), ..receipt }))
            }
        };
    }
    // One try is enough: the merchant tells the agent as well.
    world.send_off(told);
    Ok(Ending::Accepted(receipt))
}

/// The Grant as a shop without a server of ours reads it.
#[cfg(feature = "every-way")]
async fn promised<W: World>(
    world: &W,
    attempt: &Attempt,
    grant: &Grant,
    tell: Tell<'_>,
) -> Result<Ending, Ending> {
    let jws = persist(world, &Call::jws(&attempt.sealed)).await;
    let jws = jws.map_err(|setback| setback.ending(Check::Agent, false, tell))?;
    let grant_jws = String::from_utf8(jws).unwrap_or_default();
    let (number, amount) = (grant.handling_number, grant.amount);
    Ok(Ending::Granted(crate::stage::Promise { number, amount, grant: grant_jws }))
}

/// The shop could fill it, the agent stands for it (54–60).
async fn granted<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    tell: Tell<'_>,
) -> Result<Signed<Grant>, Ending> {
    // A shop that takes its orders by a form cannot be asked before it has one. One that cannot be
    // asked at all has said in the Offer how many go where; that was checked.
    if words.hand_over().is_none() {
        tell(News::Begun(Check::Shop));
        if !words.has_mailbox() {
            let checked = persist(world, &Call::check(words, &attempt.sealed)).await;
            checked.map_err(|setback| setback.ending(Check::Shop, true, tell))?;
        }
        tell(News::Passed(Check::Shop));
    }
    tell(News::Begun(Check::Agent));
    let granted = persist(world, &Call::grant(words, &attempt.sealed)).await;
    let granted = granted.map_err(|setback| setback.ending(Check::Agent, false, tell))?;
    decode(&granted).map_err(|_| broken(Problem::GrantInvalid, true, Check::Agent, tell))
}

/// The shop, or its mailbox, takes the order (61–62).
async fn handed_in<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    grant: Signed<Grant>,
    tell: Tell<'_>,
) -> Result<Vec<u8>, Ending> {
    tell(News::Begun(Check::Acceptance));
    let accepted = persist(world, &Call::submit(words, attempt, grant)).await;
    accepted.map_err(|setback| setback.ending(Check::Acceptance, false, tell))
}

/// The Grant, if the merchant can still redeem it at `now`.
fn redeemable(grant: Verified<Grant>, now: Timestamp) -> Result<Verified<Grant>, Problem> {
    let expired = now >= grant.expires.plus(CLOCK_TOLERANCE);
    if expired { Err(Problem::GrantExpired) } else { Ok(grant) }
}

/// What is there of an attempt whose answer is missing: its Grant, perhaps its Acceptance.
async fn standing<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    tell: Tell<'_>,
) -> Result<(Signed<Grant>, Option<Signed<Acceptance>>), Ending> {
    tell(News::Begun(Check::Agent));
    let bytes = match persist(world, &Call::status(words, &attempt.sealed)).await {
        Ok(bytes) => bytes,
        Err(Setback::Silence(problem)) => return Err(broken(problem, false, Check::Agent, tell)),
        Err(Setback::Refused(refused)) => {
            let problem = match refused.problem {
                // The agent never heard of it: nothing is under way.
                Problem::PurchaseUnknown | Problem::NotFound => Problem::AgentUnavailable,
                problem => problem,
            };
            return Err(broken(problem, true, Check::Agent, tell));
        }
    };
    let status = decode::<PurchaseStatus>(&bytes).ok();
    let status = status.filter(|status| status.purchase == attempt.sealed.context.purchase);
    let unreadable = || broken(Problem::MalformedMessage, false, Check::Agent, tell);
    let status = status.ok_or_else(unreadable)?;
    let state = status.state;
    let alive = matches!(
        state,
        PurchaseState::Granted | PurchaseState::Accepted | PurchaseState::Confirmed
    );
    let grant = status.grant.filter(|_| alive);
    let grant = grant.ok_or_else(|| broken(ended_by(state), true, Check::Agent, tell))?;
    Ok((grant, status.acceptance))
}

/// Why a purchase in this state will not come about.
fn ended_by(state: PurchaseState) -> Problem {
    match state {
        PurchaseState::Expired => Problem::GrantExpired,
        PurchaseState::Cancelled => Problem::CancelledByShopper,
        PurchaseState::Refused => Problem::OrderRefused,
        PurchaseState::Declined
        | PurchaseState::Started
        | PurchaseState::Checked
        | PurchaseState::Granted
        | PurchaseState::Accepted
        | PurchaseState::Confirmed => Problem::Unavailable,
    }
}

/// Why a call did not succeed, after all tries.
pub(crate) enum Setback {
    Refused(Refused),
    Silence(Problem),
}

impl Setback {
    /// The end of the purchase that it means. Without an answer the outcome is `known` only
    /// where nothing could have come of the call.
    fn ending(self, check: Check, known: bool, tell: Tell<'_>) -> Ending {
        tell(News::Failed(check));
        match self {
            Self::Silence(problem) => Ending::Failed(Trouble { problem, known, reference: None }),
            Self::Refused(refused) => {
                let Refused { problem, fields, reference } = refused;
                let known = known || is_final(problem);
                let wrong = if fields.is_empty() { fields_of(problem) } else { fields };
                match wrong.is_empty() {
                    true => Ending::Failed(Trouble { problem, known, reference }),
                    false => Ending::Wrong(wrong),
                }
            }
        }
    }
}

/// The fields that a problem is about, where the answer names none.
fn fields_of(problem: Problem) -> Vec<Wrong> {
    match problem {
        Problem::ContractNotRecognised => vec![
            (Field::PaymentContractNumber, FieldProblem::NotRecognised),
            (Field::PaymentCode, FieldProblem::NotRecognised),
        ],
        Problem::NotDeliverable => vec![(Field::DeliveryRegion, FieldProblem::NotDeliverable)],
        Problem::PlanNotAccepted => vec![(Field::PaymentPlan, FieldProblem::PlanNotAccepted)],
        _ => Vec::new(),
    }
}

/// An end that no answer has named; `known` if nothing can have come of it.
fn broken(problem: Problem, known: bool, check: Check, tell: Tell<'_>) -> Ending {
    tell(News::Failed(check));
    Ending::Failed(Trouble { problem, known, reference: None })
}

/// Makes a call, and makes it again with the same bytes while nobody answers or the answer is
/// that it may pass later. Time without a network does not count. Past a relay that is down it
/// goes only where the merchant allows that: the agent then learns the network address.
pub(crate) async fn persist<W: World>(world: &W, mut call: &Call) -> Result<Vec<u8>, Setback> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let setback = match world.send(call).await {
            Answer::Good(bytes) => return Ok(bytes),
            Answer::Refused(refused) if is_final(refused.problem) => {
                return Err(Setback::Refused(refused));
            }
            Answer::Refused(refused) => Setback::Refused(refused),
            Answer::Silence => Setback::Silence(match (world.is_online(), call.to) {
                (false, _) => Problem::Offline,
                (true, Party::Merchant) => Problem::MerchantUnavailable,
                (true, Party::Agent) if call.through.is_some() => Problem::RelayUnavailable,
                (true, Party::Agent) => Problem::AgentUnavailable,
            }),
        };
        match (pauses.next(), &call.direct) {
            (Some(pause), _) => world.pause(pause).await,
            (None, Some(direct)) => (call, pauses) = (direct, PAUSES.into_iter()),
            (None, None) => return Err(setback),
        }
        for _ in 0..OFFLINE_PAUSES {
            if world.is_online() {
                break;
            }
            world.pause(1000).await;
        }
    }
}

/// Whether the same request will not pass a moment later either.
fn is_final(problem: Problem) -> bool {
    problem.status() < 500 && problem != Problem::TooManyRequests
}

/// Between tries, in milliseconds.
const PAUSES: [u32; 3] = [2_000, 5_000, 8_000];
/// So many seconds a call waits for the network to come back.
const OFFLINE_PAUSES: u32 = 120;
