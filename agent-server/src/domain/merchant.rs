//! A merchant as the agent knows it from their contract (¶44).

use shared_protocol::{
    Amount, Localized, MerchantId, Payee, PlanClass, Problem, SealingKey, Timestamp, VerifyingKey,
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
    /// Base URL of its server, without a slash at the end; empty: it has none, and its orders wait
    /// in its mailbox here.
    pub server: String,
    /// Where an ordinary form hands over its orders (Fig 2), on one of its origins; `None`: sealed,
    /// to its server.
    pub hand_over: Option<String>,
    /// Whose signature its Offers and Acceptances bear.
    pub verifying_key: VerifyingKey,
    /// To which order halves are sealed.
    pub sealing_key: SealingKey,
    /// The relay at its site, if there is one (Fig 1; ¶33).
    pub relay: Option<RelaySite>,
    /// The classes of plan that its contract allows.
    pub plans: Vec<PlanClass>,
    /// Where transfers to it go; `None`: it takes none.
    pub payee: Option<Payee>,
    /// How the agent pays it out.
    pub payout_class: String,
    /// Whether its contract is in force.
    pub status: MerchantStatus,
    /// Until when its contract runs; `None`: without end.
    pub valid_until: Option<Timestamp>,
    /// Up to which amount its shoppers need not be asked (¶61); `None`: all are.
    pub waives: Option<Amount>,
    /// Counts the changes of what its Mark says.
    pub serial: u64,
}

/// A relay at a merchant's site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelaySite {
    /// Its base URL, without a slash at the end.
    pub url: String,
    /// Whether shoppers may go past it while it is down (F18).
    pub or_direct: bool,
}

/// Whether a merchant's contract is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MerchantStatus {
    /// It is.
    Active,
    /// It has been stopped by the operator.
    Suspended,
    /// Its Mark has been taken back; nothing is sold under it.
    Revoked,
}

impl Merchant {
    /// Whether it is paid by plans of this class.
    pub fn takes(&self, class: PlanClass) -> bool {
        self.plans.contains(&class) && (class != PlanClass::Transfer || self.payee.is_some())
    }

    /// Whether its shoppers need more of the widget than those of most shops.
    pub fn needs_every_way(&self) -> bool {
        let in_another_way = self.relay.is_some() || self.hand_over.is_some();
        in_another_way || self.has_mailbox() || self.payee.is_some()
    }

    /// Whether it has no server of its own, so that its orders wait here.
    pub fn has_mailbox(&self) -> bool {
        self.server.is_empty()
    }

    /// Checks that the agent stands for its sales at `now` (step 59).
    ///
    /// # Errors
    /// [`Problem::MarkRevoked`], [`Problem::MerchantLapsed`].
    pub fn check_in_force(&self, now: Timestamp) -> Result<(), Problem> {
        if self.status == MerchantStatus::Revoked {
            return Err(Problem::MarkRevoked);
        }
        let runs = self.valid_until.is_none_or(|until| now < until);
        let active = self.status == MerchantStatus::Active;
        (runs && active).then_some(()).ok_or(Problem::MerchantLapsed)
    }
}

impl Merchant {
    /// Whether the agent's policy asks nobody about this amount (¶61).
    pub fn waives(&self, amount: Amount) -> bool {
        let within = |most: Amount| most.currency == amount.currency && amount.minor <= most.minor;
        self.waives.is_some_and(within)
    }
}

impl MerchantStatus {
    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Revoked]
            .into_iter()
            .find(|status| status.name() == name)
    }
}
