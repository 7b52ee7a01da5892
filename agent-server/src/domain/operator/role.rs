//! What each role may do. A role is a set of powers; each page and each form of the console needs
//! one of them.

/// What operators are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Helps shoppers and merchants.
    Support,
    /// Moves money, with somebody else.
    Finance,
    /// Does all of it, and stops merchants.
    Admin,
}

/// What a page or form needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// To look: every operator may.
    Look,
    /// To send again, to stop and open contracts.
    Care,
    /// To propose and approve movements of money.
    Money,
    /// To stop merchants.
    Govern,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Support, Self::Finance, Self::Admin];

    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Finance => "finance",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether it may.
    pub const fn may(self, power: Power) -> bool {
        match (self, power) {
            (_, Power::Look) | (Self::Admin, _) => true,
            (Self::Support, power) => matches!(power, Power::Care),
            (Self::Finance, power) => matches!(power, Power::Money),
            (Self::Viewer, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_for_finance_and_admins_alone() {
        let may = |power| Role::ALL.map(|role| role.may(power));
        assert_eq!(may(Power::Look), [true, true, true, true]);
        assert_eq!(may(Power::Care), [false, true, false, true]);
        assert_eq!(may(Power::Money), [false, false, true, true]);
        assert_eq!(may(Power::Govern), [false, false, false, true]);
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
    }
}
