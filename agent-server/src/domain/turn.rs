//! What happens to a purchase after its Grant, and what follows from it: one list for live
//! traffic, for recovery and for time that ran out. Pure.

use shared_protocol::{
    Acceptance, Channel, Confirmation, Outcome, Problem, PurchaseEvent, PurchaseState, Refusal,
    Remittance, Signed, Timestamp,
};

use super::{
    errand::{Errand, Letter, Notice},
    question::TokenDigest,
    transfer::Later,
};

/// A word that moves a purchase on. Its signature has been checked or made by the caller.
#[derive(Clone, Debug)]
pub enum Word {
    /// The merchant takes the order.
    Accepted {
        /// What the merchant signed.
        acceptance: Signed<Acceptance>,
        /// What the shopper is asked; `None` where their passkey has consented already (¶61).
        question: Option<Asked>,
    },
    /// The merchant does not take it.
    Refused(Signed<Refusal>),
    /// The shopper answered, or did not in time.
    Decided {
        /// What became of the question.
        outcome: Outcome,
        /// As merchants get it.
        confirmation: Signed<Confirmation>,
    },
    /// The shopper takes back the yes.
    Withdrawn {
        /// As merchants get it.
        confirmation: Signed<Confirmation>,
    },
    /// The shopper consents, and the bank sends the money now (153); or it has come (164).
    Transferred {
        /// As merchants get it.
        confirmation: Signed<Confirmation>,
        /// How the money stands.
        remittance: Signed<Remittance>,
    },
    /// The shopper consents, and the bank sends the money later (162).
    Scheduled {
        /// How the money stands.
        remittance: Signed<Remittance>,
        /// When.
        later: Later,
        /// How the shopper consented.
        channel: Channel,
    },
    /// The bank cannot send it after all (158).
    NotTransferred {
        /// As merchants get it.
        confirmation: Signed<Confirmation>,
        /// How the money stands.
        remittance: Signed<Remittance>,
    },
    /// The Grant was not redeemed, and the merchant says that it will not be.
    Lapsed,
}

/// A question to the shopper.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The token in their letter.
    pub token: TokenDigest,
    /// Until when it can be answered.
    pub deadline: Timestamp,
}

/// What a word led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// The purchase moved.
    Now(PurchaseState),
    /// The same word was said before.
    Already(PurchaseState),
    /// It cannot be said any more, or something else was said.
    Not(Problem),
}

impl Word {
    /// What happens by it.
    pub fn event(&self) -> PurchaseEvent {
        match self {
            Self::Accepted { .. } => PurchaseEvent::OrderAccepted,
            Self::Refused(_) => PurchaseEvent::OrderRefused,
            Self::Decided { outcome: Outcome::Confirmed, .. } => PurchaseEvent::ShopperConfirmed,
            Self::Decided { outcome: Outcome::Cancelled, .. } => PurchaseEvent::ShopperCancelled,
            Self::Withdrawn { .. } => PurchaseEvent::ShopperWithdrew,
            Self::Transferred { .. } => PurchaseEvent::TransferReceived,
            Self::Scheduled { .. } => PurchaseEvent::TransferScheduled,
            Self::NotTransferred { .. } => PurchaseEvent::TransferFailed,
            Self::Decided { outcome: Outcome::Expired, .. } | Self::Lapsed => {
                PurchaseEvent::TimedOut
            }
        }
    }

    /// Until when the state that it leads to may last.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Accepted { question, .. } => question.map(|asked| asked.deadline),
            Self::Scheduled { later, .. } => Some(later.opens),
            Self::Refused(_)
            | Self::Decided { .. }
            | Self::Withdrawn { .. }
            | Self::Transferred { .. }
            | Self::NotTransferred { .. }
            | Self::Lapsed => None,
        }
    }

    /// What the shopper is told where the order was in a mailbox: it was not read on the screen.
    pub fn from_mailbox(&self) -> Option<Letter> {
        match self {
            Self::Refused(_) => Some(Letter::Refused),
            Self::Lapsed => Some(Letter::Lapsed),
            Self::Accepted { .. }
            | Self::Decided { .. }
            | Self::Withdrawn { .. }
            | Self::Transferred { .. }
            | Self::Scheduled { .. }
            | Self::NotTransferred { .. } => None,
        }
    }

    /// What has to be sent because of it.
    pub fn errands(&self) -> &'static [Errand] {
        const ASK: &[Errand] = &[Errand::Webhook(Notice::Accepted), Errand::Mail(Letter::Confirm)];
        const RECEIPT: &[Errand] =
            &[Errand::Webhook(Notice::Accepted), Errand::Mail(Letter::Confirmed)];
        const REFUSED: &[Errand] = &[Errand::Webhook(Notice::Refused)];
        const CONFIRMED: &[Errand] = &[Errand::Webhook(Notice::Confirmed)];
        const TOLD: &[Errand] =
            &[Errand::Webhook(Notice::Confirmed), Errand::Mail(Letter::Confirmed)];
        const CANCELLED: &[Errand] =
            &[Errand::Webhook(Notice::Cancelled), Errand::Mail(Letter::Cancelled)];
        const EXPIRED: &[Errand] =
            &[Errand::Webhook(Notice::Expired), Errand::Mail(Letter::Expired)];
        const SENT: &[Errand] =
            &[Errand::Webhook(Notice::TransferReceived), Errand::Webhook(Notice::Confirmed)];
        const LATER: &[Errand] = &[Errand::Webhook(Notice::TransferScheduled)];
        const NOT_SENT: &[Errand] = &[
            Errand::Webhook(Notice::PayeeRefused),
            Errand::Webhook(Notice::TransferFailed),
            Errand::Webhook(Notice::Cancelled),
            Errand::Mail(Letter::NotTransferred),
        ];
        match self {
            Self::Transferred { .. } => SENT,
            Self::Scheduled { .. } => LATER,
            Self::NotTransferred { .. } => NOT_SENT,
            Self::Accepted { question: Some(_), .. } => ASK,
            Self::Accepted { question: None, .. } => RECEIPT,
            // What others wrote down in the shopper's name, the shopper reads.
            Self::Decided { outcome: Outcome::Confirmed, confirmation }
                if is_staffs(confirmation) =>
            {
                TOLD
            }
            Self::Decided { outcome: Outcome::Confirmed, .. } => CONFIRMED,
            Self::Decided { outcome: Outcome::Cancelled, .. } | Self::Withdrawn { .. } => CANCELLED,
            Self::Decided { outcome: Outcome::Expired, .. } => EXPIRED,
            // The shopper read it on the screen.
            Self::Refused(_) => REFUSED,
            // The merchant's own answer to `purchase.lapsed`.
            Self::Lapsed => &[],
        }
    }
}

/// Whether it came to a member of the agent's staff (¶56).
fn is_staffs(confirmation: &Signed<Confirmation>) -> bool {
    confirmation.claimed().is_ok_and(|said| said.channel == Channel::Staff)
}

/// Why a decision cannot be taken in this state, in the shopper's words.
pub fn why_not(state: PurchaseState) -> Problem {
    match state {
        PurchaseState::Cancelled => Problem::CancelledByShopper,
        PurchaseState::Expired => Problem::NotConfirmed,
        PurchaseState::Refused => Problem::OrderRefused,
        PurchaseState::Started
        | PurchaseState::Checked
        | PurchaseState::Granted
        | PurchaseState::Accepted
        | PurchaseState::Confirmed
        | PurchaseState::Declined => Problem::PurchaseClosed,
    }
}
