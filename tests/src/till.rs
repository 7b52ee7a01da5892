//! A shop's back office: has the shop's key, and says to the agent what became of its orders
//! (66–67), as a program of the shop's own would.

use std::{fs, path::Path};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use shared_protocol::{
    Amount, Claim, Grant, Message, Receipt, Reference, Refund, ShippingNotice, Signed, Timestamp,
    Void,
};

use crate::{
    Result,
    client::{Answer, Client, SessionKey},
};

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Goods went.
    Ship,
    /// So much is to be paid, for the shipment of this name.
    Claim(Amount, Option<String>),
    /// So much never will be.
    Void(Amount),
    /// So much goes back.
    Refund(Amount),
}

/// Whoever has the key.
pub struct Till {
    key: SessionKey,
}

impl Word {
    /// Its kind, as it stands in addresses and in the books.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ship => "shipment",
            Self::Claim(..) => "claim",
            Self::Void(_) => "void",
            Self::Refund(_) => "refund",
        }
    }
}

impl Till {
    /// With the key of the shop whose data is in this folder.
    pub fn of(data: &Path) -> Result<Self> {
        let text = fs::read_to_string(data.join("keys/signing.key"))?;
        let seed = text.split_whitespace().nth(1).context("a key has a label before it")?;
        Ok(Self { key: SessionKey::from_seed(&BASE64URL.decode(seed)?)? })
    }

    /// Signs a word under its name and sends it; the same again at the same time is the same bytes.
    pub async fn say(
        &self,
        client: &Client,
        grant: &Grant,
        name: &str,
        word: &Word,
        at: Timestamp,
    ) -> Result<Answer<Signed<Receipt>>> {
        let Grant { merchant, agent, purchase, handling_number, .. } = grant.clone();
        let named: Reference = name.parse().map_err(|_| anyhow::anyhow!("{name}"))?;
        let path = format!("{}s/{name}", word.kind());
        macro_rules! say {
            ($type:ident { $($what:tt)* }) => {{
                let said = $type { merchant, agent, purchase, handling_number, $($what)* };
                self.send(client, grant, &path, &Signed::sign(&said, &self.key)).await
            }};
        }
        match word {
            Word::Ship => say!(ShippingNotice { shipment: named, shipped: at }),
            Word::Claim(amount, shipment) => {
                let shipment = shipment.as_deref().map(str::parse).transpose();
                let shipment = shipment.map_err(|_| anyhow::anyhow!("no name of a shipment"))?;
                say!(Claim { claim: named, amount: *amount, shipment, claimed: at })
            }
            Word::Void(amount) => say!(Void { void: named, amount: *amount, voided: at }),
            Word::Refund(amount) => say!(Refund { refund: named, amount: *amount, refunded: at }),
        }
    }

    async fn send<M: Message>(
        &self,
        client: &Client,
        grant: &Grant,
        path: &str,
        said: &M,
    ) -> Result<Answer<Signed<Receipt>>> {
        let url = format!("{}/v1/purchases/{}/{path}", client.agent(), grant.purchase);
        client.send("PUT", &url, said).await
    }
}
