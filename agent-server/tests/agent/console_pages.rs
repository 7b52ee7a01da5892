//! The console's pages say what is there, find what is looked for, and show no number, address or
//! content of a message; what an operator does there is written down.

use agent_server::domain::{MerchantStatus, contract::ContractStatus, operator::Role};
use reqwest::StatusCode;
use shared_protocol::{PurchaseState, Span};

use crate::{
    market::Market,
    sale::Sale,
    shopper::{Order, id},
};

const PAGES: [&str; 15] = [
    "/console",
    "/console/purchases",
    "/console/merchants",
    "/console/merchants/mrc_tea",
    "/console/contracts",
    "/console/deliveries",
    "/console/letters",
    "/console/settlements",
    "/console/bills",
    "/console/lines",
    "/console/objections",
    "/console/proposals",
    "/console/audit",
    "/console/record",
    "/console/operators",
];

#[tokio::test]
async fn every_page_is_there_in_both_languages_and_shows_nothing_secret() {
    let market = Market::open().await;
    let sale = market.sale().await;
    sale.claim("C-1", 3850).await.unwrap();
    let clerk = market.clerk("admin", Role::Admin).await;
    let purchase = format!("/console/purchases/{}", sale.id());
    for path in PAGES.iter().copied().chain([purchase.as_str()]) {
        for locale in ["ja", "en"] {
            let page = clerk.page(&format!("{path}?locale={locale}")).await;
            assert!(page.contains(&format!("<html lang=\"{locale}\">")), "{path}");
            assert!(page.contains("accesskey=\"1\""), "{path}: the keyboard leads everywhere");
            assert!(!page.contains("console."), "{path}: a text is missing in {page}");
            for secret in ["900000000001", "shopper@example.jp", "2468"] {
                assert!(!page.contains(secret), "{secret} at {path}");
            }
            assert!(!page.contains("<script"), "{path} needs none");
        }
    }
    assert_eq!(clerk.get("/console/purchases/pur_x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get("/console/merchants/mrc_none").await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get("/console/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_purchase_is_found_and_told_in_the_seeds_steps() {
    let market = Market::open().await;
    let sale = market.sale().await;
    sale.ship("S-1").await.unwrap();
    sale.claim("C-1", 3850).await.unwrap();
    market.days(60).await;
    let other = Sale { market: &market, grant: market.granted().await };
    let declined = Order { contract: "C900000000002", ..market.order().await }.seal();
    market.grant(&declined).await.unwrap_err();
    let clerk = market.clerk("support", Role::Support).await;
    let number = sale.grant.claimed().unwrap().handling_number.to_string();
    let (own, others) = (sale.id().to_string(), other.id().to_string());
    let finds = async |query: &str| {
        let page = clerk.page(&format!("/console/purchases?{query}")).await;
        (
            page.contains(&own),
            page.contains(&others),
            page.matches("data-test=\"purchase\"").count(),
        )
    };
    assert_eq!(finds("").await, (true, true, 3));
    assert_eq!(finds(&format!("q={number}")).await, (true, false, 1));
    assert_eq!(finds(&format!("q={}", number.to_lowercase())).await, (true, false, 1));
    assert_eq!(finds(&format!("q={others}")).await, (false, true, 1));
    assert_eq!(finds("state=confirmed").await, (true, false, 1));
    assert_eq!(finds("merchant=mrc_tea&state=granted").await, (false, true, 1));
    assert_eq!(finds("merchant=mrc_other").await.2, 0);
    let wrong = clerk.get("/console/purchases?q=hanako").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"hanako\"") && wrong.text.contains("4-4-4"));
    let wrong = clerk.get("/console/purchases?day=tomorrow").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);

    let page = clerk.page(&format!("/console/purchases/{own}")).await;
    let steps: Vec<_> = page.split("data-test=\"step\"><td class=\"num\">").skip(1).collect();
    let steps: Vec<_> = steps.iter().map(|step| step.split('<').next().unwrap()).collect();
    for step in ["57", "58–60", "61–63", "64", "65", "66", "67", "68", "70"] {
        assert!(steps.contains(&step), "{step} in {steps:?}");
    }
    assert_eq!(steps[0], "57");
    assert!(page.contains("handling number, purchase, merchant") && page.contains("Never comes"));
    let declined = clerk.page("/console/purchases?state=declined").await;
    let (_, rest) = declined.split_once("href=\"/console/purchases/pur_").unwrap();
    let path = format!("/console/purchases/pur_{}", rest.split('"').next().unwrap());
    assert!(clerk.page(&path).await.contains("contract_lapsed"));
}

#[tokio::test]
async fn today_counts_what_waits() {
    let market = Market::open().await;
    let clerk = market.clerk("viewer", Role::Viewer).await;
    let figure = async |label: &str| {
        let page = clerk.page("/console").await;
        let (before, _) = page.split_once(label).unwrap();
        before.rsplit_once("<b>").unwrap().1.split('<').next().unwrap().to_owned()
    };
    assert_eq!(figure("purchases today").await, "0");
    assert_eq!(figure("accepted today").await, "–");
    let grant = market.granted().await;
    assert_eq!(figure("late at the shop").await, "0");
    market.advance(Span::secs(11));
    assert_eq!(figure("late at the shop").await, "1");
    market.accepted().await;
    assert_eq!(figure("purchases today").await, "2");
    assert_eq!(figure("accepted today").await, "50.0 %");
    assert_eq!(figure("letters unanswered").await, "1");
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Granted);
}

#[tokio::test]
async fn support_stops_contracts_admins_stop_merchants_and_both_are_written_down() {
    let market = Market::open().await;
    let store = &market.agent.app.store;
    let support = market.clerk("support", Role::Support).await;
    let admin = market.clerk("admin", Role::Admin).await;
    let contract = market.contract("01").await;
    let at = format!("/console/contracts/{contract}/status");
    for (to, status) in
        [("suspended", ContractStatus::Suspended), ("active", ContractStatus::Active)]
    {
        let done = support.post(&at, &[("to", to)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        assert_eq!(store.contract_row(contract).await.unwrap().unwrap().facts.status, status);
    }
    assert_eq!(support.post(&at, &[("to", "eaten")]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(support.post("/console/contracts/1/status", &[("to", "active")]).await.status, 404);
    let at = "/console/merchants/mrc_tea/status";
    assert_eq!(support.post(at, &[("status", "suspended")]).await.status, StatusCode::FORBIDDEN);
    let done = admin.post(at, &[("status", "suspended")]).await;
    assert!(done.to.ends_with("said=stopped"), "{}", done.to);
    let merchant = store.merchants().await.unwrap().swap_remove(0);
    assert_eq!(merchant.status, MerchantStatus::Suspended);
    let page = admin.page("/console/merchants/mrc_tea?item=CUP-7%22%3E").await;
    assert!(page.contains("item=&#34;CUP-7&#34;") && page.contains("frame-src http://localhost"));
    let record = admin.page("/console/record").await;
    for text in ["suspended a contract", "resumed a contract", "suspended a merchant", "mrc_tea"] {
        assert!(record.contains(text), "{text}");
    }
    assert!(!record.contains("eaten"));
}

#[tokio::test]
async fn a_webhook_is_sent_again_from_its_page() {
    let market = Market::open().await;
    market.sale().await;
    market.merchant.notices(1).await;
    let clerk = market.clerk("support", Role::Support).await;
    let list = clerk.page("/console/deliveries").await;
    let (_, rest) = list.split_once("href=\"/console/deliveries/evt_").unwrap();
    let path = format!("/console/deliveries/evt_{}", rest.split('"').next().unwrap());
    let page = clerk.page(&path).await;
    assert!(page.contains("/warifu/v1/events") && page.contains("data-test=\"attempt\""));
    let sent = clerk.post(&format!("{path}/resend"), &[]).await;
    assert!(sent.to.ends_with("said=resent"), "{}", sent.to);
    market.merchant.notices(2).await;
    let letters = clerk.page("/console/letters").await;
    assert!(letters.contains("data-test=\"letter\"") && letters.contains("delivered"));
    let not = clerk.post("/console/deliveries/7/resend", &[]).await;
    assert!(not.to.ends_with("said=not-resent"), "{}", not.to);
}

#[tokio::test]
async fn the_audit_is_run_from_here_and_its_word_kept() {
    let market = Market::open().await;
    market.sale().await;
    let clerk = market.clerk("viewer", Role::Viewer).await;
    assert!(clerk.page("/console/audit").await.contains("Run the audit"));
    clerk.post("/console/audit", &[]).await;
    for _ in 0..2400 {
        let page = clerk.page("/console/audit").await;
        if page.contains("data-test=\"last\"") {
            assert!(page.contains("The books are sound"), "{page}");
            assert!(clerk.page("/console").await.contains("The books are sound"));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no audit has ended");
}
