//! Every request that leaves the browser, as a value: to whom, which bytes. The same call can be
//! made again with the same bytes, and the servers answer it once.

use shared_protocol::{
    Acceptance, Amount, ChallengeRequest, ItemId, MerchantId, Message, Plan, PlanInquiry,
    PurchaseId, SealedPurchase, Signed, encode,
};

use crate::{deal::Attempt, words::Words};

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
        Self::agent("POST", "/v1/challenges".into()).with(&request)
    }

    /// Asks the agent what paying this amount by this plan comes to.
    pub fn plans(words: &Words, amount: Amount, plan: Plan) -> Self {
        let merchant = words.mark.merchant.clone();
        let inquiry = PlanInquiry { merchant, amount, accepted: vec![plan.class()] };
        Self::agent("POST", "/v1/plans".into()).with(&inquiry)
    }

    /// Asks the agent for the merchant's current Mark.
    pub fn mark(merchant: &MerchantId) -> Self {
        Self::agent("GET", ["/v1/marks/", merchant.as_str()].concat())
    }

    /// Asks the agent for the merchant's current Offer.
    pub fn offer(merchant: &MerchantId, item: &ItemId) -> Self {
        Self::agent("GET", ["/v1/offers/", merchant.as_str(), "/", item.as_str()].concat())
    }

    /// Asks the merchant whether it could fill the order (54).
    pub fn check(words: &Words, sealed: &SealedPurchase) -> Self {
        Self::merchant("POST", words, sealed, "/check").with(&sealed.order_check())
    }

    /// Asks the agent to stand for it (57).
    pub fn grant(sealed: &SealedPurchase) -> Self {
        Self::agent("PUT", agent_path(sealed, "/grant")).with(&sealed.grant_request())
    }

    /// Asks the agent for the Grant as JWS, which the shop of a form verifies.
    pub fn jws(sealed: &SealedPurchase) -> Self {
        Self::agent("GET", agent_path(sealed, "/grant.jws"))
    }

    /// Hands the order and the Grant to the merchant (61). Goes out even when the page closes:
    /// the shopper has pressed the button.
    pub fn submit(words: &Words, attempt: &Attempt, grant: Signed<shared_protocol::Grant>) -> Self {
        let call = Self::merchant("PUT", words, &attempt.sealed, "");
        Self { outlives_page: true, ..call.with(&attempt.submission(grant)) }
    }

    /// Tells the agent what the merchant has answered. The merchant tells it too.
    pub fn acceptance(sealed: &SealedPurchase, acceptance: &Signed<Acceptance>) -> Self {
        let call = Self::agent("PUT", agent_path(sealed, "/acceptance")).with(acceptance);
        Self { outlives_page: true, ..call }
    }

    /// Asks the agent how a purchase stands.
    pub fn status(sealed: &SealedPurchase) -> Self {
        Self::agent("GET", agent_path(sealed, ""))
    }

    fn agent(method: &'static str, url: String) -> Self {
        Self { to: Party::Agent, method, url, body: None, outlives_page: false }
    }

    fn merchant(method: &'static str, words: &Words, sealed: &SealedPurchase, what: &str) -> Self {
        let server = words.mark.server.trim_end_matches('/');
        let purchase = sealed.context.purchase.to_string();
        let url = [server, "/warifu/v1/purchases/", &purchase, what].concat();
        Self { to: Party::Merchant, method, url, body: None, outlives_page: false }
    }

    fn with<M: Message>(self, message: &M) -> Self {
        Self { body: Some((M::media_type(), encode(message))), ..self }
    }
}

fn agent_path(sealed: &SealedPurchase, what: &str) -> String {
    ["/v1/purchases/", &sealed.context.purchase.to_string(), what].concat()
}
