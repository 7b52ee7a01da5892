//! The two halves of a purchase: what the merchant needs, what the agent needs (Cl. 1, Cl. 2).
//! Their wire forms are private: a half leaves this crate only inside an envelope.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    ContractNumber, Digest, Locale, Payee, Personal, Plan, PurchaseId, Salt, SecurityCode, codec,
    digest::digest,
    offer::{Destination, Offer},
    place::Region,
    quote::PlanQuote,
    role::{Agent, Merchant, VisibleTo, half},
    seal::Half,
    secret::sealed_text,
    sign::Signed,
};

half! {
    /// For the merchant only (seed step 61, Cl. 2): who orders, and where it goes.
    pub struct OrderHalf seen by Merchant {
        /// Of this purchase.
        purchase: PurchaseId,
        /// The Offer taken up, by the digest of its signed bytes.
        offer: Digest,
        /// How many.
        quantity: u32,
        /// Who orders.
        contact: Contact,
        /// Where it goes.
        delivery: Delivery,
        /// The language of the shop's letters.
        locale: Locale,
        /// Keeps the digest of this half from being guessed (TRUST.md D3).
        salt: Salt,
    }
}

half! {
    /// For the agent only (seed step 57, Cl. 2): which contract pays, for what.
    pub struct PaymentHalf seen by Agent {
        /// Of this purchase.
        purchase: PurchaseId,
        /// The Offer taken up, or only its digest where the merchant's policy says so.
        goods: Goods,
        /// How many.
        quantity: u32,
        /// Which contract pays, and how the shopper shows that it is theirs.
        credential: Credential,
        /// How the shopper pays the agent.
        plan: Plan,
        /// What that costs and when it falls due, as the agent quoted it; every plan but the lump
        /// sum and the transfer has one.
        quote: Option<Signed<PlanQuote>>,
        /// Where a transfer goes, as the Mark says; only a transfer has one.
        payee: Option<Payee>,
        /// The language of the agent's letters.
        locale: Locale,
        /// Keeps the digest of this half from being guessed.
        salt: Salt,
    }
}

half! {
    /// The person who orders.
    pub struct Contact seen by Merchant {
        /// Name.
        name: Personal,
        /// Name in kana; empty if not given.
        kana: Personal,
        /// E-mail address.
        email: Personal,
        /// Telephone number, `0…` or `+…`.
        phone: Personal,
    }
}

half! {
    /// A place to which a carrier goes.
    pub struct Address seen by Merchant {
        /// Recipient.
        name: Personal,
        /// Postal code, digits only in Japan.
        postal_code: Personal,
        /// Country and prefecture.
        region: Region,
        /// City, ward, town.
        locality: Personal,
        /// Block and number.
        line1: Personal,
        /// Building and room; empty if there is none.
        line2: Personal,
        /// Telephone number at the place.
        phone: Personal,
    }
}

/// Where the goods go.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivery {
    /// To a place.
    Physical(Address),
    /// To the contact's e-mail address: nothing to carry.
    Intangible,
}

impl Delivery {
    /// As far as the price depends on it.
    pub fn destination(&self) -> Destination<'_> {
        match self {
            Self::Physical(address) => Destination::Region(&address.region),
            Self::Intangible => Destination::Intangible,
        }
    }
}

/// What the agent may know of the goods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goods {
    /// All that the Offer says.
    Offer(Signed<Offer>),
    /// Only which Offer it was.
    Digest(Digest),
}

impl Goods {
    /// The digest of the Offer's signed bytes.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Offer(offer) => offer.digest(),
            Self::Digest(digest) => *digest,
        }
    }
}

/// How a shopper shows that a contract is theirs.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// By its number and the code that goes with it.
    Code {
        /// The number.
        contract: ContractNumber,
        /// The code.
        code: SecurityCode,
    },
    /// By a passkey, which names the contract and signs the tally: nothing is typed. Its word
    /// travels beside this half, as [`crate::PasskeyAssertion`].
    Passkey,
}

impl VisibleTo<Merchant> for Delivery {}
impl VisibleTo<Merchant> for Locale {}
impl VisibleTo<Agent> for Locale {}
impl VisibleTo<Agent> for Goods {}
impl VisibleTo<Agent> for Credential {}

impl OrderHalf {
    /// What the tally says of this half: a salted commitment, which the agent may hold.
    pub fn digest(&self) -> Digest {
        digest(Self::PURPOSE, &self.to_plaintext())
    }
}

impl PaymentHalf {
    /// What the tally says of this half: a salted commitment, which the merchant may hold.
    pub fn digest(&self) -> Digest {
        digest(Self::PURPOSE, &self.to_plaintext())
    }
}

/// The wire forms: serde derives on private twins, so that no half is `Serialize` outside.
mod wire {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "OrderHalf")]
    pub(super) struct OrderHalfWire {
        purchase: PurchaseId,
        offer: Digest,
        quantity: u32,
        #[serde(with = "ContactWire")]
        contact: Contact,
        #[serde(with = "DeliveryWire")]
        delivery: Delivery,
        locale: Locale,
        salt: Salt,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Contact")]
    struct ContactWire {
        #[serde(with = "sealed_text")]
        name: Personal,
        #[serde(with = "sealed_text")]
        kana: Personal,
        #[serde(with = "sealed_text")]
        email: Personal,
        #[serde(with = "sealed_text")]
        phone: Personal,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Delivery")]
    enum DeliveryWire {
        #[serde(with = "AddressWire")]
        Physical(Address),
        Intangible,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Address")]
    struct AddressWire {
        #[serde(with = "sealed_text")]
        name: Personal,
        #[serde(with = "sealed_text")]
        postal_code: Personal,
        region: Region,
        #[serde(with = "sealed_text")]
        locality: Personal,
        #[serde(with = "sealed_text")]
        line1: Personal,
        #[serde(with = "sealed_text")]
        line2: Personal,
        #[serde(with = "sealed_text")]
        phone: Personal,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "PaymentHalf")]
    pub(super) struct PaymentHalfWire {
        purchase: PurchaseId,
        goods: Goods,
        quantity: u32,
        #[serde(with = "CredentialWire")]
        credential: Credential,
        plan: Plan,
        quote: Option<Signed<PlanQuote>>,
        payee: Option<Payee>,
        locale: Locale,
        salt: Salt,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Credential")]
    enum CredentialWire {
        Code {
            #[serde(with = "sealed_text")]
            contract: ContractNumber,
            #[serde(with = "sealed_text")]
            code: SecurityCode,
        },
        Passkey,
    }
}

/// A half seals and opens through its private twin.
macro_rules! sealable {
    ($half:ident for $reader:ident as $purpose:literal through $wire:literal) => {
        const _: () = {
            #[derive(Serialize, Deserialize)]
            struct Plaintext(#[serde(with = $wire)] $half);

            impl crate::seal::closed::Half for $half {}

            impl Half for $half {
                type Reader = $reader;
                const PURPOSE: &'static str = $purpose;

                fn to_plaintext(&self) -> Zeroizing<Vec<u8>> {
                    codec::encode_private(&Plaintext(self.clone()))
                }

                fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
                    codec::decode_private::<Plaintext>(plaintext).ok().map(|Plaintext(half)| half)
                }
            }
        };
    };
}
pub(crate) use sealable;
sealable!(OrderHalf for Merchant as "order-half" through "wire::OrderHalfWire");
sealable!(PaymentHalf for Agent as "payment-half" through "wire::PaymentHalfWire");
