//! A purchase as the agent knows it, and the answers that follow from it. Pure.

use shared_protocol::{
    Acceptance, Amount, CLOCK_TOLERANCE, Channel, Confirmation, Date, Grant, Locale, Localized,
    MerchantId, PlanClass, Problem, PurchaseId, PurchaseState, PurchaseStatus, Refusal, Remittance,
    Signed, Standing, Timestamp, Verified,
};

/// One purchase for which a Grant was asked.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// Its row.
    pub row: i64,
    /// Its name in the protocol.
    pub id: PurchaseId,
    /// How it stands.
    pub state: PurchaseState,
    /// Why it was declined, if it was.
    pub problem: Option<Problem>,
    /// With whom.
    pub merchant: MerchantId,
    /// Which contract pays; `None` if none was recognised.
    pub contract: Option<i64>,
    /// SHA-256 of the grant request's bytes.
    pub request_digest: [u8; 32],
    /// What is paid to the merchant.
    pub amount: Amount,
    /// What is held of the contract: the amount and the fee of the plan.
    pub total: Amount,
    /// How many.
    pub quantity: u32,
    /// The goods.
    pub item: Localized,
    /// The language of its letters.
    pub locale: Locale,
    /// Why the shopper is not asked, where no passkey has said it.
    pub unasked: Option<Unasked>,
    /// How often something happened to it.
    pub events: u32,
    /// The agent's promise.
    pub grant: Option<Signed<Grant>>,
    /// The merchant's word.
    pub acceptance: Option<Signed<Acceptance>>,
    /// The merchant's other word.
    pub refusal: Option<Signed<Refusal>>,
    /// The shopper's word.
    pub confirmation: Option<Signed<Confirmation>>,
    /// How its money stands, where it is paid by transfer.
    pub remittance: Option<Signed<Remittance>>,
}

/// Why a shopper is not asked to confirm, though no passkey signed the tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// The agent's policy waives it (¶61).
    Waived,
    /// They asked for the number themselves, signed in and with their code.
    ByHand,
}

impl Unasked {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waived => "waived",
            Self::ByHand => "by_hand",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Waived, Self::ByHand].into_iter().find(|unasked| unasked.name() == name)
    }
}

impl Purchase {
    /// How the shopper consented to what nobody asks them about.
    pub fn consent(&self) -> Channel {
        match self.unasked {
            Some(Unasked::Waived) => Channel::Waived,
            Some(Unasked::ByHand) => Channel::Page,
            None => Channel::Passkey,
        }
    }

    /// The answer to a grant request of these bytes: always the same one.
    ///
    /// # Errors
    /// The problem for which it was declined; [`Problem::PurchaseConflict`] for other bytes.
    pub fn answer(&self, request_digest: &[u8; 32]) -> Result<Signed<Grant>, Problem> {
        if self.request_digest != *request_digest {
            return Err(Problem::PurchaseConflict);
        }
        self.grant.clone().ok_or(self.problem.unwrap_or(Problem::Unavailable))
    }

    /// How it stands, for whoever knows its id. Why it was declined is not told (DESIGN.md §1).
    pub fn status(self) -> PurchaseStatus {
        PurchaseStatus {
            purchase: self.id,
            state: self.state,
            grant: self.grant,
            acceptance: self.acceptance,
            confirmation: self.confirmation,
            remittance: self.remittance,
        }
    }

    /// The day on which the bank sends the money, where the shopper has said yes to that.
    pub fn scheduled(&self) -> Option<Date> {
        scheduled(self.remittance.as_ref())
    }

    /// Whether it is paid by transfer: nothing of it is held of the contract's limit.
    pub fn is_by_transfer(&self) -> bool {
        self.granted().is_ok_and(|grant| grant.plan_class == PlanClass::Transfer)
    }

    /// The Grant, as the agent itself signed it.
    ///
    /// # Errors
    /// [`Problem::PurchaseUnknown`] if there is none.
    pub fn granted(&self) -> Result<Grant, Problem> {
        self.grant.as_ref().ok_or(Problem::PurchaseUnknown)?.claimed()
    }

    /// Checks that the merchant accepted what was granted, in time (62).
    ///
    /// # Errors
    /// [`Problem::AcceptanceInvalid`]; [`Problem::GrantExpired`] if it was accepted too late.
    pub fn check_acceptance(&self, word: &Verified<Acceptance>) -> Result<(), Problem> {
        let grant = self.granted()?;
        let digest = self.grant.as_ref().map(Signed::digest);
        let same = word.merchant == grant.merchant
            && word.agent == grant.agent
            && word.purchase == grant.purchase
            && word.handling_number == grant.handling_number
            && Some(word.grant) == digest
            && word.amount == grant.amount;
        if !same {
            return Err(Problem::AcceptanceInvalid);
        }
        let in_time = word.accepted < grant.expires.plus(CLOCK_TOLERANCE)
            && grant.issued <= word.accepted.plus(CLOCK_TOLERANCE);
        in_time.then_some(()).ok_or(Problem::GrantExpired)
    }

    /// Checks that the merchant refused this very purchase (62 → 72).
    ///
    /// # Errors
    /// [`Problem::RefusalInvalid`].
    pub fn check_refusal(&self, word: &Verified<Refusal>) -> Result<(), Problem> {
        let grant = self.granted()?;
        let same = word.merchant == grant.merchant
            && word.agent == grant.agent
            && word.purchase == grant.purchase;
        same.then_some(()).ok_or(Problem::RefusalInvalid)
    }
}

/// The day of a transfer that is to be sent later.
pub fn scheduled(remittance: Option<&Signed<Remittance>>) -> Option<Date> {
    match remittance?.claimed().ok()?.standing {
        Standing::Scheduled(day) => Some(day),
        Standing::Received | Standing::NotReceived => None,
    }
}

/// When a Grant that nobody redeemed is asked after: the merchant may take it until then.
pub fn redeemable_until(grant: &Grant) -> Timestamp {
    grant.expires.plus(CLOCK_TOLERANCE)
}
