//! A contract in its shopper's own hands: its code and number changed, lost, replaced. Whoever
//! changes them shows the code that holds now, also when signed in.

use rand_core::CryptoRng;
use shared_protocol::{ContractNumber, Locale, Problem, SecurityCode};

use super::{
    code::{CodeMac, is_trivial},
    contract::{CODE_FAILURES_MAX, Claim, ContractFacts},
    network::Network,
    session::SessionDigest,
    unavailable,
};
use crate::{
    app::App,
    guard::Trial,
    seed::tail,
    store::{Change, NewNumber},
};

/// A contract as its shopper sees it.
pub struct Account {
    /// What decisions depend on.
    pub facts: ContractFacts,
    /// Its number, sealed; `None` if it was entered by an earlier version.
    pub number_sealed: Option<Vec<u8>>,
    /// The last two digits of its number.
    pub number_tail: String,
    /// Whether the shopper has stopped it.
    pub is_lost: bool,
    /// Where its letters go.
    pub email: String,
    /// Their language.
    pub locale: Locale,
}

/// Why a code cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCode {
    /// It is not 4 to 8 digits.
    NotDigits,
    /// Everybody tries it first.
    Trivial,
}

/// Reads a code that somebody wants to have.
///
/// # Errors
/// [`BadCode`].
pub fn new_code(typed: &str) -> Result<SecurityCode, BadCode> {
    use shared_protocol::{Field, read_field};
    let code = read_field(Field::PaymentCode, typed, str::to_owned);
    let code = code.map_err(|_| BadCode::NotDigits)?;
    if is_trivial(&code) { Err(BadCode::Trivial) } else { Ok(SecurityCode::new(code)) }
}

/// A number that nobody was told before, most likely: whether it is free, the database knows.
pub fn random_number(rng: &mut impl CryptoRng) -> ContractNumber {
    loop {
        let mut digits = [0; 11];
        for digit in &mut digits {
            *digit = random_digit(rng);
        }
        if let Some(number) = ContractNumber::issue(digits) {
            return number;
        }
    }
}

/// Each as likely as the others: of 256 values the last six are drawn again.
fn random_digit(rng: &mut impl CryptoRng) -> u8 {
    loop {
        let mut byte = [0];
        rng.fill_bytes(&mut byte);
        if byte[0] < 250 {
            return byte[0] % 10;
        }
    }
}

/// The account of a contract that is signed in.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn of(app: &App, contract: i64) -> Result<Account, Problem> {
    app.store.account(contract).await.map_err(unavailable)?.ok_or(Problem::Unavailable)
}

impl Account {
    /// Its number.
    ///
    /// # Errors
    /// [`Problem::Unavailable`] if an earlier version kept none.
    pub fn number(&self, app: &App) -> Result<ContractNumber, Problem> {
        let sealed = self.number_sealed.as_ref().ok_or(Problem::Unavailable)?;
        app.keys.open_number(sealed, self.facts.id).ok_or(Problem::Unavailable)
    }
}

/// Checks the code that holds now. Wrong ones lock the contract as they do in a purchase.
///
/// # Errors
/// [`Problem::ContractNotRecognised`], [`Problem::ContractLocked`],
/// [`Problem::TooManyRequests`], [`Problem::Unavailable`].
pub async fn check_code(
    app: &App,
    account: &Account,
    network: Network,
    typed: &str,
) -> Result<(), Problem> {
    let now = app.clock.now();
    let trial = Trial::PageCode(network);
    app.guard.check(&trial, now)?;
    if account.facts.code_failures >= CODE_FAILURES_MAX {
        return Err(Problem::ContractLocked);
    }
    let (number, code) = (account.number(app)?, SecurityCode::new(typed));
    let stored = account.facts.code_hash.clone();
    let mac = CodeMac::for_stored(&number, &code, Some(&stored), &app.keys);
    let verdict = app.codes.check(mac, Some(stored)).await;
    let change = if verdict.is_right() { Change::RightCode } else { Change::WrongCode };
    let noted = app.store.change(account.facts.id, change, now).await.map_err(unavailable)?;
    if verdict.is_right() {
        return noted.then_some(()).ok_or(Problem::ContractLocked);
    }
    app.guard.count(&trial, now);
    Err(Problem::ContractNotRecognised)
}

/// Gives the contract another code.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn change_code(
    app: &App,
    account: &Account,
    code: &SecurityCode,
    session: SessionDigest,
) -> Result<(), Problem> {
    let claim = Claim::of_code(&account.number(app)?, code, &app.keys);
    let change = Change::Code(app.codes.hash(claim.code_mac).await, session);
    app.store.change(account.facts.id, change, app.clock.now()).await.map_err(unavailable)?;
    Ok(())
}

/// Gives the contract another number, with this code. What was bought by the old one stays.
///
/// # Errors
/// [`Problem::Unavailable`].
pub async fn replace_number(
    app: &App,
    contract: i64,
    code: &SecurityCode,
) -> Result<ContractNumber, Problem> {
    for _ in 0..NUMBERS_TRIED {
        let number = random_number(&mut app.entropy.clone());
        let claim = Claim::of_code(&number, code, &app.keys);
        let new = NewNumber {
            number_hash: claim.number_hash,
            number_sealed: app.keys.seal_number(&number, contract, app.entropy.bytes()),
            number_tail: tail(number.expose()),
            code_hash: app.codes.hash(claim.code_mac).await,
        };
        let changed = app.store.change(contract, Change::Number(new), app.clock.now()).await;
        if changed.map_err(unavailable)? {
            return Ok(number);
        }
    }
    Err(Problem::Unavailable)
}

/// Of a hundred thousand million: a number is taken twice in a row only by mistake of ours.
pub const NUMBERS_TRIED: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;

    #[test]
    fn numbers_are_all_different_and_check_out() {
        let mut entropy = Entropy::new();
        let numbers: Vec<_> = (0..500).map(|_| random_number(&mut entropy)).collect();
        assert!(numbers.iter().all(ContractNumber::has_check_digit));
        let mut texts: Vec<_> = numbers.iter().map(ContractNumber::expose).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 500);
    }

    #[test]
    fn digits_are_as_likely_as_one_another() {
        let mut entropy = Entropy::new();
        let mut counts = [0_u32; 10];
        for _ in 0..20_000 {
            counts[usize::from(random_digit(&mut entropy))] += 1;
        }
        // Mean 2000, sigma 42.
        assert!(counts.iter().all(|count| (1_750..2_250).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_new_code_is_read_as_the_form_reads_it_and_not_guessed_at_once() {
        assert_eq!(new_code(" 7391 ").unwrap().expose(), "7391");
        for typed in ["", "739", "739182645", "abcd"] {
            assert_eq!(new_code(typed).err(), Some(BadCode::NotDigits), "{typed}");
        }
        assert_eq!(new_code("1234").err(), Some(BadCode::Trivial));
    }
}
