//! Each plan from quote to what falls due, over HTTP; and every quote that buys nothing.

use shared_protocol::{Outcome, Plan, PlanClass, PlanQuote, Problem, PurchaseState, Signed, Span};

use crate::{
    market::{Market, yen},
    merchant::Key,
    quotes::FIVE,
    shopper::{Attempt, Order, id},
};

const PLANS: [Plan; 6] = [
    Plan::Single,
    Plan::Instalments(3),
    Plan::Instalments(36),
    Plan::Revolving,
    Plan::Bonus,
    Plan::BonusInstalments(12),
];

#[tokio::test]
async fn each_plan_buys_and_is_written_down_as_it_was_quoted() {
    for plan in PLANS {
        let market = Market::open().await;
        let order = market.order_by(plan).await;
        let quote = order.quote.as_ref().unwrap().claimed().unwrap();
        let attempt = order.seal();
        let grant = market.grant(&attempt).await.unwrap();
        let said = grant.claimed().unwrap();
        assert_eq!((said.amount, said.plan_class), (FIVE, plan.class()));
        assert_eq!(market.due(&attempt.purchase).await, quote.schedule, "{plan}");
        assert_eq!(market.reserved("01").await, quote.total.minor, "{plan}");
        // Again is once.
        assert_eq!(market.grant(&attempt).await.unwrap(), grant);
        assert_eq!(market.due(&attempt.purchase).await, quote.schedule);
        assert_eq!(market.reserved("01").await, quote.total.minor);
    }
}

#[tokio::test]
async fn a_lump_sum_needs_no_quote_and_is_due_next_month_all_the_same() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    market.grant(&attempt).await.unwrap();
    let bill = market.agent.app.plans.bill(Plan::Single, yen(3850), market.now()).unwrap();
    assert_eq!(market.due(&attempt.purchase).await, bill.schedule);
}

#[tokio::test]
async fn what_is_called_off_frees_amount_and_fee() {
    let market = Market::open().await;
    let order = market.order_by(Plan::Instalments(12)).await;
    let grant = market.grant(&order.seal()).await.unwrap();
    assert!(market.reserved("01").await > FIVE.minor);
    let word = market.merchant.refuse(&grant, market.now());
    market.tell(&grant, "refusal", &word).await.unwrap();
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Refused);
    assert_eq!(market.reserved("01").await, 0);
}

#[tokio::test]
async fn the_fee_counts_against_the_limit() {
    let market = Market::open().await;
    let order = market.order_by(Plan::Instalments(12)).await;
    let total = order.quote.as_ref().unwrap().claimed().unwrap().total.minor;
    market.add_contract("C900000000044", total - 1, None).await;
    market.add_contract("C900000000045", total, None).await;
    let told = market.grant(&Order { contract: "C900000000044", ..order }.seal()).await;
    assert_eq!(told.unwrap_err(), Problem::LimitExceeded);
    let order = market.order_by(Plan::Instalments(12)).await;
    market.grant(&Order { contract: "C900000000045", ..order }.seal()).await.unwrap();
    assert_eq!(market.reserved("45").await, total);
}

/// Refused before anything is entered.
async fn buys_nothing(market: &Market, attempt: &Attempt, problem: Problem, what: &str) {
    assert_eq!(market.grant(attempt).await.err(), Some(problem), "{what}");
    let path = market.url(&format!("/v1/purchases/{}", attempt.purchase));
    let answer = market.http.get(path).send().await.unwrap();
    let told = crate::market::answer(answer).await;
    assert_eq!(told.err(), Some(Problem::PurchaseUnknown), "{what}");
    assert!(market.due(&attempt.purchase).await.is_empty());
    assert_eq!(market.reserved("01").await, 0, "{what}");
}

#[tokio::test]
async fn a_quote_for_anything_else_buys_nothing() {
    type Change = fn(&mut PlanQuote);
    let changes: [(&str, Change); 8] = [
        ("agent", |q| q.agent = "agt_other".parse().unwrap()),
        ("merchant", |q| q.merchant = "mrc_other".parse().unwrap()),
        ("amount", |q| q.amount = yen(17_049)),
        ("plan", |q| q.plan = Plan::Instalments(24)),
        ("fee", |q| q.fee = yen(0)),
        ("total", |q| q.total = FIVE),
        ("schedule", |q| q.schedule.truncate(1)),
        ("a yen less", |q| q.schedule[1].minor -= 1),
    ];
    let market = Market::open().await;
    for (what, change) in changes {
        let mut order = market.order_by(Plan::Instalments(12)).await;
        let mut quote = order.quote.unwrap().claimed().unwrap();
        change(&mut quote);
        // Even the agent's own signature does not make it fit.
        order.quote = Some(Signed::sign(&quote, &market.agent.app.keys));
        buys_nothing(&market, &order.seal(), Problem::QuoteInvalid, what).await;
    }
}

#[tokio::test]
async fn a_forged_or_a_missing_quote_buys_nothing() {
    let market = Market::open().await;
    let order = market.order_by(Plan::Instalments(12)).await;
    let quote = order.quote.as_ref().unwrap().claimed().unwrap();
    let cheap = PlanQuote { fee: yen(0), total: FIVE, ..quote.clone() };
    for (what, quote) in [
        ("nobody's", Some(Signed::sign(&quote, &Key::random()))),
        ("the merchant's", Some(Signed::sign(&cheap, &market.merchant.key))),
        ("none", None),
    ] {
        let order = Order { quote, ..market.order_by(Plan::Instalments(12)).await };
        buys_nothing(&market, &order.seal(), Problem::QuoteInvalid, what).await;
    }
    let other = market.order_by(Plan::Revolving).await;
    let order = Order { quote: other.quote, ..market.order_by(Plan::Instalments(12)).await };
    buys_nothing(&market, &order.seal(), Problem::QuoteInvalid, "another plan's").await;
}

#[tokio::test]
async fn a_quote_holds_until_its_end() {
    let market = Market::open().await;
    let old = market.order_by(Plan::Instalments(12)).await.quote;
    market.advance(Span::minutes(29));
    let order = Order { quote: old.clone(), ..market.order_by(Plan::Instalments(12)).await };
    let in_time = order.seal();
    market.advance(Span::minutes(1));
    let order = Order { quote: old, ..market.order_by(Plan::Instalments(12)).await };
    buys_nothing(&market, &order.seal(), Problem::QuoteExpired, "late").await;
    let told = market.grant(&in_time).await;
    assert_eq!(told.err(), Some(Problem::QuoteExpired), "judged when the Grant is asked");
    let order = market.order_by(Plan::Instalments(12)).await;
    market.grant(&order.seal()).await.unwrap();
}

#[tokio::test]
async fn a_class_that_somebody_does_not_accept_buys_nothing() {
    let market = Market::open().await;
    // The Offer.
    let mut order = market.order_by(Plan::Bonus).await;
    let offer = market.merchant.teapot(market.now());
    order.offer = Signed::sign(&offer, &market.merchant.key);
    assert!(!offer.plans.contains(&PlanClass::Bonus));
    buys_nothing(&market, &order.seal(), Problem::PlanNotAccepted, "offer").await;
    // The contract: entered as declined, and the shop learns no more.
    market.allow_plans("C900000000001", &[PlanClass::Single, PlanClass::Revolving]).await;
    let attempt = market.order_by(Plan::Bonus).await.seal();
    assert_eq!(market.grant(&attempt).await.err(), Some(Problem::PlanNotAccepted));
    assert_eq!(market.state(&attempt.purchase).await, PurchaseState::Declined);
    assert!(market.due(&attempt.purchase).await.is_empty());
    let order = market.order_by(Plan::Revolving).await;
    market.grant(&order.seal()).await.unwrap();
    // The merchant's contract, also where only a digest of the Offer is shown.
    let order = market.order_by(Plan::Instalments(12)).await;
    let hidden = Order { shows_offer: false, ..market.order_by(Plan::Instalments(12)).await };
    let mut known = market.merchant.registration();
    known.plans = vec![PlanClass::Single];
    market.agent.app.store.put_merchant(known, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    for order in [order, hidden] {
        let told = market.grant(&order.seal()).await;
        assert_eq!(told.err(), Some(Problem::PlanNotAccepted));
    }
}

#[tokio::test]
async fn letter_and_page_say_plan_fee_total_and_days() {
    let market = Market::open().await;
    let order = market.order_by(Plan::Instalments(12)).await;
    let quote = order.quote.as_ref().unwrap().claimed().unwrap();
    let grant = market.grant(&order.seal()).await.unwrap();
    let word = market.merchant.accept(&grant, market.now());
    market.tell(&grant, "acceptance", &word).await.unwrap();
    let letters = market.letters(1).await;
    let (text, link) = (letters[0].text.clone(), letters[0].link.clone().unwrap());
    let token = link.rsplit('/').next().unwrap();
    let page = market.http.get(market.url(&format!("/confirm/{token}?locale=en")));
    let page = page.send().await.unwrap().text().await.unwrap();
    let (fee, total) = (quote.fee.minor, quote.total.minor);
    assert_eq!((fee, total), (1416, 18_466));
    for said in ["12 instalments", "¥1,416", "¥18,466"] {
        assert!(text.contains(said), "the letter does not say {said}:\n{text}");
        assert!(page.contains(said), "the page does not say {said}");
    }
    assert!(text.contains("12 payments: first ¥1,548 on "), "{text}");
    assert!(page.contains("12 payments<br>"), "each on a line of its own");
    assert_eq!(page.matches("<td>¥1,538</td>").count(), 11);
    assert!(page.contains("data-test=\"plan-rate\">"), "the rate that the law asks for");
    let app = &market.agent.app;
    let confirmed =
        agent_server::domain::confirm::decide(app, token, Outcome::Confirmed, market.now());
    assert_eq!(confirmed.await.unwrap().bill.schedule, quote.schedule);
}
