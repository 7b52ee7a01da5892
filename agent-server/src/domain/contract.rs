//! A shopper's contract, and the decision whether it pays for a purchase (58). Pure.

use shared_protocol::{
    Amount, ContractNumber, Credential, PlanClass, Problem, SecurityCode, Timestamp,
};
use subtle::ConstantTimeEq as _;

use crate::keys::AgentKeyring;

/// What the decision depends on, as the database has it.
#[derive(Clone, Debug)]
pub struct ContractFacts {
    /// Its row.
    pub id: i64,
    /// Of number and code.
    pub code_hash: KeyedHash,
    /// Whether it is in force.
    pub status: ContractStatus,
    /// Until when it runs; `None`: without end.
    pub valid_until: Option<Timestamp>,
    /// Wrong codes since the last right one.
    pub code_failures: u32,
    /// The most that may be reserved.
    pub credit_limit: Amount,
    /// What purchases hold now; in the currency of the limit.
    pub reserved: u64,
    /// The classes of plan that it allows.
    pub plans: Vec<PlanClass>,
}

/// Whether a contract is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractStatus {
    /// It is.
    Active,
    /// Stopped, for example because the number was lost.
    Suspended,
    /// Ended.
    Lapsed,
}

/// HMAC-SHA256 under the agent's pepper.
pub type KeyedHash = [u8; 32];

/// A contract number and its code, as they are looked up and compared: never themselves.
#[derive(Clone, Copy)]
pub struct Claim {
    /// Of the number.
    pub number_hash: KeyedHash,
    /// Of number and code.
    pub code_hash: KeyedHash,
}

/// What a contract is asked to pay.
#[derive(Clone, Copy)]
pub struct Ask {
    /// Who says they may.
    pub claim: Claim,
    /// How much, the fee of the plan included.
    pub amount: Amount,
    /// By which kind of plan.
    pub plan_class: PlanClass,
}

/// Why a contract does not pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decline {
    /// What the shopper is told.
    pub problem: Problem,
    /// Whether this was a guess that counts towards the lock.
    pub counts: bool,
}

impl Claim {
    /// Of what was typed.
    pub fn new(number: &ContractNumber, credential: &Credential, keys: &AgentKeyring) -> Self {
        let Credential::Code(code) = credential;
        Self::of_code(number, code, keys)
    }

    /// Of a number and its code.
    pub fn of_code(number: &ContractNumber, code: &SecurityCode, keys: &AgentKeyring) -> Self {
        let number = number.expose().as_bytes();
        let code = code.expose().as_bytes();
        Self {
            number_hash: keys.keyed_hash("contract-number", &[number]),
            code_hash: keys.keyed_hash("security-code", &[number, code]),
        }
    }
}

/// Decides whether the contract pays. `facts` is `None` for an unknown number, which has been
/// tried `stranger_failures` times; both kinds answer alike until the code is right.
///
/// # Errors
/// [`Decline`], in order of precedence: locked, not recognised, suspended, lapsed, plan, limit.
pub fn judge(
    facts: Option<&ContractFacts>,
    stranger_failures: u32,
    ask: &Ask,
    now: Timestamp,
) -> Result<(), Decline> {
    let failures = facts.map_or(stranger_failures, |facts| facts.code_failures);
    let expected = facts.map_or(&[0; 32], |facts| &facts.code_hash);
    let right = bool::from(expected.ct_eq(&ask.claim.code_hash)) & facts.is_some();
    if failures >= CODE_FAILURES_MAX {
        return Err(Decline { problem: Problem::ContractLocked, counts: false });
    }
    let Some(facts) = facts.filter(|_| right) else {
        return Err(Decline { problem: Problem::ContractNotRecognised, counts: true });
    };
    facts.stands_for(ask, now).map_err(|problem| Decline { problem, counts: false })
}

impl ContractFacts {
    /// The part of the decision that is told only to who knew the code.
    fn stands_for(&self, ask: &Ask, now: Timestamp) -> Result<(), Problem> {
        match self.status {
            ContractStatus::Active => {}
            ContractStatus::Suspended => return Err(Problem::ContractSuspended),
            ContractStatus::Lapsed => return Err(Problem::ContractLapsed),
        }
        if self.valid_until.is_some_and(|until| now >= until) {
            return Err(Problem::ContractLapsed);
        }
        if !self.plans.contains(&ask.plan_class) {
            return Err(Problem::PlanNotAccepted);
        }
        let reserved = Amount { minor: self.reserved, currency: self.credit_limit.currency };
        // In another currency nothing is within the limit: the sum is `None`.
        let after = reserved.plus(ask.amount);
        let within = after.is_some_and(|after| after.minor <= self.credit_limit.minor);
        within.then_some(()).ok_or(Problem::LimitExceeded)
    }
}

impl ContractStatus {
    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Lapsed => "lapsed",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Lapsed].into_iter().find(|s| s.name() == name)
    }
}

/// So many wrong codes lock a contract until the operator opens it again.
pub const CODE_FAILURES_MAX: u32 = 5;

#[cfg(test)]
mod tests {
    use shared_protocol::Currency;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn ask() -> Ask {
        Ask {
            claim: Claim { number_hash: [1; 32], code_hash: [2; 32] },
            amount: yen(3850),
            plan_class: PlanClass::Single,
        }
    }

    fn facts() -> ContractFacts {
        ContractFacts {
            id: 1,
            code_hash: [2; 32],
            status: ContractStatus::Active,
            valid_until: Some(Timestamp::from_millis(1_000_001)),
            code_failures: 4,
            credit_limit: yen(10_000),
            reserved: 6_150,
            plans: vec![PlanClass::Single, PlanClass::Bonus],
        }
    }

    fn yen(minor: u64) -> Amount {
        Amount::new(minor, Currency::JPY).unwrap()
    }

    /// Each line spoils one thing more, from the last in precedence to the first.
    #[test]
    fn the_first_of_several_problems_is_told() {
        let mut facts = facts();
        let mut ask = ask();
        assert_eq!(judge(Some(&facts), 0, &ask, NOW), Ok(()));
        let told =
            |facts: &ContractFacts, ask: &Ask| judge(Some(facts), 0, ask, NOW).unwrap_err().problem;
        facts.reserved += 1;
        assert_eq!(told(&facts, &ask), Problem::LimitExceeded);
        ask.plan_class = PlanClass::Revolving;
        assert_eq!(told(&facts, &ask), Problem::PlanNotAccepted);
        facts.valid_until = Some(NOW);
        assert_eq!(told(&facts, &ask), Problem::ContractLapsed);
        facts.status = ContractStatus::Suspended;
        assert_eq!(told(&facts, &ask), Problem::ContractSuspended);
        ask.claim.code_hash = [3; 32];
        assert_eq!(told(&facts, &ask), Problem::ContractNotRecognised);
        facts.code_failures = CODE_FAILURES_MAX;
        assert_eq!(told(&facts, &ask), Problem::ContractLocked);
    }

    #[test]
    fn an_unknown_number_answers_as_a_wrong_code_does() {
        let wrong = Ask { claim: Claim { code_hash: [9; 32], ..ask().claim }, ..ask() };
        for failures in 0..=CODE_FAILURES_MAX {
            let known = ContractFacts { code_failures: failures, ..facts() };
            let unknown = judge(None, failures, &wrong, NOW);
            assert_eq!(judge(Some(&known), 0, &wrong, NOW), unknown);
            assert!(unknown.is_err());
        }
        let zeros = Ask { claim: Claim { code_hash: [0; 32], ..ask().claim }, ..ask() };
        assert!(judge(None, 0, &zeros, NOW).is_err());
    }

    #[test]
    fn another_currency_is_over_every_limit() {
        let dollars = Amount::new(1, "USD".parse().unwrap()).unwrap();
        let told = judge(Some(&facts()), 0, &Ask { amount: dollars, ..ask() }, NOW).unwrap_err();
        assert_eq!(told.problem, Problem::LimitExceeded);
    }
}
