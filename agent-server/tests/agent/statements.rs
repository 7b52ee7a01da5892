//! What a contract owes in a month.

use agent_server::{
    domain::confirm,
    http::{
        pages::Shell,
        statements::{PlanPart, View, month_named},
    },
    texts::Words,
};
use askama::Template as _;
use shared_protocol::{Locale, Outcome, Plan, PurchaseState};

use crate::{
    market::Market,
    shopper::{Order, id},
};

/// Buys five teapots by this plan, and confirms it if asked to.
async fn bought(market: &Market, plan: Plan, confirms: bool) -> Vec<shared_protocol::Instalment> {
    let grant = market.grant(&market.order_by(plan).await.seal()).await.unwrap();
    let word = market.merchant.accept(&grant, market.now());
    market.tell(&grant, "acceptance", &word).await.unwrap();
    if confirms {
        let app = &market.agent.app;
        let token = agent_server::domain::ConfirmationToken::of(&id(&grant), &app.keys).expose();
        confirm::decide(app, &token, Outcome::Confirmed, market.now()).await.unwrap();
    }
    market.due(&id(&grant)).await
}

#[tokio::test]
async fn a_month_lists_what_falls_due_in_it_and_no_other() {
    let market = Market::open().await;
    let three = bought(&market, Plan::Instalments(3), true).await;
    let once = bought(&market, Plan::Single, false).await;
    // Granted alone is not owed.
    market.grant(&market.order_by(Plan::Single).await.seal()).await.unwrap();
    let store = &market.agent.app.store;
    let contracts = store.contracts().await.unwrap();
    let contract = contracts.iter().find(|row| row.number_tail == "01").unwrap().facts.id;
    assert_eq!(three[0].due, once[0].due);

    for (at, instalment) in three.iter().enumerate() {
        let due = instalment.due.to_string();
        let lines = store.statement(contract, month_named(&due[..7]).unwrap()).await.unwrap();
        assert_eq!(lines.len(), if at == 0 { 2 } else { 1 }, "{due}");
        let line = &lines[0];
        assert_eq!((line.number, line.of), (u32::try_from(at).unwrap() + 1, 3));
        assert_eq!((line.due, line.amount.minor), (instalment.due, instalment.minor));
        assert_eq!((line.plan, line.state), (Plan::Instalments(3), PurchaseState::Confirmed));
        assert_eq!(line.merchant_name.en, "Yamada Tea");
    }
    let others = contracts.iter().find(|row| row.number_tail == "02").unwrap().facts.id;
    let month = month_named(&three[0].due.to_string()[..7]).unwrap();
    assert!(store.statement(others, month).await.unwrap().is_empty());

    let lines = store.statement(contract, month).await.unwrap();
    assert_eq!(lines[1].state, PurchaseState::Accepted);
    for (locale, said) in [
        (Locale::Ja, ["3回払い", "1回目（全3回）", "確認待ち"]),
        (Locale::En, ["3 instalments", "No. 1 of 3", "Not confirmed yet"]),
    ] {
        let uri = "/me/statements".parse().unwrap();
        let shell = Shell::in_language(&market.agent.app, &uri, locale);
        let page = View::new(shell, &uri, month, &lines).render().unwrap();
        for said in said {
            assert!(page.contains(said), "{said}");
        }
        // What is not confirmed is not in the sum.
        let sum = page.split("data-test=\"statement-sum\">").nth(1).unwrap();
        let confirmed = three[0].minor.to_string();
        let (thousands, rest) = confirmed.split_at(confirmed.len() - 3);
        assert!(sum.starts_with(&format!("¥{thousands},{rest}<")), "{sum}");
    }
}

#[tokio::test]
async fn a_purchase_shows_its_plan_and_each_payment() {
    let market = Market::open().await;
    let attempt = market.order_by(Plan::Instalments(12)).await.seal();
    market.grant(&attempt).await.unwrap();
    let store = &market.agent.app.store;
    let bill = store.bill(&attempt.purchase).await.unwrap().unwrap();
    assert_eq!((bill.plan, bill.fee.minor), (Plan::Instalments(12), 1416));
    assert!(bill.yearly_rate.is_some());
    let part = PlanPart::new(&bill, Words::of(Locale::Ja)).render().unwrap();
    for said in ["12回払い", "¥1,416", "¥18,466", "実質年率", "全12回<br>初回 "] {
        assert!(part.contains(said), "{said}");
    }
    assert_eq!(part.matches("<tr><th scope=\"row\">").count(), 12);
    let declined = Order { contract: "C900000000003", ..market.order().await }.seal();
    market.grant(&declined).await.unwrap_err();
    assert_eq!(store.bill(&declined.purchase).await.unwrap(), None);
}

#[tokio::test]
async fn nobody_sees_a_statement_without_signing_in() {
    let market = Market::open().await;
    let answer = market.http.get(market.url("/me/statements?month=2026-12")).send().await.unwrap();
    assert!(!answer.status().is_success());
    assert!(!answer.text().await.unwrap_or_default().contains("statement"));
}
