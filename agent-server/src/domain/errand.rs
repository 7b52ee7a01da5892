//! What the agent owes others after a transaction: letters to shoppers, notices to merchants.

/// One thing to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// A letter to the shopper.
    Mail(Letter),
    /// A letter with a code.
    Code(CodeLetter),
    /// A letter about the contract itself.
    Security(SecurityLetter),
    /// A webhook to the merchant.
    Webhook(Notice),
}

/// A letter to the shopper (Fig 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// Asks for consent.
    Confirm,
    /// A receipt: the passkey that paid has consented.
    Confirmed,
    /// It was called off; nothing was charged.
    Cancelled,
    /// Nobody answered; nothing was charged (¶60).
    Expired,
    /// The seller did not take the order out of its mailbox in time; nothing was charged.
    Lapsed,
    /// The seller did not take the order that was in its mailbox; nothing was charged.
    Refused,
    /// The money could not be sent, or was sent back by another bank: it is in the account.
    NotTransferred,
    /// It was sent back once the shop had shipped: it is in the account, and the shop is not paid.
    SentBack,
}

/// A letter that shows that an address is somebody's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeLetter {
    /// Holds the code to enrol with.
    Enrol,
    /// Says to whoever wants to enrol that the address has a contract.
    Known,
    /// Holds the code to sign in with.
    SignIn,
}

/// A letter that tells shoppers what was done to their contract, so that they see what they did
/// not do themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityLetter {
    /// It has one more passkey.
    PasskeyAdded,
    /// It has another code.
    CodeChanged,
    /// It has another number.
    NumberReplaced,
    /// Its number was stopped.
    NumberStopped,
}

/// A notice to the merchant: all that a purchase goes through, from the order on. Of a Grant the
/// merchant hears by the order that redeems it, of a decline never (DESIGN.md §1), but that a
/// transfer came to nothing (¶74, ¶75).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The merchant takes the order.
    Accepted,
    /// The merchant does not take it.
    Refused,
    /// The shopper consents.
    Confirmed,
    /// The shopper calls it off.
    Cancelled,
    /// Nobody answered.
    Expired,
    /// The Grant was not redeemed in time: do you have the order?
    Lapsed,
    /// Something was shipped (67).
    Shipped,
    /// Something was claimed (66).
    Claimed,
    /// Something will never be claimed.
    Voided,
    /// Something was given back.
    Refunded,
    /// The shopper objects; billing is suspended (支払停止の抗弁).
    Objected,
    /// The objection was right; what was claimed goes back.
    ObjectionUpheld,
    /// The objection was not right; billing goes on.
    ObjectionRejected,
    /// What is owed for it is in a batch that pays the merchant (68).
    PaidOut,
    /// That batch came back from the merchant's bank: it is owed again.
    PayoutReturned,
    /// The bank has sent the money (153, 164).
    TransferReceived,
    /// The bank sends the money on a later day (162).
    TransferScheduled,
    /// The bank does not send the money (158, 160).
    TransferFailed,
    /// The merchant's own account is wrong and must be put right (158).
    PayeeRefused,
}

impl Errand {
    /// Its kind in the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Mail(_) | Self::Code(_) | Self::Security(_) => "mail",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Its name in the database; of a notice, also the webhook's type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail(Letter::Confirm) => "confirm",
            Self::Mail(Letter::Confirmed) => "confirmed",
            Self::Mail(Letter::Cancelled) => "cancelled",
            Self::Mail(Letter::Expired) => "expired",
            Self::Mail(Letter::Lapsed) => "lapsed",
            Self::Mail(Letter::Refused) => "refused",
            Self::Mail(Letter::NotTransferred) => "not-transferred",
            Self::Mail(Letter::SentBack) => "sent-back",
            Self::Code(CodeLetter::Enrol) => "enrol-code",
            Self::Code(CodeLetter::Known) => "enrol-known",
            Self::Code(CodeLetter::SignIn) => "sign-in-code",
            Self::Security(SecurityLetter::PasskeyAdded) => "passkey-added",
            Self::Security(SecurityLetter::CodeChanged) => "code-changed",
            Self::Security(SecurityLetter::NumberReplaced) => "number-replaced",
            Self::Security(SecurityLetter::NumberStopped) => "number-stopped",
            Self::Webhook(notice) => notice.name(),
        }
    }

    /// The errand of these names.
    pub fn from_names(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "webhook" => Notice::from_name(name).map(Self::Webhook),
            _ => Self::MAILS
                .into_iter()
                .find(|errand| errand.kind() == kind && errand.name() == name),
        }
    }

    const MAILS: [Self; 15] = [
        Self::Mail(Letter::Confirm),
        Self::Mail(Letter::Confirmed),
        Self::Mail(Letter::Cancelled),
        Self::Mail(Letter::Expired),
        Self::Mail(Letter::Lapsed),
        Self::Mail(Letter::Refused),
        Self::Mail(Letter::NotTransferred),
        Self::Mail(Letter::SentBack),
        Self::Code(CodeLetter::Enrol),
        Self::Code(CodeLetter::Known),
        Self::Code(CodeLetter::SignIn),
        Self::Security(SecurityLetter::PasskeyAdded),
        Self::Security(SecurityLetter::CodeChanged),
        Self::Security(SecurityLetter::NumberReplaced),
        Self::Security(SecurityLetter::NumberStopped),
    ];
}

impl Notice {
    /// The webhook's type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "purchase.accepted",
            Self::Refused => "purchase.refused",
            Self::Confirmed => "purchase.confirmed",
            Self::Cancelled => "purchase.cancelled",
            Self::Expired => "purchase.expired",
            Self::Lapsed => "purchase.lapsed",
            Self::Shipped => "purchase.shipped",
            Self::Claimed => "purchase.claimed",
            Self::Voided => "purchase.voided",
            Self::Refunded => "purchase.refunded",
            Self::Objected => "purchase.objected",
            Self::ObjectionUpheld => "purchase.objection_upheld",
            Self::ObjectionRejected => "purchase.objection_rejected",
            Self::PaidOut => "purchase.paid_out",
            Self::PayoutReturned => "purchase.payout_returned",
            Self::TransferReceived => "purchase.transfer_received",
            Self::TransferScheduled => "purchase.transfer_scheduled",
            Self::TransferFailed => "purchase.transfer_failed",
            Self::PayeeRefused => "purchase.payee_refused",
        }
    }

    /// The notice of this type.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.name() == name)
    }

    /// Whether a webhook says so. What the merchant has said in this very request is only listed.
    pub const fn is_pushed(self) -> bool {
        !matches!(self, Self::Accepted | Self::Refused)
    }

    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Accepted,
        Self::Refused,
        Self::Confirmed,
        Self::Cancelled,
        Self::Expired,
        Self::Lapsed,
        Self::Shipped,
        Self::Claimed,
        Self::Voided,
        Self::Refunded,
        Self::Objected,
        Self::ObjectionUpheld,
        Self::ObjectionRejected,
        Self::PaidOut,
        Self::PayoutReturned,
        Self::TransferReceived,
        Self::TransferScheduled,
        Self::TransferFailed,
        Self::PayeeRefused,
    ];
}
