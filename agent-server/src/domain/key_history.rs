//! The keys of a party and when each of them counts: what was signed is believed by the key that
//! counted when it came, also long after that key was replaced.

use shared_protocol::{Problem, Signed, Statement, Timestamp, Verified, VerifyingKey};

/// A key and when its signature counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPeriod {
    /// The public half.
    pub key: VerifyingKey,
    /// From then on.
    pub from: Timestamp,
    /// Until before then; `None`: it still does.
    pub until: Option<Timestamp>,
}

/// All keys of a party, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyHistory(Vec<KeyPeriod>);

impl KeyPeriod {
    /// Whether it counts at this moment.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl KeyHistory {
    /// Those that count at a moment, newest first.
    pub fn at(&self, moment: Timestamp) -> impl Iterator<Item = &VerifyingKey> {
        self.0.iter().filter(move |period| period.counts(moment)).map(|period| &period.key)
    }

    /// Verifies by the keys that counted at that moment.
    ///
    /// # Errors
    /// `T::BROKEN`, [`Problem::MalformedMessage`].
    pub fn verify<T: Statement>(
        &self,
        said: &Signed<T>,
        at: Timestamp,
    ) -> Result<Verified<T>, Problem> {
        let broken = Err(T::BROKEN);
        self.at(at).fold(broken, |held, key| held.or_else(|_| said.verify(key)))
    }
}

impl FromIterator<KeyPeriod> for KeyHistory {
    fn from_iter<I: IntoIterator<Item = KeyPeriod>>(periods: I) -> Self {
        Self(periods.into_iter().collect())
    }
}

/// One key that always counts.
impl From<&VerifyingKey> for KeyHistory {
    fn from(key: &VerifyingKey) -> Self {
        let from = Timestamp::from_millis(i64::MIN);
        Self(vec![KeyPeriod { key: *key, from, until: None }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_in_its_own_time_only() {
        let at = Timestamp::from_millis;
        let key = |byte| VerifyingKey::new([byte; 32]);
        let period = |byte, from, until: Option<i64>| KeyPeriod {
            key: key(byte),
            from: at(from),
            until: until.map(at),
        };
        let history: KeyHistory =
            [period(2, 10, None), period(1, 0, Some(20))].into_iter().collect();
        let counted = |moment| history.at(at(moment)).copied().collect::<Vec<_>>();
        assert_eq!(counted(5), [key(1)]);
        assert_eq!(counted(10), [key(2), key(1)]);
        assert_eq!(counted(20), [key(2)]);
        assert!(counted(-1).is_empty());
    }
}
