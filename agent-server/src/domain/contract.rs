//! A shopper's contract, and the decision whether it pays for a purchase (58). Pure.

use shared_protocol::{Amount, ContractNumber, PlanClass, Problem, SecurityCode, Timestamp};

use super::{
    code::{CodeHash, CodeMac, Verdict},
    passkey::{Asserted, counter_rises},
    transfer::{Deposit, PayeeAnswer, When, fate},
};
use crate::keys::AgentKeyring;

/// What the decision depends on, as the database has it.
#[derive(Clone)]
pub struct ContractFacts {
    /// Its row.
    pub id: i64,
    /// Of its code, slow to try.
    pub code_hash: CodeHash,
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
    /// What the shopper wants to be held to.
    pub own: OwnLimits,
    /// The classes of plan that it allows.
    pub plans: Vec<PlanClass>,
    /// Its account at this bank; looked up for transfers alone.
    pub deposit: Option<Deposit>,
}

/// Limits that shoppers set themselves, in the currency of the contract; `None`: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnLimits {
    /// Of one purchase.
    pub purchase: Option<u64>,
    /// Of all purchases of one day.
    pub day: Option<u64>,
    /// Of all purchases of one day at one merchant.
    pub merchant: Option<u64>,
}

/// What a contract has bought today and not called off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Altogether.
    pub today: u64,
    /// At the merchant who asks.
    pub at_merchant: u64,
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

/// The hash by which a contract is found: while peppers are rotated, under both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberHash {
    /// Under the pepper that is used.
    pub first: KeyedHash,
    /// Under the other one, else the same.
    pub other: KeyedHash,
}

/// A contract number and its code, as they are looked up and tried: never themselves.
#[derive(Clone, Copy)]
pub struct Claim {
    /// Of the number.
    pub number_hash: KeyedHash,
    /// Of number and code: what the slow hash is made of.
    pub code_mac: CodeMac,
}

/// Who says that a contract is theirs.
#[derive(Clone, Copy)]
pub enum Payer {
    /// Whoever typed its number and a code.
    Code {
        /// Of the number.
        number_hash: NumberHash,
        /// Whether the code is right.
        verdict: Verdict,
    },
    /// Whoever holds a passkey of it.
    Passkey(Asserted),
}

/// What a contract is asked to pay.
#[derive(Clone, Copy)]
pub struct Ask {
    /// Who says they may.
    pub payer: Payer,
    /// How much, the fee of the plan included.
    pub amount: Amount,
    /// By which kind of plan.
    pub plan_class: PlanClass,
    /// By transfer: what the merchant's bank says of the merchant's account.
    pub payee: Option<PayeeAnswer>,
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
    /// Of a number and its code.
    pub fn of_code(number: &ContractNumber, code: &SecurityCode, keys: &AgentKeyring) -> Self {
        let number = number.expose().as_bytes();
        let code = code.expose().as_bytes();
        Self {
            number_hash: keys.keyed_hash(NUMBER, &[number]),
            code_mac: CodeMac {
                mac: keys.keyed_hash(CODE, &[number, code]),
                pepper: keys.pepper(),
            },
        }
    }
}

impl CodeMac {
    /// What was typed, under the pepper of the code that it is compared with. Where that pepper is
    /// gone, nothing is equal to it.
    pub fn for_stored(
        number: &ContractNumber,
        code: &SecurityCode,
        stored: Option<&CodeHash>,
        keys: &AgentKeyring,
    ) -> Self {
        let parts = [number.expose().as_bytes(), code.expose().as_bytes()];
        let pepper = stored.map_or_else(|| keys.pepper(), CodeHash::pepper);
        match keys.keyed_hash_by(pepper, CODE, &parts) {
            Some(mac) => Self { mac, pepper },
            None => Self { mac: [0; 32], pepper },
        }
    }
}

impl NumberHash {
    /// Of a number, as somebody types it.
    pub fn of(number: &ContractNumber, keys: &AgentKeyring) -> Self {
        let [first, other] = keys.keyed_hashes(NUMBER, &[number.expose().as_bytes()]);
        Self { first, other }
    }

    /// The same under both peppers.
    pub fn both_same(hash: KeyedHash) -> Self {
        Self { first: hash, other: hash }
    }
}

impl OwnLimits {
    /// Whether it has to be known what was bought today.
    pub fn are_by_day(&self) -> bool {
        self.day.is_some() || self.merchant.is_some()
    }

    /// Whether one purchase more is within them.
    pub fn allow(&self, amount: u64, spent: Spent) -> bool {
        let within = |limit: Option<u64>, before: u64| {
            let after = before.saturating_add(amount);
            limit.is_none_or(|limit| after <= limit)
        };
        within(self.purchase, 0)
            && within(self.day, spent.today)
            && within(self.merchant, spent.at_merchant)
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
    verdict: &Verdict,
    ask: &Ask,
    spent: Spent,
    now: Timestamp,
) -> Result<(), Decline> {
    let failures = facts.map_or(stranger_failures, |facts| facts.code_failures);
    let right = verdict.is_right() && verdict.is_about(facts.map(|f| &f.code_hash));
    if failures >= CODE_FAILURES_MAX {
        return Err(Decline { problem: Problem::ContractLocked, counts: false });
    }
    let Some(facts) = facts.filter(|_| right) else {
        return Err(Decline { problem: Problem::ContractNotRecognised, counts: true });
    };
    facts.stands_for(ask, spent, now).map_err(|problem| Decline { problem, counts: false })
}

/// Decides whether the contract of a passkey pays. `before` is the passkey's counter as it is
/// kept, `None` if it was removed meanwhile. No code is tried, so nothing counts or locks.
///
/// # Errors
/// [`Decline`], in order of precedence: unknown, cloned, suspended, lapsed, plan, limit.
pub fn judge_passkey(
    facts: Option<&ContractFacts>,
    before: Option<u32>,
    asserted: &Asserted,
    ask: &Ask,
    spent: Spent,
    now: Timestamp,
) -> Result<(), Decline> {
    let no = |problem| Decline { problem, counts: false };
    let (Some(facts), Some(before)) = (facts, before) else {
        return Err(no(Problem::PasskeyUnknown));
    };
    if !counter_rises(before, asserted.counter()) {
        return Err(no(Problem::PasskeyCloned));
    }
    facts.stands_for(ask, spent, now).map_err(no)
}

impl ContractFacts {
    /// How it stands at `now`: one whose time is over has lapsed.
    pub fn stands(&self, now: Timestamp) -> ContractStatus {
        let is_past = self.valid_until.is_some_and(|until| now >= until);
        match self.status {
            ContractStatus::Active if is_past => ContractStatus::Lapsed,
            status => status,
        }
    }

    /// Whether too many wrong codes have locked it.
    pub fn is_locked(&self) -> bool {
        self.code_failures >= CODE_FAILURES_MAX
    }

    /// The part of the decision that is told only to who knew the code.
    fn stands_for(&self, ask: &Ask, spent: Spent, now: Timestamp) -> Result<(), Problem> {
        match self.stands(now) {
            ContractStatus::Active => {}
            ContractStatus::Suspended => return Err(Problem::ContractSuspended),
            ContractStatus::Lapsed => return Err(Problem::ContractLapsed),
        }
        if let Some(payee) = ask.payee {
            return self.transfers(payee, ask.amount, spent);
        }
        if !self.plans.contains(&ask.plan_class) {
            return Err(Problem::PlanNotAccepted);
        }
        let reserved = Amount { minor: self.reserved, currency: self.credit_limit.currency };
        // In another currency nothing is within the limit: the sum is `None`.
        let after = reserved.plus(ask.amount);
        let within = after.is_some_and(|after| after.minor <= self.credit_limit.minor);
        let within = within && self.own.allow(ask.amount.minor, spent);
        within.then_some(()).ok_or(Problem::LimitExceeded)
    }

    /// Whether its account can send so much (152, 157–160): whoever has an account may, and no
    /// credit is given. When it is sent is decided when it is.
    fn transfers(&self, payee: PayeeAnswer, amount: Amount, spent: Spent) -> Result<(), Problem> {
        let deposit = self.deposit.ok_or(Problem::PlanNotAccepted)?;
        if !self.own.allow(amount.minor, spent) {
            return Err(Problem::LimitExceeded);
        }
        fate(payee, deposit.covers(amount), When::Now).problem().map_or(Ok(()), Err)
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

const NUMBER: &str = "contract-number";
const CODE: &str = "security-code";

#[cfg(test)]
mod tests {
    use shared_protocol::Currency;

    use super::*;
    use crate::domain::{
        code::{CodeCost, verify},
        transfer::Rail,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const NOTHING: Spent = Spent { today: 0, at_merchant: 0 };

    fn code() -> CodeHash {
        CodeHash::new(&[2; 32].into(), CodeCost::LEAST, [7; 16])
    }

    fn verdict(code_mac: [u8; 32], stored: Option<&CodeHash>) -> Verdict {
        let nobody = CodeHash::new(&[0; 32].into(), CodeCost::LEAST, [8; 16]);
        verify(&code_mac.into(), stored, &nobody)
    }

    fn right() -> Verdict {
        verdict([2; 32], Some(&code()))
    }

    fn ask() -> Ask {
        let payer = Payer::Code { number_hash: NumberHash::both_same([1; 32]), verdict: right() };
        Ask { payer, amount: yen(3850), plan_class: PlanClass::Single, payee: None }
    }

    fn facts() -> ContractFacts {
        ContractFacts {
            id: 1,
            code_hash: code(),
            status: ContractStatus::Active,
            valid_until: Some(Timestamp::from_millis(1_000_001)),
            code_failures: 4,
            credit_limit: yen(10_000),
            reserved: 6_150,
            own: OwnLimits::default(),
            plans: vec![PlanClass::Single, PlanClass::Bonus],
            deposit: None,
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
        let mut code = right();
        assert_eq!(judge(Some(&facts), 0, &code, &ask, NOTHING, NOW), Ok(()));
        let told = |facts: &ContractFacts, code: &Verdict, ask: &Ask| {
            judge(Some(facts), 0, code, ask, NOTHING, NOW).unwrap_err().problem
        };
        facts.reserved += 1;
        assert_eq!(told(&facts, &code, &ask), Problem::LimitExceeded);
        ask.plan_class = PlanClass::Revolving;
        assert_eq!(told(&facts, &code, &ask), Problem::PlanNotAccepted);
        facts.valid_until = Some(NOW);
        assert_eq!(told(&facts, &code, &ask), Problem::ContractLapsed);
        facts.status = ContractStatus::Suspended;
        assert_eq!(told(&facts, &code, &ask), Problem::ContractSuspended);
        code = verdict([3; 32], Some(&facts.code_hash));
        assert_eq!(told(&facts, &code, &ask), Problem::ContractNotRecognised);
        facts.code_failures = CODE_FAILURES_MAX;
        assert_eq!(told(&facts, &code, &ask), Problem::ContractLocked);
    }

    #[test]
    fn an_unknown_number_answers_as_a_wrong_code_does() {
        let wrong = verdict([9; 32], Some(&code()));
        let nobodys = verdict([9; 32], None);
        for failures in 0..=CODE_FAILURES_MAX {
            let known = ContractFacts { code_failures: failures, ..facts() };
            let unknown = judge(None, failures, &nobodys, &ask(), NOTHING, NOW);
            assert_eq!(judge(Some(&known), 0, &wrong, &ask(), NOTHING, NOW), unknown);
            assert!(unknown.is_err());
        }
        let zeros = verdict([0; 32], None);
        assert!(judge(None, 0, &zeros, &ask(), NOTHING, NOW).is_err());
    }

    #[test]
    fn a_verdict_about_another_code_is_worth_nothing() {
        let changed = CodeHash::new(&[2; 32].into(), CodeCost::LEAST, [9; 16]);
        let facts = ContractFacts { code_hash: changed, ..facts() };
        let told = judge(Some(&facts), 0, &right(), &ask(), NOTHING, NOW).unwrap_err();
        assert_eq!(told.problem, Problem::ContractNotRecognised);
        assert!(judge(None, 0, &right(), &ask(), NOTHING, NOW).is_err());
    }

    #[test]
    fn another_currency_is_over_every_limit() {
        let dollars = Amount::new(1, "USD".parse().unwrap()).unwrap();
        let ask = Ask { amount: dollars, ..ask() };
        let told = judge(Some(&facts()), 0, &right(), &ask, NOTHING, NOW).unwrap_err();
        assert_eq!(told.problem, Problem::LimitExceeded);
    }

    #[test]
    fn a_transfer_asks_for_an_account_and_for_no_credit() {
        let judged = |deposit: Option<Deposit>, payee, own: OwnLimits| {
            let facts = ContractFacts { deposit, own, reserved: 10_000, ..facts() };
            let ask = Ask { plan_class: PlanClass::Transfer, payee: Some(payee), ..ask() };
            judge(Some(&facts), 0, &right(), &ask, NOTHING, NOW).map_err(|no| no.problem)
        };
        let deposit = |balance, held| {
            Some(Deposit { currency: Currency::JPY, balance, held, rail: Rail::AroundTheClock })
        };
        let (good, none) = (PayeeAnswer::Good, OwnLimits::default());
        assert_eq!(judged(deposit(3_850, 0), good, none), Ok(()));
        assert_eq!(judged(deposit(4_850, 1_000), good, none), Ok(()));
        assert_eq!(judged(deposit(4_849, 1_000), good, none), Err(Problem::BalanceShort));
        assert_eq!(judged(None, good, none), Err(Problem::PlanNotAccepted));
        let wrong = PayeeAnswer::Wrong;
        assert_eq!(judged(deposit(0, 0), wrong, none), Err(Problem::PayeeAccountWrong));
        let unclear = PayeeAnswer::Unclear;
        assert_eq!(judged(deposit(3_850, 0), unclear, none), Err(Problem::TransferUndetermined));
        let own = OwnLimits { purchase: Some(3_849), ..none };
        assert_eq!(judged(deposit(3_850, 0), good, own), Err(Problem::LimitExceeded));
    }

    #[test]
    fn the_shoppers_own_limits_hold_to_the_last_yen() {
        let spent = Spent { today: 1_000, at_merchant: 500 };
        let cases = [
            (OwnLimits { purchase: Some(3_850), ..OwnLimits::default() }, true),
            (OwnLimits { purchase: Some(3_849), ..OwnLimits::default() }, false),
            (OwnLimits { day: Some(4_850), ..OwnLimits::default() }, true),
            (OwnLimits { day: Some(4_849), ..OwnLimits::default() }, false),
            (OwnLimits { merchant: Some(4_350), ..OwnLimits::default() }, true),
            (OwnLimits { merchant: Some(4_349), ..OwnLimits::default() }, false),
            (OwnLimits { day: Some(u64::MAX), ..OwnLimits::default() }, true),
        ];
        for (own, stands) in cases {
            let facts = ContractFacts { own, ..facts() };
            let judged = judge(Some(&facts), 0, &right(), &ask(), spent, NOW);
            assert_eq!(judged.is_ok(), stands, "{own:?}");
        }
    }
}
