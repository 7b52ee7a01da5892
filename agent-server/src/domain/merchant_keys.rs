//! A merchant with its keys: which of them count now, and which did when something was said.

use std::ops::Deref;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use shared_protocol::{
    Offer, Problem, SealingKey, Signed, Statement, Timestamp, Verified, VerifyingKey,
};

use super::{
    Merchant,
    key_history::{KeyHistory, KeyPeriod},
};

/// A merchant's pair of keys and when it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MerchantKey {
    /// Whose signature its Offers and words bear.
    pub verifying: VerifyingKey,
    /// To which order halves are sealed.
    pub sealing: SealingKey,
    /// From then on.
    pub from: Timestamp,
    /// Until before then; `None`: without end.
    pub until: Option<Timestamp>,
    /// Somebody else may have it.
    pub revoked: bool,
}

/// A merchant as the agent knows it, with all its keys. Its own pair is the newest.
#[derive(Clone, Debug)]
pub struct KnownMerchant {
    facts: Merchant,
    keys: Vec<MerchantKey>,
}

impl Deref for KnownMerchant {
    type Target = Merchant;
    fn deref(&self) -> &Merchant {
        &self.facts
    }
}

impl KnownMerchant {
    /// With these keys.
    pub fn new(facts: Merchant, keys: Vec<MerchantKey>) -> Self {
        Self { facts, keys }
    }

    /// All its keys, newest first.
    pub fn keys(&self) -> &[MerchantKey] {
        &self.keys
    }

    /// When each of its signing keys counts.
    pub fn history(&self) -> KeyHistory {
        self.keys.iter().map(MerchantKey::period).collect()
    }

    /// Its signing keys that counted at a moment and that nobody else may have: for what goes on
    /// counting.
    pub fn trusted(&self, at: Timestamp) -> impl Iterator<Item = &VerifyingKey> {
        let counted = move |key: &&MerchantKey| !key.revoked && key.period().counts(at);
        self.keys.iter().filter(counted).map(|key| &key.verifying)
    }

    /// Whether somebody else may have this signing key of its own.
    pub fn is_revoked(&self, verifying: &VerifyingKey) -> bool {
        self.keys.iter().any(|key| key.revoked && key.verifying == *verifying)
    }

    /// The same where transfers are not to be had: then it has no account for them.
    #[must_use]
    pub fn without_payee(mut self) -> Self {
        self.facts.payee = None;
        self
    }

    /// Believes what it says at `now`.
    ///
    /// # Errors
    /// `T::BROKEN`, [`Problem::MalformedMessage`].
    pub fn believe<T: Statement>(
        &self,
        said: &Signed<T>,
        now: Timestamp,
    ) -> Result<Verified<T>, Problem> {
        self.history().verify(said, now)
    }

    /// Checks that the agent stands for its sales at `now`, and that it can speak at all (59).
    ///
    /// # Errors
    /// [`Problem::MerchantLapsed`].
    pub fn check_in_force(&self, now: Timestamp) -> Result<(), Problem> {
        self.facts.check_in_force(now)?;
        let speaks = self.history().at(now).next().is_some();
        speaks.then_some(()).ok_or(Problem::MerchantLapsed)
    }

    /// The merchant as its Mark says it beside this Offer: by the pair of keys that it uses, which
    /// while they are rotated may be the one before.
    pub fn offering(&self, offer: &Signed<Offer>, now: Timestamp) -> Merchant {
        let counts = |key: &&MerchantKey| key.period().counts(now);
        let signed = |key: &&MerchantKey| offer.verify(&key.verifying).is_ok();
        match self.keys.iter().filter(counts).find(signed) {
            Some(key) => self.by(key),
            None => self.facts.clone(),
        }
    }

    /// The same, where the verifying key that it used last is known; else by its newest.
    pub fn using(&self, last: Option<VerifyingKey>, now: Timestamp) -> Merchant {
        let is_it = |key: &&MerchantKey| Some(key.verifying) == last && key.period().counts(now);
        self.keys.iter().find(is_it).map_or_else(|| self.facts.clone(), |key| self.by(key))
    }

    fn by(&self, key: &MerchantKey) -> Merchant {
        let (verifying_key, sealing_key) = (key.verifying, key.sealing);
        Merchant { verifying_key, sealing_key, ..self.facts.clone() }
    }
}

impl MerchantKey {
    /// How it stands at `now`: `current`, `old` while it counts beside the current one, `retired`
    /// or `revoked`.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match (self.revoked, self.until) {
            (true, _) => "revoked",
            (false, Some(until)) if until <= now => "retired",
            (false, Some(_)) => "old",
            (false, None) => "current",
        }
    }

    /// When its signature counts.
    pub fn period(&self) -> KeyPeriod {
        KeyPeriod { key: self.verifying, from: self.from, until: self.until }
    }
}

/// Signing and sealing key, both public, as far as they were said.
pub type Pair = (Option<[u8; 32]>, Option<[u8; 32]>);

/// Reads what `merchant-server keys show --json` printed.
///
/// # Errors
/// In words, for whoever typed it.
pub fn read_pair(text: &[u8]) -> Result<Pair, String> {
    let said: Value = serde_json::from_slice(text).map_err(|_| "no JSON")?;
    let key = |name: &str| said[name].as_str().map(read_key).transpose();
    Ok((key("verifying_key")?, key("sealing_key")?))
}

/// Reads one public key.
///
/// # Errors
/// In words, for whoever typed it.
pub fn read_key(text: &str) -> Result<[u8; 32], String> {
    let bytes = BASE64URL.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| format!("{text}: a key is 43 base64url symbols"))
}
