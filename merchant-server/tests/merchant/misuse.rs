//! Everything that a cheat can send with a Grant in hand: each gets the right problem and changes
//! nothing (TRUST.md D9, D10, T08–T10, T20).

use merchant_server::entropy::Entropy;
use merchant_server::keys::Keyring;
use shared_protocol::{
    Amount, Currency, Grant, GrantProof, Problem, PurchaseId, PurchaseState, Signed, Span, jws,
};

use crate::market::{Answer, Attempt, Market, form};

/// Nothing has come of it: no order, no stock taken, nothing told.
async fn nothing_changed(market: &Market, what: &str) {
    assert!(market.orders().await.is_empty(), "{what}: an order came of it");
    let taken = market.running().app.store().stock_taken(&"TEAPOT-01".parse().unwrap()).await;
    assert_eq!(taken.unwrap(), 0, "{what}: stock was taken");
    assert!(market.agent.told().is_empty(), "{what}: the agent was told something");
}

async fn expect(market: &Market, what: &str, answer: Answer, problem: Problem) {
    assert_eq!(answer.problem(), problem, "{what}");
    nothing_changed(market, what).await;
}

#[tokio::test]
async fn a_grant_that_was_changed_is_refused_field_by_field() {
    type Change = fn(&mut Grant);
    let changes: [(&str, Change, Problem); 11] = [
        ("merchant", |g| g.merchant = "mrc_other".parse().unwrap(), Problem::WrongRecipient),
        ("agent", |g| g.agent = "agt_other".parse().unwrap(), Problem::WrongRecipient),
        ("purchase", |g| g.purchase = PurchaseId::new([7; 16]), Problem::HalfMismatch),
        ("order", |g| g.order = g.offer, Problem::HalfMismatch),
        ("offer", |g| g.offer = g.order, Problem::HalfMismatch),
        ("tally", |g| g.tally = g.offer, Problem::HalfMismatch),
        (
            "session key",
            |g| g.session_key = shared_protocol::VerifyingKey::new([9; 32]),
            Problem::HalfMismatch,
        ),
        ("amount", |g| g.amount.minor = 1, Problem::AmountMismatch),
        ("currency", |g| g.amount = usd(g.amount), Problem::AmountMismatch),
        ("plan", |g| g.plan_class = shared_protocol::PlanClass::Revolving, Problem::AmountMismatch),
        ("expiry", |g| g.expires = g.issued.minus(Span::minutes(2)), Problem::GrantExpired),
    ];
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    for (what, change, problem) in changes {
        let mut grant = market.grant(&attempt);
        change(&mut grant);
        expect(&market, what, market.submit(&attempt, market.signed(&grant)).await, problem).await;
        let proof = GrantProof::Jws(jws::sign(&grant, &market.agent.keys));
        expect(&market, what, market.submit(&attempt, proof).await, problem).await;
    }
    let good = market.signed(&market.grant(&attempt));
    market.submit(&attempt, good).await.acceptance();
}

fn usd(amount: Amount) -> Amount {
    Amount { currency: "USD".parse::<Currency>().unwrap(), ..amount }
}

#[tokio::test]
async fn a_grant_that_the_agent_did_not_sign_is_refused() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let grant = market.grant(&attempt);
    let stranger =
        Keyring::init(&market.folder.path().join("stranger"), &mut Entropy::system()).unwrap();
    let jws = jws::sign(&grant, &market.agent.keys);
    let (_, claims_and_signature) = jws.split_once('.').unwrap();
    let (claims, _) = claims_and_signature.split_once('.').unwrap();
    let forged = [
        GrantProof::Signed(Signed::sign(&grant, &stranger)),
        // The shop cannot make its own Grant either.
        GrantProof::Signed(Signed::sign(&grant, &market.running().app.shop().keys)),
        GrantProof::Jws(jws::sign(&grant, &stranger)),
        GrantProof::Jws(format!("eyJhbGciOiJub25lIn0.{claims}.")),
        GrantProof::Jws(jws[..jws.len() - 4].to_owned()),
        GrantProof::Jws(String::new()),
    ];
    for (at, proof) in forged.into_iter().enumerate() {
        let answer = market.submit(&attempt, proof).await;
        expect(&market, &format!("forgery {at}"), answer, Problem::GrantInvalid).await;
    }
}

#[tokio::test]
async fn one_grant_serves_one_purchase() {
    let market = Market::start().await;
    let [first, second] = [market.prepare("TEAPOT-01").await, market.prepare("TEAPOT-01").await];
    let grant = market.grant(&first);
    let answer = market.submit(&second, market.signed(&grant)).await;
    expect(&market, "another purchase's Grant", answer, Problem::HalfMismatch).await;
    let submission = first.sealed.order_submission(market.signed(&grant));
    let answer = market.put(second.purchase, &submission).await;
    expect(&market, "another purchase's address", answer, Problem::HalfMismatch).await;
    market.submit(&first, market.signed(&grant)).await.acceptance();

    // An agent at fault, or in league, gives one number twice.
    let mut twin = market.grant(&second);
    twin.handling_number = grant.handling_number;
    let answer = market.submit(&second, market.signed(&twin)).await;
    assert_eq!(answer.problem(), Problem::GrantUsed);
    assert!(market.order(second.purchase).await.is_none());
    assert_eq!(market.orders().await.len(), 1);
}

/// TRUST.md F04.
#[tokio::test]
async fn other_contents_under_the_same_purchase_are_a_conflict() {
    let market = Market::start().await;
    let purchase = PurchaseId::random(&mut Entropy::system());
    let offer = market.offer("TEAPOT-01").await;
    let verified = offer.verify(&market.verifying_key()).unwrap();
    let [first, second] = [1, 2].map(|quantity| {
        let form = shared_protocol::Form { quantity, ..form() };
        market.seal(form, &offer, &verified, purchase)
    });
    let grant = market.grant(&first);
    let taken = market.submit(&first, market.signed(&grant)).await;
    for proof in [market.signed(&grant), market.signed(&market.grant(&second))] {
        let answer = market.submit(&second, proof).await;
        assert_eq!(answer.problem(), Problem::PurchaseConflict);
    }
    assert_eq!(market.submit(&first, market.signed(&grant)).await.body, taken.body, "untouched");
    assert_eq!(market.order(purchase).await.unwrap().deal.unwrap().quantity, 1);
}

#[tokio::test]
async fn a_price_that_this_shop_never_offered_is_refused() {
    let market = Market::start().await;
    let stranger =
        Keyring::init(&market.folder.path().join("stranger"), &mut Entropy::system()).unwrap();
    let mut cheap = market.offer("TEAPOT-01").await.claimed().unwrap();
    cheap.unit_price.minor = 1;
    let signed = Signed::sign(&cheap, &stranger);
    let verified = signed.verify(&stranger.verifying()).unwrap();
    let purchase = PurchaseId::random(&mut Entropy::system());
    let attempt = market.seal(form(), &signed, &verified, purchase);
    let answer = market.check(&attempt).await;
    expect(&market, "checked", answer, Problem::OfferInvalid).await;
    let answer = market.submit(&attempt, market.signed(&market.grant(&attempt))).await;
    expect(&market, "submitted", answer, Problem::OfferInvalid).await;
}

#[tokio::test]
async fn a_shopper_who_signs_a_lower_amount_is_refused_even_with_a_grant_for_it() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let tally = attempt.retally(|tally| tally.amount.minor = 1);
    let grant = market.agent.grant(&tally, market.now());
    assert_eq!(grant.amount.minor, 1);
    let mut submission = attempt.sealed.order_submission(market.signed(&grant));
    submission.tally = tally;
    let answer = market.put(attempt.purchase, &submission).await;
    expect(&market, "one yen", answer, Problem::AmountMismatch).await;
}

#[tokio::test]
async fn a_tally_for_another_order_is_refused() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let tally = attempt.retally(|tally| tally.order = tally.payment);
    let grant = market.agent.grant(&tally, market.now());
    let mut submission = attempt.sealed.order_submission(market.signed(&grant));
    submission.tally = tally;
    let answer = market.put(attempt.purchase, &submission).await;
    expect(&market, "another order half", answer, Problem::HalfMismatch).await;
}

#[tokio::test]
async fn an_envelope_for_another_context_does_not_open() {
    let market = Market::start().await;
    let [mine, other] = [market.prepare("TEAPOT-01").await, market.prepare("TEAPOT-01").await];
    let mut submission = mine.sealed.order_submission(market.signed(&market.grant(&mine)));
    submission.order = other.sealed.order_check().order;
    let answer = market.put(mine.purchase, &submission).await;
    expect(&market, "another's envelope", answer, Problem::EnvelopeInvalid).await;
    let mut check = mine.sealed.order_check();
    check.context.merchant = "mrc_other".parse().unwrap();
    let path = market.url(&format!("/warifu/v1/purchases/{}/check", mine.purchase));
    let answer = crate::market::answer(crate::market::with(market.http.post(path), &check)).await;
    expect(&market, "another shop's envelope", answer, Problem::WrongRecipient).await;
}

#[tokio::test]
async fn a_grant_is_taken_until_it_expires_and_a_minute_of_clock_difference_more() {
    let market = Market::start().await;
    let [early, late] = [market.prepare("TEAPOT-01").await, market.prepare("TEAPOT-01").await];
    let [in_time, too_late] = [market.grant(&early), market.grant(&late)];
    market.advance(Span::millis(11 * 60_000 - 1));
    market.submit(&early, market.signed(&in_time)).await.acceptance();
    market.advance(Span::millis(1));
    let answer = market.submit(&late, market.signed(&too_late)).await;
    assert_eq!(answer.problem(), Problem::GrantExpired);
    assert!(market.order(late.purchase).await.is_none());
}

#[tokio::test]
async fn a_grant_from_the_future_is_refused() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let grant = market.agent.grant(&attempt.tally(), market.now().plus(Span::minutes(5)));
    let answer = market.submit(&attempt, market.signed(&grant)).await;
    expect(&market, "from the future", answer, Problem::GrantExpired).await;
}

#[tokio::test]
async fn a_purchase_that_was_closed_before_it_came_stays_closed() {
    let market = Market::start().await;
    let attempt = market.prepare("TEAPOT-01").await;
    let proof = market.signed(&market.grant(&attempt));
    let told = market.notify("purchase.lapsed", attempt.purchase, None).await;
    assert_eq!((told.status, told.json()["state"].as_str()), (200, Some("expired")));
    assert!(told.json()["acceptance"].is_null());
    closed(&market, &attempt, market.submit(&attempt, proof.clone()).await).await;
    closed(&market, &attempt, market.check(&attempt).await).await;
    let again = market.notify("purchase.lapsed", attempt.purchase, None).await;
    assert_eq!(again.json(), told.json());
    closed(&market, &attempt, market.submit(&attempt, proof).await).await;
}

async fn closed(market: &Market, attempt: &Attempt, answer: Answer) {
    expect(market, "after its end", answer, Problem::PurchaseClosed).await;
    let status = market.status(attempt.purchase).await.purchase_status();
    assert_eq!(status.state, PurchaseState::Expired);
}
