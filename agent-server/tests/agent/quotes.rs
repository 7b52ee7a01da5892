//! What a shopper's program asks and gets of plans, and what it may do with it.

use agent_server::{domain::contract::NumberHash, store::Change};
use reqwest::Method;
use shared_protocol::{
    Amount, ContractNumber, Instalment, MerchantId, Plan, PlanClass, PlanInquiry, PlanQuote,
    PlanQuotes, Problem, PurchaseId, Signed, Signer as _, encode,
};

use crate::{
    market::{Market, read, yen},
    shopper::Order,
};

impl Market {
    /// Every quote for this amount.
    pub async fn quotes(
        &self,
        amount: Amount,
        accepted: &[PlanClass],
    ) -> Result<Vec<Signed<PlanQuote>>, Problem> {
        let merchant: MerchantId = "mrc_tea".parse().unwrap();
        let inquiry = PlanInquiry { merchant, amount, accepted: accepted.to_vec() };
        let answer = self.ask(Method::POST, "/v1/plans", &inquiry).await?;
        Ok(read::<PlanQuotes>(&answer).0)
    }

    /// An order of five teapots by this plan, at a merchant that accepts every plan, with the quote
    /// that the agent gave for it.
    pub async fn order_by(&self, plan: Plan) -> Order {
        let mut order = self.order().await;
        let mut offer = self.merchant.teapot(self.now());
        offer.plans = PlanClass::ALL.into();
        order.offer = Signed::sign(&offer, &self.merchant.key);
        (order.quantity, order.amount, order.plan) = (5, FIVE, plan);
        let quotes = self.quotes(FIVE, &PlanClass::ALL).await.unwrap();
        order.quote = quotes.into_iter().find(|quote| quote.claimed().unwrap().plan == plan);
        assert!(order.quote.is_some(), "{plan} is not offered");
        order
    }

    /// What the agent would quote for an order as it stands.
    pub fn quote_now(&self, order: &Order) -> Signed<PlanQuote> {
        let app = &self.agent.app;
        let bill = app.plans.bill(order.plan, order.amount, self.now()).unwrap();
        let quote = PlanQuote {
            agent: app.config.agent_id.clone(),
            merchant: "mrc_tea".parse().unwrap(),
            amount: order.amount,
            plan: order.plan,
            fee: bill.fee,
            total: bill.total,
            yearly_rate: bill.yearly_rate,
            schedule: bill.schedule,
            issued: self.now(),
            expires: self.now().plus(app.plans.quote_lifetime),
        };
        Signed::sign(&quote, &app.keys)
    }

    /// Says which plans a contract may pay by.
    pub async fn allow_plans(&self, number: &str, plans: &[PlanClass]) {
        let app = &self.agent.app;
        let hash = NumberHash::of(&ContractNumber::new(number), &app.keys);
        let contract = app.store.contract_of_number(&hash).await.unwrap().unwrap();
        let found = app.store.change(contract, Change::Plans(plans.to_vec()), self.now()).await;
        assert!(found.unwrap());
    }

    /// What is written down for a purchase.
    pub async fn due(&self, purchase: &PurchaseId) -> Vec<Instalment> {
        self.agent.app.store.instalments(purchase).await.unwrap()
    }
}

/// Five teapots and their delivery.
pub const FIVE: Amount = Amount { minor: 17_050, currency: shared_protocol::Currency::JPY };

fn plans(quotes: &[Signed<PlanQuote>]) -> Vec<Plan> {
    quotes.iter().map(|quote| quote.claimed().unwrap().plan).collect()
}

#[tokio::test]
async fn every_quote_is_the_agents_own_and_adds_up() {
    let market = Market::open().await;
    let key = market.agent.app.keys.verifying_key();
    let quotes = market.quotes(FIVE, &PlanClass::ALL).await.unwrap();
    assert_eq!(quotes.len(), 1 + 11 + 1 + 1 + 5);
    for quote in &quotes {
        let said = quote.verify(&key).unwrap();
        assert!(said.adds_up(), "{}", said.plan);
        assert_eq!(said.amount, FIVE);
        assert_eq!(said.merchant.as_str(), "mrc_tea");
        assert_eq!(said.yearly_rate.is_none(), said.plan == Plan::Single);
        assert!(said.issued <= market.now() && market.now() < said.expires);
    }
}

#[tokio::test]
async fn only_what_offer_merchant_rules_and_amount_allow_is_quoted() {
    let market = Market::open().await;
    let of =
        async |amount, classes: &[PlanClass]| plans(&market.quotes(amount, classes).await.unwrap());
    assert_eq!(of(FIVE, &[]).await, []);
    assert_eq!(of(FIVE, &[PlanClass::Single]).await, [Plan::Single]);
    let two = [PlanClass::Revolving, PlanClass::Single];
    assert_eq!(of(FIVE, &two).await, [Plan::Single, Plan::Revolving]);
    // Too little for anything but these.
    assert_eq!(of(yen(2999), &PlanClass::ALL).await, [Plan::Single, Plan::Revolving]);
    let dollars = Amount::new(5000, "EUR".parse().unwrap()).unwrap();
    assert_eq!(of(dollars, &PlanClass::ALL).await, [Plan::Single]);
    assert_eq!(of(yen(0), &PlanClass::ALL).await, []);

    let mut known = market.merchant.registration();
    known.plans = vec![PlanClass::Bonus, PlanClass::Single];
    market.agent.app.store.put_merchant(known, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    assert_eq!(of(FIVE, &PlanClass::ALL).await, [Plan::Single, Plan::Bonus]);
}

#[tokio::test]
async fn who_may_not_sell_gets_no_quote() {
    use agent_server::domain::MerchantStatus;
    let market = Market::open().await;
    let inquiry = PlanInquiry {
        merchant: "mrc_nobody".parse().unwrap(),
        amount: FIVE,
        accepted: PlanClass::ALL.into(),
    };
    let told = market.ask(Method::POST, "/v1/plans", &inquiry).await;
    assert_eq!(told.unwrap_err(), Problem::UnknownMerchant);
    market.change_merchant(MerchantStatus::Suspended, None).await;
    let told = market.quotes(FIVE, &PlanClass::ALL).await;
    assert_eq!(told.unwrap_err(), Problem::MerchantLapsed);
    let other = market.http.post(market.url("/v1/plans")).body(encode(&inquiry));
    let told = crate::market::answer(other.send().await.unwrap()).await;
    assert_eq!(told.unwrap_err(), Problem::UnsupportedMediaType);
}

#[tokio::test]
async fn an_operator_who_says_nothing_of_plans_offers_the_lump_sum_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plans.toml");
    let whole = include_str!("../../plans.sample.toml");
    let calendar = whole.split_once("# So many monthly payments").unwrap().0;
    std::fs::write(&file, calendar).unwrap();
    let market = Market::open_with(|config| config.plans_file = Some(file)).await;
    let quotes = market.quotes(FIVE, &PlanClass::ALL).await.unwrap();
    assert_eq!(plans(&quotes), [Plan::Single]);
}

#[tokio::test]
async fn wrong_rules_keep_the_agent_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plans.toml");
    let wrong = include_str!("../../plans.sample.toml").replace("due_day = 27", "due_day = 0");
    std::fs::write(&file, wrong).unwrap();
    let mut config = agent_server::config::Config::demo(folder.path(), folder.path());
    config.listen = "127.0.0.1:0".into();
    config.plans_file = Some(file);
    let clock = std::sync::Arc::new(agent_server::clock::TestClock::new());
    let fault = agent_server::start(config, clock).await.err().unwrap().to_string();
    assert_eq!(fault, "plans_file: calendar.due_day: 1 to 31");
}
