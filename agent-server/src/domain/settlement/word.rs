//! What a merchant says of a confirmed purchase, believed only once its signature was checked
//! against the purchase and the name under which it came.

use shared_protocol::{
    AgentId, Claim, Digest, HandlingNumber, MerchantId, Message, Problem, PurchaseId, Reference,
    Refund, SettlementEvent, ShippingNotice, Signed, Statement, Timestamp, Void, encode,
};

use crate::domain::{Purchase, errand::Notice, key_history::KeyHistory};

/// The four kinds of word; each has names of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// Goods went.
    Shipment,
    /// Money is asked for.
    Claim,
    /// Money will not be asked for.
    Void,
    /// Money goes back.
    Refund,
}

impl WordKind {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shipment => "shipment",
            Self::Claim => "claim",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }

    /// What the merchant is told of it.
    pub const fn notice(self) -> Notice {
        match self {
            Self::Shipment => Notice::Shipped,
            Self::Claim => Notice::Claimed,
            Self::Void => Notice::Voided,
            Self::Refund => Notice::Refunded,
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Shipment, Self::Claim, Self::Void, Self::Refund];
}

/// What the four statements have in common.
pub struct Common<'a> {
    merchant: &'a MerchantId,
    agent: &'a AgentId,
    purchase: PurchaseId,
    handling_number: HandlingNumber,
    name: &'a Reference,
    event: SettlementEvent,
    shipment: Option<&'a Reference>,
}

/// A statement that moves the settlement of a purchase.
pub trait Settles: Statement {
    /// Which kind it is.
    const KIND: WordKind;

    /// What it says.
    fn common(&self) -> Common<'_>;
}

macro_rules! settles {
    ($($type:ident $kind:ident, $name:ident, $this:ident => $event:expr, $shipment:expr;)*) => {$(
        impl Settles for $type {
            const KIND: WordKind = WordKind::$kind;

            fn common(&self) -> Common<'_> {
                let $this = self;
                Common {
                    merchant: &self.merchant,
                    agent: &self.agent,
                    purchase: self.purchase,
                    handling_number: self.handling_number,
                    name: &self.$name,
                    event: $event,
                    shipment: $shipment,
                }
            }
        }
    )*};
}
settles! {
    ShippingNotice Shipment, shipment, _said => SettlementEvent::Shipped, None;
    Claim Claim, claim, said => SettlementEvent::Claimed(said.amount), said.shipment.as_ref();
    Void Void, void, said => SettlementEvent::Voided(said.amount), None;
    Refund Refund, refund, said => SettlementEvent::Refunded(said.amount), None;
}

/// A merchant's word that holds. Only [`MerchantWord::of`] makes one.
#[derive(Clone, Debug)]
pub struct MerchantWord {
    kind: WordKind,
    name: Reference,
    event: SettlementEvent,
    shipment: Option<Reference>,
    digest: Digest,
    bytes: Vec<u8>,
}

impl MerchantWord {
    /// Checks that a key that counted then signed this, of this very purchase and under this name.
    ///
    /// # Errors
    /// [`Problem::SettlementInvalid`].
    pub fn of<T: Settles>(
        said: &Signed<T>,
        (keys, at): (&KeyHistory, Timestamp),
        purchase: &Purchase,
        name: &str,
    ) -> Result<Self, Problem>
    where
        Signed<T>: Message,
    {
        let verified = keys.verify(said, at).map_err(|_| Problem::SettlementInvalid)?;
        let grant = purchase.granted().map_err(|_| Problem::SettlementInvalid)?;
        let common = verified.common();
        let is_about_it = *common.merchant == grant.merchant
            && *common.agent == grant.agent
            && common.purchase == grant.purchase
            && common.handling_number == grant.handling_number
            && common.name.as_str() == name;
        if !is_about_it {
            return Err(Problem::SettlementInvalid);
        }
        Ok(Self {
            kind: T::KIND,
            name: common.name.clone(),
            event: common.event,
            shipment: common.shipment.cloned(),
            digest: verified.digest(),
            bytes: encode(said),
        })
    }

    /// Which kind it is.
    pub fn kind(&self) -> WordKind {
        self.kind
    }

    /// Its name among those of its kind.
    pub fn name(&self) -> &Reference {
        &self.name
    }

    /// What happens by it.
    pub fn event(&self) -> SettlementEvent {
        self.event
    }

    /// The shipment that it is for.
    pub fn shipment(&self) -> Option<&Reference> {
        self.shipment.as_ref()
    }

    /// The digest of what was signed.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// As it came: statement and signature.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
