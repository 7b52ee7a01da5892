//! What only some shops need: a relay, an ordinary form, a mailbox, a borrowed window, transfers.
//! The program is built with all of it and without (feature `every-way`), and the agent's page
//! names the one that its shop needs. Each way is asked for here, so that the smaller program holds
//! nothing that follows from one. (An asynchronous function keeps what comes after an `if false`,
//! so there the feature itself is asked for.)

use shared_protocol::{Mark, Relay, Verified};

use crate::{page::Rendered, words::Words};

/// Whether this program knows them.
pub const EVERY: bool = cfg!(feature = "every-way");

/// Whether this program can sell for the merchant of this Mark. One whose Mark has changed
/// meanwhile may need the other program, which a new page names.
pub fn can_follow(mark: &Mark) -> bool {
    EVERY || !needs_every(mark)
}

/// Whether what this Mark says of its merchant is what only some shops need.
pub fn needs_every(mark: &Mark) -> bool {
    mark.relay.is_some() || mark.hand_over.is_some() || mark.server.is_empty()
}

/// What there is in some ways only.
#[inline(always)]
pub fn of_some<T>(something: Option<T>) -> Option<T> {
    if EVERY { something } else { None }
}

impl Words {
    /// The shop's relay (Fig 1), if it has one.
    pub fn relay(&self) -> Option<&Relay> {
        of_some(self.mark.relay.as_ref())
    }

    /// Where the shop takes its orders by an ordinary form (Fig 14), if it does.
    pub fn hand_over(&self) -> Option<&str> {
        of_some(self.mark.hand_over.as_deref())
    }

    /// Whether the merchant has no server: its orders wait at the agent.
    pub fn has_mailbox(&self) -> bool {
        EVERY && self.mark.server.is_empty()
    }

    /// Whose page this is, where the merchant has only borrowed a window in it (¶79).
    pub fn host(&self) -> Option<&Verified<Mark>> {
        of_some(self.host.as_deref())
    }
}

impl Rendered {
    /// Whether shoppers may pay by transfer.
    pub fn has_transfer(&self) -> bool {
        EVERY && self.has_transfer
    }
}
