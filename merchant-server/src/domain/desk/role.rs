//! What each role may do at the desk. A role is a set of powers; each address needs one of them.

use serde::{Deserialize, Serialize};

/// What people are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Reads and ships.
    Clerk,
    /// Also claims, lets go and gives back.
    Manager,
    /// Also says who may use the desk.
    Owner,
}

/// What an address needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// To look: everybody may.
    Look,
    /// To say that goods went.
    Ship,
    /// To claim, let go and give back.
    Money,
    /// To add people and to take them out.
    People,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clerk, Self::Manager, Self::Owner];

    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it may.
    pub const fn may(self, power: Power) -> bool {
        match power {
            Power::Look | Power::Ship => true,
            Power::Money => matches!(self, Self::Manager | Self::Owner),
            Power::People => matches!(self, Self::Owner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_for_managers_and_owners_and_people_for_owners_alone() {
        let may = |power| Role::ALL.map(|role| role.may(power));
        assert_eq!(may(Power::Look), [true, true, true]);
        assert_eq!(may(Power::Ship), [true, true, true]);
        assert_eq!(may(Power::Money), [false, true, true]);
        assert_eq!(may(Power::People), [false, false, true]);
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }
}
