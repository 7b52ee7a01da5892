//! Answers that come by telephone, fax, post or in person (¶56), and policy that asks nobody (¶61).

use agent_server::{
    domain::{
        confirm::Wanted,
        recorded::{NotRecorded, Recorded, Route},
        turn::Turned,
    },
    store::Turn,
};
use shared_protocol::{Channel, Grant, Outcome, Problem, PurchaseState, Signed, Span};

use crate::{
    market::{Market, yen},
    page::Page,
    shopper::{Order, id},
};

impl Market {
    /// Writes an answer down as the operator's command does.
    async fn record(
        &self,
        grant: &Signed<Grant>,
        recorded: Recorded,
    ) -> Result<Turned, NotRecorded> {
        let app = &self.agent.app;
        let number = grant.claimed().unwrap().handling_number;
        let own = app.store.purchase_of_number(&number).await.unwrap().unwrap();
        let word = recorded.word(&own, (&app.config.agent_id, &app.keys), self.now())?;
        let turn = Turn { purchase: own.purchase.id, word, then: None, now: self.now() };
        Ok(app.store.record(turn, recorded).await.unwrap())
    }

    fn said(&self, route: Route, wanted: Wanted) -> Recorded {
        let answered = self.now();
        Recorded { route, wanted, answered, by: "Sato".into(), note: "called back".into() }
    }
}

#[tokio::test]
async fn an_answer_by_each_channel_is_the_shoppers_and_names_who_wrote_it_down() {
    let market = Market::open().await;
    for (at, route) in Route::ALL.into_iter().enumerate() {
        let grant = market.accepted().await;
        let turned = market.record(&grant, market.said(route, Wanted::Confirm)).await;
        assert_eq!(turned, Ok(Turned::Now(PurchaseState::Confirmed)), "{route:?}");
        let said = market.status(&id(&grant)).await.confirmation.unwrap().claimed().unwrap();
        assert_eq!((said.outcome, said.channel), (Outcome::Confirmed, Channel::Staff));
        let kept = market.agent.app.store.records().await.unwrap();
        assert_eq!(kept.len(), at + 1);
        assert_eq!(
            (kept[0].channel.as_str(), kept[0].outcome.as_str()),
            (route.name(), "confirmed")
        );
        assert_eq!(kept[0].recorded_by, "Sato");
        assert!(kept[0].answered_at <= kept[0].created_at);
        assert_eq!(kept[0].handling_number, said.handling_number);
    }
    // The question and, as somebody else wrote the answer down, a receipt: for each of the four.
    let letters = market.letters(8).await;
    assert_eq!(letters.iter().filter(|letter| letter.link.is_some()).count(), 4);
    market.audit_is_clean().await;
}

#[tokio::test]
async fn the_link_in_the_mail_is_spent_and_a_second_answer_is_a_conflict() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let link = market.letters(1).await.swap_remove(0).link.unwrap();
    let path = link.strip_prefix("http://localhost:7070").unwrap();
    market.record(&grant, market.said(Route::Telephone, Wanted::Confirm)).await.unwrap();
    let page: Page = market.press(path, "decision=cancel").await;
    assert_eq!(page.status, 409);
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Confirmed);
    let again = market.record(&grant, market.said(Route::Post, Wanted::Confirm)).await;
    assert_eq!(again, Err(NotRecorded::Problem(Problem::PurchaseClosed)));
    assert_eq!(market.agent.app.store.records().await.unwrap()[0].channel, "telephone");
    // Until it is shipped, a no counts: and it is told as one.
    let no = market.record(&grant, market.said(Route::InPerson, Wanted::Cancel)).await;
    assert_eq!(no, Ok(Turned::Now(PurchaseState::Cancelled)));
    assert_eq!(market.reserved("01").await, 0);
    let more = market.record(&grant, market.said(Route::Fax, Wanted::Confirm)).await;
    assert_eq!(more, Err(NotRecorded::Problem(Problem::CancelledByShopper)));
    market.audit_is_clean().await;
}

#[tokio::test]
async fn what_comes_too_late_or_says_too_much_is_not_written_down() {
    let market = Market::open().await;
    let grant = market.accepted().await;
    let good = market.said(Route::Fax, Wanted::Confirm);
    for (bad, why) in [
        (Recorded { by: " ".into(), ..good.clone() }, NotRecorded::Nobody),
        (Recorded { note: "090-1234-5678".into(), ..good.clone() }, NotRecorded::Note),
        (Recorded { note: "to a@example.jp".into(), ..good.clone() }, NotRecorded::Note),
        (
            Recorded { answered: market.now().plus(Span::secs(1)), ..good.clone() },
            NotRecorded::Future,
        ),
    ] {
        assert_eq!(market.record(&grant, bad).await, Err(why));
    }
    market.advance(Span::hours(73));
    let late = market.record(&grant, good).await;
    assert_eq!(late, Err(NotRecorded::Problem(Problem::NotConfirmed)));
    assert!(market.agent.app.store.records().await.unwrap().is_empty());
}

#[tokio::test]
async fn where_policy_waives_it_nobody_is_asked_and_the_letter_is_a_receipt() {
    let market = Market::open().await;
    let mut shop = market.merchant.registration();
    shop.waives = Some(yen(3850));
    market.agent.app.store.put_merchant(shop, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    let grant = market.accepted().await;
    assert!(!grant.claimed().unwrap().provisional, "the thanks screen asks for nothing");
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Confirmed);
    let said = market.status(&id(&grant)).await.confirmation.unwrap().claimed().unwrap();
    assert_eq!((said.outcome, said.channel), (Outcome::Confirmed, Channel::Waived));
    let letter = market.letters(1).await.swap_remove(0);
    assert!(letter.link.is_none(), "a receipt: {}", letter.text);

    let order = Order { quantity: 2, amount: yen(7150), ..market.order().await };
    let dear = market.grant(&order.seal()).await.unwrap();
    assert!(dear.claimed().unwrap().provisional, "above the limit the shopper is asked");
    let word = market.merchant.accept(&dear, market.now());
    market.tell(&dear, "acceptance", &word).await.unwrap();
    assert_eq!(market.state(&id(&dear)).await, PurchaseState::Accepted);
    market.audit_is_clean().await;
}
