//! A merchant as the agent knows it from their contract (¶44).

use shared_protocol::{
    Localized, MerchantId, PlanClass, Problem, SealingKey, Timestamp, VerifyingKey,
};

/// A merchant that has, or had, a contract with the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merchant {
    /// Its name in the protocol.
    pub id: MerchantId,
    /// The shop's name as shoppers know it.
    pub name: Localized,
    /// Seller's name, address, representative, contact (特定商取引法).
    pub legal_notice: Localized,
    /// Web origins where its widget may appear, exact.
    pub origins: Vec<String>,
    /// Base URL of its server, without a slash at the end.
    pub server: String,
    /// Where an ordinary form hands over its orders (Fig 2), on one of its origins; `None`: sealed,
    /// to its server.
    pub hand_over: Option<String>,
    /// Whose signature its Offers and Acceptances bear.
    pub verifying_key: VerifyingKey,
    /// To which order halves are sealed.
    pub sealing_key: SealingKey,
    /// The classes of plan that its contract allows.
    pub plans: Vec<PlanClass>,
    /// How the agent pays it out.
    pub payout_class: String,
    /// Whether its contract is in force.
    pub status: MerchantStatus,
    /// Until when its contract runs; `None`: without end.
    pub valid_until: Option<Timestamp>,
    /// Counts the changes of what its Mark says.
    pub serial: u64,
}

/// Whether a merchant's contract is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MerchantStatus {
    /// It is.
    Active,
    /// It has been stopped by the operator.
    Suspended,
}

impl Merchant {
    /// Checks that the agent stands for its sales at `now` (step 59).
    ///
    /// # Errors
    /// [`Problem::MerchantLapsed`].
    pub fn check_in_force(&self, now: Timestamp) -> Result<(), Problem> {
        let runs = self.valid_until.is_none_or(|until| now < until);
        let active = self.status == MerchantStatus::Active;
        (runs && active).then_some(()).ok_or(Problem::MerchantLapsed)
    }
}

impl MerchantStatus {
    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended].into_iter().find(|status| status.name() == name)
    }
}
