//! Orders that are paid by transfer (Fig 15 from the shop's side): received, scheduled, not
//! received, believed by the agent's signature alone; goods wait for the Confirmation.

use std::process::Command;

use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use shared_protocol::{
    Amount, Channel, Confirmation, Currency, Form, Grant, Outcome, Plan, Problem, PurchaseId,
    PurchaseState, Remittance, Signed, Signer, Span, Standing, Timestamp,
};

use crate::market::{Answer, Market, form};

impl Market {
    /// A whole purchase by transfer, up to the Acceptance.
    async fn buy_by_transfer(&self) -> Grant {
        let form = Form { plan: Plan::Transfer, ..form() };
        let attempt = self.prepare_form("TEAPOT-01", form).await;
        let grant = self.grant(&attempt);
        let answer = self.submit(&attempt, self.signed(&grant)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        grant
    }

    fn remittance(&self, purchase: PurchaseId, standing: Standing, at: Timestamp) -> Remittance {
        let amount = Amount::new(3850, Currency::JPY).unwrap();
        let (agent, merchant) = ("agt_demo".parse().unwrap(), "mrc_tea".parse().unwrap());
        Remittance { agent, merchant, purchase, amount, standing, at }
    }

    /// The agent's word on the money, announced like any other.
    async fn tell_money(&self, said: &Remittance, by: &impl Signer) -> Answer {
        self.agent.will_tell_of(said.purchase, Signed::sign(said, by));
        self.notify("purchase.transfer_scheduled", said.purchase, None).await
    }

    async fn money(&self, purchase: PurchaseId) -> Option<Standing> {
        let told = self.running().app.store().remittance(purchase).await.unwrap()?;
        Some(told.said.claimed().unwrap().standing)
    }
}

#[tokio::test]
async fn goods_wait_while_the_money_is_scheduled_and_go_once_it_is_confirmed() {
    let market = Market::start().await;
    let grant = market.buy_by_transfer().await;
    let day = "2026-11-25".parse().unwrap();
    let now = market.now();
    let scheduled = market.remittance(grant.purchase, Standing::Scheduled(day), now);
    let told = market.tell_money(&scheduled, &market.agent.keys).await;
    assert_eq!((told.status, told.json()["state"].as_str()), (200, Some("accepted")));
    assert_eq!(market.money(grant.purchase).await, Some(Standing::Scheduled(day)));
    let status = market.status(grant.purchase).await.purchase_status();
    assert_eq!(status.remittance.unwrap().claimed().unwrap(), scheduled);
    let received = Remittance {
        standing: Standing::Received,
        at: now.plus(Span::hours(24)),
        ..scheduled.clone()
    };
    market.tell_money(&received, &market.agent.keys).await;
    assert_eq!(market.money(grant.purchase).await, Some(Standing::Received));
    assert_eq!(market.order(grant.purchase).await.unwrap().state, PurchaseState::Accepted);
    // What comes late says nothing new.
    market.tell_money(&scheduled, &market.agent.keys).await;
    assert_eq!(market.money(grant.purchase).await, Some(Standing::Received));
    market.tell(&grant, Outcome::Confirmed).await;
    assert_eq!(market.order(grant.purchase).await.unwrap().state, PurchaseState::Confirmed);
}

#[tokio::test]
async fn what_came_to_nothing_is_known_also_where_no_order_ever_came() {
    let market = Market::start().await;
    let purchase = PurchaseId::new([7; 16]);
    let said = market.remittance(purchase, Standing::NotReceived, market.now());
    let told = market.tell_money(&said, &market.agent.keys).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert_eq!(market.money(purchase).await, Some(Standing::NotReceived));
    assert!(market.order(purchase).await.is_none());
    std::fs::write(market.folder.path().join("merchant.toml"), &market.config).unwrap();
    let listed = Command::new(env!("CARGO_BIN_EXE_merchant-server"))
        .args(["orders", "transfers", "--json", "--config"])
        .arg(market.folder.path().join("merchant.toml"))
        .output()
        .unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["money"], "not-received");
    assert_eq!(listed[0]["purchase"], purchase.to_string());
    assert_eq!(listed[0]["reference"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_word_that_is_not_the_agents_or_not_about_this_changes_nothing() {
    let market = Market::start().await;
    let grant = market.buy_by_transfer().await;
    let (_, on_credit) = market.buy("TEAPOT-01").await;
    let now = market.now();
    let good = market.remittance(grant.purchase, Standing::Received, now);
    let folder = market.folder.path().join("stranger");
    let stranger = Keyring::init(&folder, &mut Entropy::system()).unwrap();
    let told = market.tell_money(&good, &stranger).await;
    assert_eq!(told.problem(), Problem::RemittanceInvalid);
    for spoilt in [
        Remittance { merchant: "mrc_tee".parse().unwrap(), ..good.clone() },
        Remittance { agent: "agt_other".parse().unwrap(), ..good.clone() },
        Remittance { amount: Amount { minor: 3849, ..good.amount }, ..good.clone() },
        market.remittance(on_credit.purchase, Standing::Received, now),
    ] {
        let told = market.tell_money(&spoilt, &market.agent.keys).await;
        assert_eq!(told.problem(), Problem::RemittanceInvalid, "{spoilt:?}");
    }
    // Of another purchase than was asked about.
    market.agent.will_tell_of(grant.purchase, {
        Signed::sign(&Remittance { purchase: on_credit.purchase, ..good }, &market.agent.keys)
    });
    let told = market.notify("purchase.transfer_received", grant.purchase, None).await;
    assert_eq!(told.problem(), Problem::RemittanceInvalid);
    for purchase in [grant.purchase, on_credit.purchase] {
        assert_eq!(market.money(purchase).await, None);
    }
}

/// Days after the money came, another bank sent it back.
#[tokio::test]
async fn money_that_was_sent_back_ends_an_order_that_was_paid() {
    let market = Market::start().await;
    let grant = market.buy_by_transfer().await;
    market.tell(&grant, Outcome::Confirmed).await;
    let received = market.remittance(grant.purchase, Standing::Received, market.now());
    market.tell_money(&received, &market.agent.keys).await;
    let at = market.now().plus(Span::hours(24 * 5));
    let back = Remittance { standing: Standing::NotReceived, at, ..received };
    market.tell_money(&back, &market.agent.keys).await;
    assert_eq!(market.money(grant.purchase).await, Some(Standing::NotReceived));
    let no = market.agent.confirmation(&grant, Outcome::Cancelled, market.now());
    for (channel, status) in [(Channel::Mail, 409), (Channel::Bank, 200), (Channel::Bank, 200)] {
        let said = Signed::sign(&Confirmation { channel, ..no.clone() }, &market.agent.keys);
        let told = market.notify("purchase.cancelled", grant.purchase, Some(&said)).await;
        assert_eq!(told.status, status, "{channel:?}: {}", told.text());
    }
    assert_eq!(market.order(grant.purchase).await.unwrap().state, PurchaseState::Cancelled);
}
