//! A confirmed purchase and what its merchant says of it.

use agent_server::domain::{ConfirmationToken, confirm, settlement::Settles};
use reqwest::Method;
use shared_protocol::{
    Amount, Claim, Grant, Outcome, Plan, Problem, PurchaseId, Receipt, Reference, Refund,
    ShippingNotice, Signed, Signer as _, Void,
};

use crate::{
    market::{Market, signed, yen},
    shopper::id,
};

/// One confirmed purchase.
pub struct Sale<'m> {
    pub market: &'m Market,
    pub grant: Signed<Grant>,
}

impl Market {
    /// Buys one teapot for 3850 yen, and confirms it.
    pub async fn sale(&self) -> Sale<'_> {
        let grant = self.accepted().await;
        let sale = Sale { market: self, grant };
        sale.confirm().await;
        sale
    }

    /// Buys five teapots for 17050 yen by this plan, and confirms it.
    pub async fn sale_by(&self, plan: Plan) -> Sale<'_> {
        let grant = self.grant(&self.order_by(plan).await.seal()).await.unwrap();
        let word = self.merchant.accept(&grant, self.now());
        self.tell(&grant, "acceptance", &word).await.unwrap();
        let sale = Sale { market: self, grant };
        sale.confirm().await;
        sale
    }
}

impl Sale<'_> {
    pub fn id(&self) -> PurchaseId {
        id(&self.grant)
    }

    pub async fn confirm(&self) {
        let app = &self.market.agent.app;
        let token = ConfirmationToken::of(&self.id(), &app.keys).expose();
        confirm::decide(app, &token, Outcome::Confirmed, self.market.now()).await.unwrap();
    }

    pub fn shipping(&self, name: &str) -> Signed<ShippingNotice> {
        let Grant { merchant, agent, purchase, handling_number, .. } =
            self.grant.claimed().unwrap();
        let (shipment, shipped) = (name.parse().unwrap(), self.market.now());
        let said = ShippingNotice { merchant, agent, purchase, handling_number, shipment, shipped };
        Signed::sign(&said, &self.market.merchant.key)
    }

    pub fn claiming(&self, name: &str, minor: u64, shipment: Option<&str>) -> Signed<Claim> {
        Signed::sign(&self.claim_of(name, yen(minor), shipment), &self.market.merchant.key)
    }

    pub fn claim_of(&self, name: &str, amount: Amount, shipment: Option<&str>) -> Claim {
        let Grant { merchant, agent, purchase, handling_number, .. } =
            self.grant.claimed().unwrap();
        Claim {
            merchant,
            agent,
            purchase,
            handling_number,
            claim: name.parse().unwrap(),
            amount,
            shipment: shipment.map(|name| name.parse::<Reference>().unwrap()),
            claimed: self.market.now(),
        }
    }

    pub fn voiding(&self, name: &str, minor: u64) -> Signed<Void> {
        let Grant { merchant, agent, purchase, handling_number, .. } =
            self.grant.claimed().unwrap();
        let (void, amount, voided) = (name.parse().unwrap(), yen(minor), self.market.now());
        let said = Void { merchant, agent, purchase, handling_number, void, amount, voided };
        Signed::sign(&said, &self.market.merchant.key)
    }

    pub fn refunding(&self, name: &str, minor: u64) -> Signed<Refund> {
        let Grant { merchant, agent, purchase, handling_number, .. } =
            self.grant.claimed().unwrap();
        let (refund, amount, refunded) = (name.parse().unwrap(), yen(minor), self.market.now());
        let said = Refund { merchant, agent, purchase, handling_number, refund, amount, refunded };
        Signed::sign(&said, &self.market.merchant.key)
    }

    pub async fn ship(&self, name: &str) -> Result<Receipt, Problem> {
        self.say(name, &self.shipping(name)).await
    }

    pub async fn claim(&self, name: &str, minor: u64) -> Result<Receipt, Problem> {
        self.say(name, &self.claiming(name, minor, None)).await
    }

    pub async fn void(&self, name: &str, minor: u64) -> Result<Receipt, Problem> {
        self.say(name, &self.voiding(name, minor)).await
    }

    pub async fn refund(&self, name: &str, minor: u64) -> Result<Receipt, Problem> {
        self.say(name, &self.refunding(name, minor)).await
    }

    /// Sends a word under this name; the receipt must be the agent's, and about this word.
    pub async fn say<T: Settles>(&self, name: &str, said: &Signed<T>) -> Result<Receipt, Problem> {
        let bytes = self.send(name, said).await?;
        let receipt = signed::<Receipt>(&bytes);
        let receipt = receipt.verify(&self.market.agent.app.keys.verifying_key()).unwrap();
        assert_eq!((receipt.word, receipt.purchase), (said.digest(), self.id()));
        Ok(receipt.into_inner())
    }

    /// The same; the very bytes that came back.
    pub async fn send<T: Settles>(&self, name: &str, said: &Signed<T>) -> Result<Vec<u8>, Problem> {
        let path = format!("/v1/purchases/{}/{}s/{name}", self.id(), T::KIND.name());
        self.market.ask(Method::PUT, &path, said).await
    }
}
