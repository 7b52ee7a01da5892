//! What a signed Mark is worth to somebody who looks at it later: it may have run out, been
//! replaced or been taken back, or stand where it does not belong (claim 5, ¶63). Pure.

use shared_protocol::{Mark, Problem, Timestamp, Verified};

use super::{lookalike, merchant_keys::KnownMerchant};

/// Why a Mark was taken back; for the operator's own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyRevoked {
    /// Somebody else may have the shop's keys.
    Keys,
    /// The shop did what it must not.
    Misuse,
    /// Its contract has ended.
    Ended,
    /// It asked for it.
    Asked,
}

impl WhyRevoked {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Keys, Self::Misuse, Self::Ended, Self::Asked];

    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Misuse => "misuse",
            Self::Ended => "ended",
            Self::Asked => "asked",
        }
    }
}

/// What the agent knows of the merchant of a Mark.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The merchant, if it is registered.
    pub merchant: Option<&'a KnownMerchant>,
    /// The highest serial that was taken back.
    pub revoked: Option<u64>,
}

/// Whether a Mark counts at `now`, on a page of this origin where one is named.
///
/// # Errors
/// In order of precedence: [`Problem::UnknownMerchant`], [`Problem::MarkRevoked`],
/// [`Problem::MerchantLapsed`], [`Problem::MarkExpired`], [`Problem::OriginLookalike`],
/// [`Problem::OriginNotRegistered`].
pub fn check(
    mark: &Verified<Mark>,
    known: Known<'_>,
    origin: Option<&str>,
    now: Timestamp,
) -> Result<(), Problem> {
    let merchant = known.merchant.ok_or(Problem::UnknownMerchant)?;
    let is_taken_back = known.revoked.is_some_and(|serial| mark.serial <= serial);
    if is_taken_back || merchant.is_revoked(&mark.verifying_key) {
        return Err(Problem::MarkRevoked);
    }
    merchant.check_in_force(now)?;
    mark.check_valid(now)?;
    if mark.serial < merchant.serial {
        return Err(Problem::MarkExpired);
    }
    origin.map_or(Ok(()), |origin| lookalike::check(origin, &mark.origins))
}

#[cfg(test)]
mod tests {
    use shared_protocol::{Localized, PlanClass, SealingKey, Signer as _, Span, VerifyingKey};

    use super::*;
    use crate::{
        domain::{Merchant, MerchantStatus, merchant_keys::MerchantKey},
        entropy::Entropy,
        keys::AgentKeyring,
        marks::Marks,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const LATER: Timestamp = NOW.plus(Span::hours(2));

    fn merchant() -> Merchant {
        Merchant {
            id: "mrc_tea".parse().unwrap(),
            name: Localized::new("山田茶舗", "Yamada Tea"),
            legal_notice: Localized::new("代表 山田太郎", "Taro Yamada"),
            origins: vec!["https://yamada.example".into()],
            server: "https://yamada.example".into(),
            verifying_key: VerifyingKey::new([1; 32]),
            sealing_key: SealingKey::new([2; 32]),
            plans: PlanClass::ALL.into(),
            payout_class: "standard".into(),
            status: MerchantStatus::Active,
            valid_until: None,
            relay: None,
            hand_over: None,
            payee: None,
            waives: None,
            serial: 7,
        }
    }

    fn with_key(facts: Merchant, revoked: bool) -> KnownMerchant {
        let (verifying, sealing) = (facts.verifying_key, facts.sealing_key);
        let from = Timestamp::from_millis(0);
        let key = MerchantKey { verifying, sealing, from, until: None, revoked };
        KnownMerchant::new(facts, vec![key])
    }

    fn mark(merchant: &Merchant) -> Verified<Mark> {
        let folder = tempfile::tempdir().unwrap();
        AgentKeyring::create_missing(folder.path(), &Entropy::new()).unwrap();
        let keys = AgentKeyring::load(folder.path()).unwrap();
        let marks = Marks::new("agt_demo".parse().unwrap(), Localized::new("割符", "Warifu"));
        marks.current(merchant, &keys, NOW).verify(&keys.verifying_key()).unwrap()
    }

    #[test]
    fn a_mark_counts_as_long_as_the_agent_stands_by_it() {
        let shop = with_key(merchant(), false);
        let mark = mark(&shop);
        let known = |merchant, revoked| Known { merchant, revoked };
        let at = |known, origin, now| check(&mark, known, origin, now);
        assert_eq!(at(known(Some(&shop), None), None, NOW), Ok(()));
        assert_eq!(at(known(Some(&shop), Some(6)), None, NOW), Ok(()), "an older one was");
        assert_eq!(at(known(Some(&shop), Some(7)), None, NOW), Err(Problem::MarkRevoked));
        assert_eq!(at(known(Some(&shop), Some(7)), None, LATER), Err(Problem::MarkRevoked));
        assert_eq!(at(known(None, None), None, NOW), Err(Problem::UnknownMerchant));
        assert_eq!(at(known(Some(&shop), None), None, LATER), Err(Problem::MarkExpired));
        let changed = with_key(Merchant { serial: 8, ..merchant() }, false);
        assert_eq!(at(known(Some(&changed), None), None, NOW), Err(Problem::MarkExpired));
        let leaked = with_key(merchant(), true);
        assert_eq!(at(known(Some(&leaked), None), None, NOW), Err(Problem::MarkRevoked));
        let own = Some("https://yamada.example");
        assert_eq!(at(known(Some(&shop), None), own, NOW), Ok(()));
        let other = Some("https://elsewhere.example");
        let found = at(known(Some(&shop), None), other, NOW);
        assert_eq!(found, Err(Problem::OriginNotRegistered));
    }
}
