//! Every request that leaves the browser, as a value: to whom, which bytes. The same call can be
//! made again with the same bytes, and the servers answer it once.

use shared_protocol::{
    Acceptance, Amount, ChallengeRequest, Message, Plan, PlanInquiry, PurchaseId, SealedPurchase,
    Signed, encode,
};

use crate::{deal::Attempt, relay::Way, words::Words};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which server.
    pub to: Party,
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// Where.
    pub url: String,
    /// Its media type and bytes, if it has a body.
    pub body: Option<(String, Vec<u8>)>,
    /// Whether the browser should finish it though the page is closed.
    pub outlives_page: bool,
    /// The relay through which it goes, sealed, if the shop has one (Fig 1).
    pub through: Option<Way>,
    /// The same past the relay, where the merchant allows that while the relay is down (F18).
    pub direct: Option<Box<Call>>,
}

/// Whom a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The merchant's server.
    Merchant,
    /// The agent's server, which has also served this page.
    Agent,
}

impl Call {
    /// Asks the agent for a Challenge.
    pub fn challenge(words: &Words, purchase: PurchaseId) -> Self {
        let merchant = words.mark.merchant.clone();
        let request = ChallengeRequest { merchant, purchase };
        Self::agent("POST", "/v1/challenges".into()).with(&request).relayed(words, purchase)
    }

    /// Asks the agent what paying this amount by this plan comes to, under an id made up for it.
    pub fn plans(words: &Words, id: PurchaseId, amount: Amount, plan: Plan) -> Self {
        let merchant = words.mark.merchant.clone();
        let inquiry = PlanInquiry { merchant, amount, accepted: vec![plan.class()] };
        Self::agent("POST", "/v1/plans".into()).with(&inquiry).relayed(words, id)
    }

    /// Asks the agent for the merchant's current Mark, under an id made up for it: in a borrowed
    /// window for that of the window.
    pub fn mark(words: &Words, id: PurchaseId) -> Self {
        let url = ["/v1/marks/", words.mark.merchant.as_str()].concat();
        let url = match words.host() {
            Some(host) => {
                let item = words.offer.item.as_str();
                [&url, "?host=", host.merchant.as_str(), "&item=", item].concat()
            }
            None => url,
        };
        Self::agent("GET", url).relayed(words, id)
    }

    /// Asks the agent for the merchant's current Offer, under an id made up for it.
    pub fn offer(words: &Words, id: PurchaseId) -> Self {
        let (merchant, item) = (words.mark.merchant.as_str(), words.offer.item.as_str());
        let url = ["/v1/offers/", merchant, "/", item].concat();
        Self::agent("GET", url).relayed(words, id)
    }

    /// Asks the merchant whether it could fill the order (54): its relay, if it has one.
    pub fn check(words: &Words, sealed: &SealedPurchase) -> Self {
        let at = |server| merchant_url(server, sealed, "/check");
        let call = Self::merchant("POST", at(&words.mark.server)).with(&sealed.order_check());
        match words.relay() {
            Some(relay) => Self { url: at(&relay.url), direct: call.past(words), ..call },
            None => call,
        }
    }

    /// Asks the agent to stand for it (57).
    pub fn grant(words: &Words, sealed: &SealedPurchase) -> Self {
        let call = Self::agent("PUT", agent_path(sealed, "/grant")).with(&sealed.grant_request());
        call.relayed(words, sealed.context.purchase)
    }

    /// Asks the agent for the Grant as JWS, which the shop of a form verifies.
    pub fn jws(sealed: &SealedPurchase) -> Self {
        Self::agent("GET", agent_path(sealed, "/grant.jws"))
    }

    /// Hands the order and the Grant to the merchant, or into its mailbox (61). Goes out even when
    /// the page closes: the shopper has pressed the button.
    pub fn submit(words: &Words, attempt: &Attempt, grant: Signed<shared_protocol::Grant>) -> Self {
        let purchase = attempt.sealed.context.purchase.to_string();
        let call = match words.has_mailbox() {
            true => Self::agent("PUT", ["/v1/mailbox/", &purchase].concat()),
            false => Self::merchant("PUT", merchant_url(&words.mark.server, &attempt.sealed, "")),
        };
        Self { outlives_page: true, ..call.with(&attempt.submission(grant)) }
    }

    /// Tells the agent what the merchant has answered. The merchant tells it too.
    pub fn acceptance(words: &Words, sealed: &SealedPurchase, acceptance: Vec<u8>) -> Self {
        let call = Self::agent("PUT", agent_path(sealed, "/acceptance"));
        let body = Some((Acceptance::media_type(), acceptance));
        Self { outlives_page: true, body, ..call }.relayed(words, sealed.context.purchase)
    }

    /// Asks the agent how a purchase stands.
    pub fn status(words: &Words, sealed: &SealedPurchase) -> Self {
        Self::agent("GET", agent_path(sealed, "")).relayed(words, sealed.context.purchase)
    }

    fn agent(method: &'static str, url: String) -> Self {
        let to = Party::Agent;
        Self { to, method, url, body: None, outlives_page: false, through: None, direct: None }
    }

    fn merchant(method: &'static str, url: String) -> Self {
        Self { to: Party::Merchant, ..Self::agent(method, url) }
    }

    /// The same through the shop's relay, if it has one.
    fn relayed(self, words: &Words, purchase: PurchaseId) -> Self {
        match Way::of(words, purchase) {
            Some(way) => Self { direct: self.past(words), through: Some(way), ..self },
            None => self,
        }
    }

    /// This call as it goes past the relay, where the merchant allows that.
    fn past(&self, words: &Words) -> Option<Box<Self>> {
        let allowed = words.relay().is_some_and(|relay| relay.or_direct);
        allowed.then(|| Box::new(self.clone()))
    }

    fn with<M: Message>(self, message: &M) -> Self {
        Self { body: Some((M::media_type(), encode(message))), ..self }
    }
}

fn merchant_url(server: &str, sealed: &SealedPurchase, what: &str) -> String {
    let purchase = sealed.context.purchase.to_string();
    [server.trim_end_matches('/'), "/warifu/v1/purchases/", &purchase, what].concat()
}

fn agent_path(sealed: &SealedPurchase, what: &str) -> String {
    ["/v1/purchases/", &sealed.context.purchase.to_string(), what].concat()
}
