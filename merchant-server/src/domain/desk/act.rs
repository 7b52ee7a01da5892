//! What is done at the desk only by a fresh signature of a passkey over exactly it: money that
//! moves, and who may use the desk.

use serde::{Deserialize, Serialize};
use shared_protocol::{
    Amount, Digest, Message, PasskeyAssertion, Problem, PurchaseId, Reference, digest, encode,
};

use super::account::{Door, prove};
use super::{Person, Power, Purpose, Role};
use crate::domain::{Failure, Step};

/// One such act. Whoever signs sees all that is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Money of an order moves.
    Money(Money),
    /// Somebody new may use the desk.
    Invite {
        /// As the others will call them.
        name: String,
        /// What they may do.
        role: Role,
    },
    /// Somebody needs another passkey.
    InviteAgain {
        /// Who.
        name: String,
    },
    /// Somebody may do other things from now on.
    GiveRole {
        /// Who.
        name: String,
        /// What they may do.
        role: Role,
    },
    /// Somebody may do nothing any more.
    Remove {
        /// Who.
        name: String,
    },
}

/// How money of an order moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Of which order.
    pub purchase: PurchaseId,
    /// The shop's own name for it.
    pub name: Reference,
    /// What is done.
    pub way: Way,
    /// How much.
    pub amount: Amount,
}

/// Which way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// It is claimed, perhaps for one shipment.
    Claim(Option<Reference>),
    /// It is let go.
    Void,
    /// It goes back.
    Refund,
}

/// An act that somebody stands for. Only [`sign`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    act: Act,
    by: i64,
}

impl Act {
    /// What it needs.
    pub const fn power(&self) -> Power {
        match self {
            Self::Money(_) => Power::Money,
            Self::Invite { .. }
            | Self::InviteAgain { .. }
            | Self::GiveRole { .. }
            | Self::Remove { .. } => Power::People,
        }
    }

    /// What a passkey signs for: this and nothing else, by this person.
    pub fn purpose(&self, person: &Person) -> Purpose {
        Purpose::Sign { person: person.id, act: self.digest() }
    }

    /// What becomes of it in the record.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Money(money) => match money.way {
                Way::Claim(_) => "claimed",
                Way::Void => "let-go",
                Way::Refund => "gave-back",
            },
            Self::Invite { .. } => "added",
            Self::InviteAgain { .. } => "invited",
            Self::GiveRole { .. } => "role-given",
            Self::Remove { .. } => "removed",
        }
    }

    fn digest(&self) -> Digest {
        digest(Self::NAME, &encode(self))
    }
}

impl Money {
    /// What is said to the agent.
    pub fn step(&self) -> Step {
        match &self.way {
            Way::Claim(shipment) => Step::Claim(self.amount, shipment.clone()),
            Way::Void => Step::Void(self.amount),
            Way::Refund => Step::Refund(self.amount),
        }
    }
}

impl Signed {
    /// What.
    pub fn act(&self) -> &Act {
        &self.act
    }

    /// By whom.
    pub fn by(&self) -> i64 {
        self.by
    }
}

impl Message for Act {
    const NAME: &'static str = "desk-act";
    const LEN_MAX: usize = 512;
}

/// Somebody's passkey stands for exactly this act, now.
///
/// # Errors
/// [`Problem::RoleNotAllowed`], and as [`super::sign_in`].
pub async fn sign(
    door: &Door<'_>,
    person: &Person,
    act: Act,
    said: &PasskeyAssertion,
) -> Result<Signed, Failure> {
    if !person.role.may(act.power()) {
        return Err(Problem::RoleNotAllowed.into());
    }
    let by = prove(door, said, act.purpose(person), Some(person.id)).await?;
    Ok(Signed { act, by })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_an_act_is_under_its_digest() {
        let currency = "JPY".parse().unwrap();
        let amount = |minor| Amount::new(minor, currency).unwrap();
        let name = |text: &str| text.parse::<Reference>().unwrap();
        let money = Money {
            purchase: PurchaseId::new([1; 16]),
            name: name("C-1"),
            way: Way::Claim(None),
            amount: amount(5),
        };
        let person = |who: &str, role| Act::Invite { name: who.into(), role };
        let acts = [
            Act::Money(money.clone()),
            Act::Money(Money { purchase: PurchaseId::new([2; 16]), ..money.clone() }),
            Act::Money(Money { name: name("C-2"), ..money.clone() }),
            Act::Money(Money { way: Way::Refund, ..money.clone() }),
            Act::Money(Money { way: Way::Claim(Some(name("S-1"))), ..money.clone() }),
            Act::Money(Money { amount: amount(6), ..money }),
            person("a", Role::Clerk),
            person("a", Role::Owner),
            person("b", Role::Clerk),
            Act::GiveRole { name: "a".into(), role: Role::Clerk },
            Act::Remove { name: "a".into() },
            Act::InviteAgain { name: "a".into() },
        ];
        for (at, act) in acts.iter().enumerate() {
            assert!(acts[..at].iter().all(|other| other.digest() != act.digest()), "{act:?}");
            assert_eq!(shared_protocol::decode::<Act>(&encode(act)).as_ref(), Ok(act));
        }
    }
}
