//! Six digits in a letter, by which somebody shows that an address is theirs. Derived from the
//! row's id under the pepper, so that the database holds nothing that could answer for them; the
//! pages carry what they are about in a signed text, so that they need no cookie.

use shared_protocol::{Locale, Problem, Span, Timestamp};
use subtle::ConstantTimeEq as _;

use super::{network::Network, unavailable};
use crate::{app::App, guard::Trial, keys::AgentKeyring, store::NewMailedCode};

/// What a code was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To enrol.
    Enrol,
    /// To enrol, with an address that has a contract: its letter says so and holds no code.
    Known,
    /// To sign in.
    SignIn,
    /// To sign in with an address that has no contract: nothing is sent.
    Nobody,
}

/// A code that was asked for.
#[derive(Clone, Debug)]
pub struct MailedCode {
    /// Its row.
    pub id: i64,
    /// What for.
    pub purpose: Purpose,
    /// Where it goes.
    pub email: String,
    /// In which language.
    pub locale: Locale,
    /// Wrong ones so far.
    pub tries: u32,
    /// Until when it can be typed.
    pub expires_at: Timestamp,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the right one was typed.
    pub proved_at: Option<Timestamp>,
    /// The contract that was issued by it.
    pub contract: Option<i64>,
}

/// How far somebody has come: what a page's hidden text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The code is on its way.
    Asked,
    /// The right one was typed.
    Proved,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It was right.
    Right,
    /// It was wrong; so many tries are left.
    Wrong(u32),
    /// It can no more be tried: too late, too often, or used.
    Over,
}

impl Purpose {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::Known => "known",
            Self::SignIn => "sign-in",
            Self::Nobody => "nobody",
        }
    }

    /// The purpose of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Enrol, Self::Known, Self::SignIn, Self::Nobody];
        all.into_iter().find(|purpose| purpose.name() == name)
    }
}

impl Step {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Asked => b"asked",
            Self::Proved => b"proved",
        }
    }
}

/// The code of a row: the same whenever its letter is written again. HOTP's truncation (RFC 4226
/// §5.3) of a keyed hash.
pub fn digits(id: i64, keys: &AgentKeyring) -> String {
    six_digits(&keys.keyed_hash(MAILED_CODE, &[&id.to_be_bytes()]))
}

fn six_digits(hash: &[u8; 32]) -> String {
    let number = u64::from_be_bytes(hash[..8].try_into().expect("a hash has 32 bytes"));
    format!("{:06}", number % 1_000_000)
}

/// The hidden text of a page that is about this row.
pub fn form_token(id: i64, step: Step, keys: &AgentKeyring) -> String {
    let [mac, _] = macs(id, step, keys);
    format!("{id:x}.{mac}")
}

/// The row that a hidden text is about, if we wrote it for this step.
pub fn of_form_token(text: &str, step: Step, keys: &AgentKeyring) -> Option<i64> {
    let (id, claimed) = text.split_once('.')?;
    let id = i64::from_str_radix(id, 16).ok()?;
    let ours = macs(id, step, keys);
    let is_ours = |mac: &String| bool::from(mac.as_bytes().ct_eq(claimed.as_bytes()));
    ours.iter().any(is_ours).then_some(id)
}

/// Under the pepper that is used, then under the other one while they are rotated.
fn macs(id: i64, step: Step, keys: &AgentKeyring) -> [String; 2] {
    let hashes = keys.keyed_hashes("mailed-code-form", &[step.name(), &id.to_be_bytes()]);
    hashes.map(|hash| hash[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}

impl MailedCode {
    /// Whether this is the code that was mailed. Where none was, nothing is.
    pub fn is_right(&self, typed: &str, keys: &AgentKeyring) -> bool {
        let was_mailed = matches!(self.purpose, Purpose::Enrol | Purpose::SignIn);
        // Whichever pepper was used when the letter was written.
        let mailed = keys.keyed_hashes(MAILED_CODE, &[&self.id.to_be_bytes()]);
        let same = |hash| bool::from(six_digits(hash).as_bytes().ct_eq(typed.as_bytes()));
        was_mailed & mailed.iter().any(same)
    }

    /// Whether it can still be tried.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.tries < TRIES_MAX && now < self.expires_at && self.proved_at.is_none()
    }

    /// Whether what it proves still counts for the next page.
    pub fn is_proved(&self, now: Timestamp) -> bool {
        self.proved_at.is_some_and(|proved| now < proved.plus(PROVED_FOR))
    }
}

/// Asks for a code to be mailed. What it gives back tells nobody whether the address has a
/// contract.
///
/// # Errors
/// [`Problem::TooManyRequests`], [`Problem::Unavailable`].
pub async fn ask(
    app: &App,
    network: Network,
    email: String,
    locale: Locale,
    enrols: bool,
) -> Result<i64, Problem> {
    let now = app.clock.now();
    let trial = Trial::Letter(network);
    app.guard.check(&trial, now)?;
    let contract = app.store.contract_of_address(&email).await.map_err(unavailable)?;
    let purpose = match (enrols, contract) {
        (true, None) => Purpose::Enrol,
        (true, Some(_)) => Purpose::Known,
        (false, Some(_)) => Purpose::SignIn,
        (false, None) => Purpose::Nobody,
    };
    let id = app.store.fresh_id(now);
    let code = NewMailedCode { id, purpose, email, locale, expires_at: now.plus(LIFETIME) };
    let most = app.config.guessing.letters_of_address;
    let is_sent = app.store.mail_code(code, (now.minus(Span::hours(1)), most), now).await;
    if !is_sent.map_err(unavailable)? {
        return Err(Problem::TooManyRequests);
    }
    app.guard.count(&trial, now);
    app.wake_driver();
    Ok(id)
}

/// Tries a code for the page that carries this text.
///
/// # Errors
/// [`Problem::FormExpired`], [`Problem::TooManyRequests`], [`Problem::Unavailable`].
pub async fn prove(
    app: &App,
    network: Network,
    form: &str,
    typed: &str,
) -> Result<(i64, Tried), Problem> {
    let now = app.clock.now();
    let id = of_form_token(form, Step::Asked, &app.keys).ok_or(Problem::FormExpired)?;
    let trial = Trial::PageCode(network);
    app.guard.check(&trial, now)?;
    let code = app.store.mailed_code(id).await.map_err(unavailable)?;
    let code = code.ok_or(Problem::FormExpired)?;
    let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
    let is_right = code.is_right(&typed, &app.keys);
    let tried = app.store.try_code(id, is_right, now).await.map_err(unavailable)?;
    if tried != Tried::Right {
        app.guard.count(&trial, now);
    }
    Ok((id, tried))
}

/// So many wrong codes and it is worth nothing.
pub const TRIES_MAX: u32 = 5;
/// So long it can be typed.
pub const LIFETIME: Span = Span::minutes(15);
const MAILED_CODE: &str = "mailed-code";
const PROVED_FOR: Span = Span::minutes(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::Entropy;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn keys() -> AgentKeyring {
        let folder = tempfile::tempdir().unwrap();
        AgentKeyring::create_missing(folder.path(), &Entropy::new()).unwrap();
        AgentKeyring::load(folder.path()).unwrap()
    }

    fn code(purpose: Purpose) -> MailedCode {
        MailedCode {
            id: 7,
            purpose,
            email: "hanako@example.jp".into(),
            locale: Locale::Ja,
            tries: 0,
            expires_at: NOW.plus(LIFETIME),
            created_at: NOW,
            proved_at: None,
            contract: None,
        }
    }

    #[test]
    fn a_code_is_six_digits_of_its_own_row_and_key() {
        let (keys, others) = (keys(), keys());
        let all: std::collections::BTreeSet<_> = (0..200).map(|id| digits(id, &keys)).collect();
        assert!(all.len() > 190 && all.iter().all(|code| code.len() == 6));
        assert_eq!(digits(7, &keys), digits(7, &keys));
        let same = (0..200).filter(|id| digits(*id, &keys) == digits(*id, &others)).count();
        assert!(same < 3);
    }

    #[test]
    fn nothing_is_right_where_no_code_was_mailed() {
        let keys = keys();
        let right = digits(7, &keys);
        assert!(code(Purpose::Enrol).is_right(&right, &keys));
        assert!(code(Purpose::SignIn).is_right(&right, &keys));
        assert!(!code(Purpose::Enrol).is_right("", &keys));
        for purpose in [Purpose::Known, Purpose::Nobody] {
            assert!(!code(purpose).is_right(&right, &keys), "{purpose:?}");
        }
    }

    #[test]
    fn a_forms_text_is_good_for_its_own_row_step_and_key() {
        let keys = keys();
        let text = form_token(7, Step::Asked, &keys);
        assert_eq!(of_form_token(&text, Step::Asked, &keys), Some(7));
        assert_eq!(of_form_token(&text, Step::Proved, &keys), None);
        assert_eq!(of_form_token(&text.replacen('7', "8", 1), Step::Asked, &keys), None);
        for text in ["", "7", "7.", "x.y", &text[..text.len() - 1]] {
            assert_eq!(of_form_token(text, Step::Asked, &keys), None, "{text}");
        }
    }

    #[test]
    fn a_code_is_over_by_time_by_tries_and_once_it_was_right() {
        assert!(code(Purpose::Enrol).is_open(NOW));
        assert!(!code(Purpose::Enrol).is_open(NOW.plus(LIFETIME)));
        assert!(!MailedCode { tries: TRIES_MAX, ..code(Purpose::Enrol) }.is_open(NOW));
        let proved = MailedCode { proved_at: Some(NOW), ..code(Purpose::Enrol) };
        assert!(!proved.is_open(NOW) && proved.is_proved(NOW));
        assert!(!proved.is_proved(NOW.plus(PROVED_FOR)));
        assert!(!code(Purpose::Enrol).is_proved(NOW));
    }
}
