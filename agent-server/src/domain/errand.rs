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

/// A notice to the merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The shopper consents.
    Confirmed,
    /// The shopper calls it off.
    Cancelled,
    /// Nobody answered.
    Expired,
    /// The Grant was not redeemed in time: do you have the order?
    Lapsed,
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
        Self::ALL.into_iter().find(|errand| errand.kind() == kind && errand.name() == name)
    }

    const ALL: [Self; 15] = [
        Self::Mail(Letter::Confirm),
        Self::Mail(Letter::Confirmed),
        Self::Mail(Letter::Cancelled),
        Self::Mail(Letter::Expired),
        Self::Code(CodeLetter::Enrol),
        Self::Code(CodeLetter::Known),
        Self::Code(CodeLetter::SignIn),
        Self::Security(SecurityLetter::PasskeyAdded),
        Self::Security(SecurityLetter::CodeChanged),
        Self::Security(SecurityLetter::NumberReplaced),
        Self::Security(SecurityLetter::NumberStopped),
        Self::Webhook(Notice::Confirmed),
        Self::Webhook(Notice::Cancelled),
        Self::Webhook(Notice::Expired),
        Self::Webhook(Notice::Lapsed),
    ];
}

impl Notice {
    /// The webhook's type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "purchase.confirmed",
            Self::Cancelled => "purchase.cancelled",
            Self::Expired => "purchase.expired",
            Self::Lapsed => "purchase.lapsed",
        }
    }
}
