//! The course of one purchase after the last button: the shop checks, the agent grants, the shop
//! accepts (54–62). Whoever runs it brings the world: network, time, a pause.

use shared_protocol::{
    Acceptance, CLOCK_TOLERANCE, Field, FieldProblem, Grant, Message, Problem, PurchaseState,
    PurchaseStatus, Signed, Timestamp, Verified, decode,
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
pub trait World {
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

/// Sees an attempt through to its end. Asking twice with the same attempt is asking once.
pub async fn run<W: World>(world: &W, words: &Words, attempt: &Attempt, tell: Tell<'_>) -> Ending {
    match stages(world, words, attempt, tell).await {
        Ok(ending) | Err(ending) => ending,
    }
}

/// Asks how an attempt stands of which no answer came, and goes on from there.
pub async fn ask_again<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    tell: Tell<'_>,
) -> Ending {
    match standing(world, words, attempt, tell).await {
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
    tell: Tell<'_>,
) -> Result<Ending, Ending> {
    tell(News::Begun(Check::Shop));
    let checked = persist(world, &Call::check(words, &attempt.sealed)).await;
    checked.map_err(|setback| setback.ending(Check::Shop, true, tell))?;
    tell(News::Passed(Check::Shop));
    tell(News::Begun(Check::Agent));
    let granted = persist(world, &Call::grant(&attempt.sealed)).await;
    let granted = granted.map_err(|setback| setback.ending(Check::Agent, false, tell))?;
    let signed = decode::<Signed<Grant>>(&granted).map_err(|_| Problem::GrantInvalid);
    let signed = signed.map_err(|problem| broken(problem, Check::Agent, tell))?;
    hand_over(world, words, attempt, signed, tell).await
}

/// From the Grant on: show its number, hand the order over, tell the agent (60–62).
async fn hand_over<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    signed: Signed<Grant>,
    tell: Tell<'_>,
) -> Result<Ending, Ending> {
    let grant = attempt.check_grant(&signed, words);
    let grant = grant.and_then(|grant| redeemable(grant, world.now()));
    let grant = grant.map_err(|problem| broken(problem, Check::Agent, tell))?;
    tell(News::Passed(Check::Agent));
    tell(News::Number(grant.handling_number));
    tell(News::Begun(Check::Acceptance));
    let accepted = persist(world, &Call::submit(words, attempt, signed)).await;
    let accepted = accepted.map_err(|setback| setback.ending(Check::Acceptance, false, tell))?;
    let acceptance = decode::<Signed<Acceptance>>(&accepted);
    let acceptance = acceptance.map_err(|_| Problem::AcceptanceInvalid);
    let acceptance = acceptance.map_err(|problem| unknown(problem, Check::Acceptance, tell))?;
    let ending = thank(words, attempt, &acceptance, &grant, tell)?;
    // One try is enough: the merchant tells the agent as well.
    world.send_off(Call::acceptance(&attempt.sealed, &acceptance));
    Ok(ending)
}

/// The Grant, if the merchant can still redeem it at `now`.
fn redeemable(grant: Verified<Grant>, now: Timestamp) -> Result<Verified<Grant>, Problem> {
    let expired = now >= grant.expires.plus(CLOCK_TOLERANCE);
    if expired { Err(Problem::GrantExpired) } else { Ok(grant) }
}

fn thank(
    words: &Words,
    attempt: &Attempt,
    acceptance: &Signed<Acceptance>,
    grant: &Verified<Grant>,
    tell: Tell<'_>,
) -> Result<Ending, Ending> {
    let receipt = attempt.check_acceptance(acceptance, grant, words);
    let receipt = receipt.map_err(|problem| unknown(problem, Check::Acceptance, tell))?;
    tell(News::Passed(Check::Acceptance));
    Ok(Ending::Accepted(receipt))
}

async fn standing<W: World>(
    world: &W,
    words: &Words,
    attempt: &Attempt,
    tell: Tell<'_>,
) -> Result<Ending, Ending> {
    tell(News::Begun(Check::Agent));
    let bytes = match persist(world, &Call::status(&attempt.sealed)).await {
        Ok(bytes) => bytes,
        Err(Setback::Refused(refused)) => {
            tell(News::Failed(Check::Agent));
            let problem = match refused.problem {
                // The agent never heard of it: nothing is under way.
                Problem::PurchaseUnknown | Problem::NotFound => Problem::AgentUnavailable,
                problem => problem,
            };
            return Err(Ending::Failed(Trouble::of(problem)));
        }
        Err(Setback::Silence(problem)) => return Err(unknown(problem, Check::Agent, tell)),
    };
    let status = decode::<PurchaseStatus>(&bytes).ok();
    let status = status.filter(|status| status.purchase == attempt.sealed.context.purchase);
    let status = status.ok_or_else(|| broken(Problem::MalformedMessage, Check::Agent, tell))?;
    let Some(signed) = status.grant else {
        tell(News::Failed(Check::Agent));
        return Err(Ending::Failed(Trouble::of(ended_by(status.state))));
    };
    match (status.state, status.acceptance) {
        (PurchaseState::Accepted | PurchaseState::Confirmed, Some(acceptance)) => {
            let grant = attempt.check_grant(&signed, words);
            let grant = grant.map_err(|problem| broken(problem, Check::Agent, tell))?;
            tell(News::Number(grant.handling_number));
            thank(words, attempt, &acceptance, &grant, tell)
        }
        (PurchaseState::Granted | PurchaseState::Accepted, _) => {
            hand_over(world, words, attempt, signed, tell).await
        }
        (state, _) => Err(Ending::Failed(Trouble::of(ended_by(state)))),
    }
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
enum Setback {
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

/// An answer that is not what it should be.
fn broken(problem: Problem, check: Check, tell: Tell<'_>) -> Ending {
    tell(News::Failed(check));
    Ending::Failed(Trouble::of(problem))
}

fn unknown(problem: Problem, check: Check, tell: Tell<'_>) -> Ending {
    tell(News::Failed(check));
    Ending::Failed(Trouble { problem, known: false, reference: None })
}

/// Makes a call, and makes it again with the same bytes while nobody answers or the answer is
/// that it may pass later. Time without a network does not count.
async fn persist<W: World>(world: &W, call: &Call) -> Result<Vec<u8>, Setback> {
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
                (true, Party::Agent) => Problem::AgentUnavailable,
            }),
        };
        match pauses.next() {
            Some(pause) => world.pause(pause).await,
            None => return Err(setback),
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
