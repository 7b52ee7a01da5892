//! A movement of money that one operator proposes and another approves, each by a passkey that
//! signs for exactly that movement, within five minutes of being asked. Whoever proposed it can
//! never approve it, and after a day nobody can.

use shared_protocol::{Digest, PasskeyAssertion, Problem, Span, Timestamp};

use super::{
    Draft, Movement, Operator,
    carry_out::{Unmoved, carry_out, exactly},
    signed::signed,
};
use crate::{
    app::App,
    domain::unavailable,
    store::{NewProposal, SignedHow},
};

/// A proposal as it is kept.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its row.
    pub id: i64,
    /// What is proposed, exactly as it is signed for.
    pub what: String,
    /// The digest of it, as it was kept.
    pub digest: Digest,
    /// Who proposes it: row and name.
    pub proposer: (i64, String),
    /// When.
    pub proposed_at: Timestamp,
    /// From when on nobody can approve it.
    pub lapses_at: Timestamp,
    /// When the proposer signed; `None`: not yet.
    pub signed_at: Option<Timestamp>,
    /// What was decided, by whom, and when.
    pub decision: Option<(Decision, String, Timestamp)>,
    /// What came of it.
    pub outcome: Option<String>,
}

/// What another operator, or the proposer, decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is to be done.
    Approved,
    /// It is not.
    Refused,
}

/// How a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The proposer has not signed.
    Unsigned,
    /// Another operator may approve it.
    Waiting,
    /// It was approved and could not be carried out yet.
    Approved,
    /// It was carried out.
    Done,
    /// It was refused.
    Refused,
    /// Nobody decided in time.
    Lapsed,
}

impl Decision {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// The decision of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Approved, Self::Refused].into_iter().find(|decision| decision.name() == name)
    }
}

impl Standing {
    /// Its name on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
        }
    }
}

impl Proposal {
    /// What is proposed, if it is still what was kept.
    pub fn movement(&self) -> Option<Movement> {
        let is_whole = Movement::digest(&self.what) == self.digest;
        is_whole.then(|| serde_json::from_str(&self.what).ok())?
    }
}

/// How it stands.
pub fn stands(proposal: &Proposal, now: Timestamp) -> Standing {
    let decision = proposal.decision.as_ref().map(|(decision, ..)| *decision);
    match (decision, &proposal.outcome) {
        (Some(Decision::Refused), _) => Standing::Refused,
        (Some(Decision::Approved), Some(_)) => Standing::Done,
        (Some(Decision::Approved), None) => Standing::Approved,
        (None, _) if now >= proposal.lapses_at => Standing::Lapsed,
        (None, _) if proposal.signed_at.is_none() => Standing::Unsigned,
        (None, _) => Standing::Waiting,
    }
}

/// Writes down what an operator asks for, with all that it comes to now. It is nothing yet until
/// they sign it.
///
/// # Errors
/// [`Unmoved`].
pub async fn draft(app: &App, by: &Operator, draft: &Draft) -> Result<i64, Unmoved> {
    let now = app.clock.now();
    let what = exactly(app, draft).await?.movement.written();
    let digest = Movement::digest(&what);
    let lapses_at = now.plus(LIFETIME);
    let new = NewProposal { id: app.store.fresh_id(now), what, digest, by: by.id, lapses_at };
    let id = new.id;
    app.store.add_proposal(new, now).await?;
    Ok(id)
}

/// Takes an operator's signature for a proposal: of who proposed it, and it waits for another; of
/// another, and it is carried out.
///
/// # Errors
/// [`Problem::ChallengeInvalid`], [`Problem::ChallengeExpired`], [`Problem::PasskeyInvalid`],
/// [`Problem::PasskeyUnknown`], [`Problem::PasskeyCloned`], [`Problem::Unavailable`].
pub async fn sign(
    app: &App,
    by: &Operator,
    proposal: &Proposal,
    said: &PasskeyAssertion,
) -> Result<SignedHow, Problem> {
    let now = app.clock.now();
    let word = signed(app, by, (proposal.id, proposal.digest), said).await?;
    let how = app.store.sign_proposal(word, now).await.map_err(unavailable)?;
    if how == SignedHow::Approved
        && let Err(unmoved) = carry_out(app, proposal).await
    {
        // It stays approved: the page says why, and offers to try again.
        tracing::warn!(%unmoved, "an approved movement was not carried out");
    }
    Ok(how)
}

/// So long a proposal waits.
const LIFETIME: Span = Span::hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_stands_as_what_was_done_with_it() {
        let at = Timestamp::from_millis(1_795_000_000_000);
        let fresh = Proposal {
            id: 1,
            what: "{}".into(),
            digest: Movement::digest("{}"),
            proposer: (1, "a".into()),
            proposed_at: at,
            lapses_at: at.plus(LIFETIME),
            signed_at: None,
            decision: None,
            outcome: None,
        };
        let late = at.plus(LIFETIME);
        assert_eq!(stands(&fresh, at), Standing::Unsigned);
        assert_eq!(stands(&fresh, late), Standing::Lapsed);
        let signed = Proposal { signed_at: Some(at), ..fresh.clone() };
        assert_eq!(stands(&signed, at), Standing::Waiting);
        assert_eq!(stands(&signed, late), Standing::Lapsed);
        let decided = |decision| Some((decision, "b".to_owned(), at));
        let approved = Proposal { decision: decided(Decision::Approved), ..signed.clone() };
        assert_eq!(stands(&approved, late), Standing::Approved);
        let done = Proposal { outcome: Some("done".into()), ..approved };
        assert_eq!(stands(&done, late), Standing::Done);
        let refused = Proposal { decision: decided(Decision::Refused), ..signed };
        assert_eq!(stands(&refused, late), Standing::Refused);
        let changed = Proposal { what: "{ }".into(), ..fresh };
        assert!(changed.movement().is_none(), "what is kept is not what was signed for");
    }
}
