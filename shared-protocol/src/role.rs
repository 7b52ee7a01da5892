//! Who speaks and who reads. A value says at compile time which reader may learn it: what one
//! party may not see does not implement [`VisibleTo`] that party and fits into no envelope for it.

use crate::{
    Amount, Digest, HandlingNumber, ItemId, MerchantId, PlanClass, PurchaseId, Reference, Salt,
    money::Currency,
};

/// A party of the deal, by name in every label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// The person and their browser (seed: A, A').
    Shopper = 1,
    /// The seller and its server (B, B').
    Merchant = 2,
    /// The agent's communication server at the merchant's site.
    Relay = 3,
    /// Whoever settles the money (C, C').
    Agent = 4,
    /// A bank behind the agent (E).
    Bank = 5,
    /// Whoever holds the statement: it is not meant for one reader.
    Anyone = 6,
}

/// A role that opens envelopes.
pub trait Reader {
    /// The role.
    const ROLE: Role;
}

/// The merchant, as a reader of order halves.
pub enum Merchant {}

/// The agent, as a reader of payment halves.
pub enum Agent {}

impl Reader for Merchant {
    const ROLE: Role = Role::Merchant;
}

impl Reader for Agent {
    const ROLE: Role = Role::Agent;
}

/// This value may be told to `R`. The table of DESIGN.md §1, line by line, as trait impls.
///
/// A contract number does not fit into anything for the merchant:
/// ```compile_fail,E0277
/// use shared_protocol::{ContractNumber, Merchant, VisibleTo};
/// fn for_merchant<T: VisibleTo<Merchant>>() {}
/// for_merchant::<ContractNumber>();
/// ```
/// nor does a security code:
/// ```compile_fail,E0277
/// use shared_protocol::{Merchant, SecurityCode, VisibleTo};
/// fn for_merchant<T: VisibleTo<Merchant>>() {}
/// for_merchant::<SecurityCode>();
/// ```
/// nor the whole payment half, even when one asks for the envelope by name:
/// ```compile_fail,E0277
/// use shared_protocol::{Envelope, Merchant, PaymentHalf};
/// fn envelope(half: PaymentHalf) -> Envelope<Merchant, PaymentHalf> { unreachable!() }
/// ```
/// nor the plan of payment and its quote, of which the merchant learns only the class:
/// ```compile_fail,E0277
/// use shared_protocol::{Merchant, Plan, VisibleTo};
/// fn for_merchant<T: VisibleTo<Merchant>>() {}
/// for_merchant::<Plan>();
/// ```
/// ```compile_fail,E0277
/// use shared_protocol::{Merchant, PlanQuote, VisibleTo};
/// fn for_merchant<T: VisibleTo<Merchant>>() {}
/// for_merchant::<PlanQuote>();
/// ```
/// ```compile_fail,E0277
/// use shared_protocol::{Merchant, PlanQuote, Signed, VisibleTo};
/// fn for_merchant<T: VisibleTo<Merchant>>() {}
/// for_merchant::<Option<Signed<PlanQuote>>>();
/// ```
/// An address does not fit into anything for the agent:
/// ```compile_fail,E0277
/// use shared_protocol::{Address, Agent, VisibleTo};
/// fn for_agent<T: VisibleTo<Agent>>() {}
/// for_agent::<Address>();
/// ```
/// nor does a contact, nor the order half:
/// ```compile_fail,E0277
/// use shared_protocol::{Agent, Contact, VisibleTo};
/// fn for_agent<T: VisibleTo<Agent>>() {}
/// for_agent::<Contact>();
/// ```
/// ```compile_fail,E0277
/// use shared_protocol::{Agent, Envelope, OrderHalf};
/// fn envelope(half: OrderHalf) -> Envelope<Agent, OrderHalf> { unreachable!() }
/// ```
/// The lawful pairs do compile:
/// ```
/// use shared_protocol::{
///     Address, Agent, Contact, ContractNumber, Merchant, PlanQuote, VisibleTo,
/// };
/// fn may_see<R, T: VisibleTo<R>>() {}
/// may_see::<Merchant, Address>();
/// may_see::<Merchant, Contact>();
/// may_see::<Agent, ContractNumber>();
/// may_see::<Agent, PlanQuote>();
/// ```
pub trait VisibleTo<R> {}

/// Everybody at the table may know these.
macro_rules! visible_to_all {
    ($($type:ty),* $(,)?) => {
        $(impl VisibleTo<Merchant> for $type {} impl VisibleTo<Agent> for $type {})*
    };
}
visible_to_all!(
    Amount,
    Currency,
    Digest,
    HandlingNumber,
    ItemId,
    MerchantId,
    PlanClass,
    PurchaseId,
    Reference,
    Salt,
    u32
);

/// Declares a half: a struct that one reader may learn, each of its fields checked for it.
/// A half has no `Debug`, `Serialize` or `Display`; its wire form is private to its file.
macro_rules! half {
    (
        $(#[$doc:meta])*
        pub struct $name:ident seen by $reader:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $crate::role::VisibleTo<$crate::role::$reader> for $name {}

        const _: () = {
            const fn visible<T: $crate::role::VisibleTo<$crate::role::$reader>>() {}
            $(visible::<$type>();)*
        };
    };
}
pub(crate) use half;
