//! Everything that an attacker without a browser can send: replays, another's words, changed words,
//! a stolen number. Each is refused with the right problem and changes nothing.

use std::time::Duration;

use shared_protocol::{
    GrantProof, MerchantId, Problem, PurchaseId, PurchaseState, Signed, decode, encode,
};
use whole_system::{
    Result, Shop,
    client::{Attempt, Client, form_with, good_form},
    randomness::Entropy,
};

/// Grants and submits a good purchase.
async fn bought(client: &Client) -> Result<(Attempt, Signed<shared_protocol::Grant>)> {
    let attempt = client.prepare("TEAPOT-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    client.submit(&attempt, &grant).await?.expect("a good order");
    Ok((attempt, grant))
}

#[tokio::test]
async fn a_whole_session_replayed_has_no_second_effect() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let (attempt, grant) = bought(&client).await?;
    let first = client.merchant_status(attempt.purchase).await?;
    for _ in 0..20 {
        assert_eq!(client.grant(&attempt).await?.as_ref(), Ok(&grant), "the same Grant again");
        let again = client.submit(&attempt, &grant).await?.expect("the same Acceptance again");
        assert_eq!(Some(again), first.acceptance.clone());
    }
    let orders = shop.merchant_cli(&["orders", "list", "--json"])?;
    assert_eq!(orders.as_array().map(Vec::len), Some(1));
    shop.post.wait_for(1).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.post.letters()?.len(), 1, "one letter for one purchase");
    Ok(())
}

#[tokio::test]
async fn the_same_purchase_with_other_contents_is_a_conflict() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let purchase = PurchaseId::random(&mut Entropy::new());
    let challenge = client.challenge(purchase).await?.expect("a Challenge");
    let offer = client.offer("TEAPOT-01").await?;
    let first = client.prepare_with(good_form(), &offer, &challenge)?;
    let second = client.prepare_with(good_form(), &offer, &challenge)?;
    let grant = client.grant(&first).await?.expect("a good contract");
    assert_eq!(client.grant(&second).await?.unwrap_err().problem, Problem::PurchaseConflict);
    let swapped = second.sealed.order_submission(GrantProof::Signed(grant.clone()));
    let refused = client.submit_as(purchase, &swapped).await?.unwrap_err();
    assert_eq!(refused.problem, Problem::HalfMismatch, "two purchases' halves do not mix");
    client.submit(&first, &grant).await?.expect("untouched");
    Ok(())
}

#[tokio::test]
async fn a_grant_is_redeemed_for_its_own_order_only() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let cheap = client.prepare("SENCHA-01", good_form()).await?;
    let dear = client.prepare("TEAPOT-01", good_form()).await?;
    let grant = client.grant(&cheap).await?.expect("a good contract");
    let mixed = dear.sealed.order_submission(GrantProof::Signed(grant));
    let refused = client.submit_as(dear.purchase, &mixed).await?.unwrap_err();
    assert_eq!(refused.problem, Problem::HalfMismatch);
    let stands = client.merchant_status(dear.purchase).await;
    assert!(stands.is_err(), "no order came of it: {stands:?}");
    Ok(())
}

#[tokio::test]
async fn every_changed_byte_of_a_grant_is_refused() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    let bytes = encode(&grant);
    let mut tried = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(forged) = decode::<Signed<shared_protocol::Grant>>(&changed) else { continue };
        let refused = client.submit(&attempt, &forged).await?.unwrap_err();
        assert_eq!(refused.problem, Problem::GrantInvalid, "byte {at}");
        tried += 1;
    }
    assert!(tried > 200, "only {tried} changed Grants could be sent");
    client.submit(&attempt, &grant).await?.expect("the true one still counts");
    Ok(())
}

#[tokio::test]
async fn a_stolen_number_without_its_code_buys_nothing_and_locks() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    for guess in 0..5 {
        let form = form_with("C900000000004", &format!("135{guess}"));
        let attempt = client.prepare("TEAPOT-01", form).await?;
        let refused = client.grant(&attempt).await?.unwrap_err();
        assert_eq!(refused.problem, Problem::ContractNotRecognised, "guess {guess}");
    }
    let right = client.prepare("TEAPOT-01", form_with("C900000000004", "2468")).await?;
    assert_eq!(client.grant(&right).await?.unwrap_err().problem, Problem::ContractLocked);
    Ok(())
}

#[tokio::test]
async fn an_unknown_number_and_a_wrong_code_look_the_same() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let unknown = client.prepare("TEAPOT-01", form_with("C999999999999", "2468")).await?;
    let wrong = client.prepare("TEAPOT-01", form_with("C900000000001", "9999")).await?;
    assert_eq!(client.grant(&unknown).await?, client.grant(&wrong).await?);
    Ok(())
}

#[tokio::test]
async fn each_declined_contract_says_why_and_keeps_saying_it() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    for (contract, problem) in
        [("C900000000002", Problem::ContractLapsed), ("C900000000003", Problem::LimitExceeded)]
    {
        let attempt = client.prepare("TEAPOT-01", form_with(contract, "2468")).await?;
        for _ in 0..3 {
            assert_eq!(client.grant(&attempt).await?.unwrap_err().problem, problem);
        }
        let status = client.status(attempt.purchase).await?;
        assert_eq!(status.state, PurchaseState::Declined);
        assert!(status.grant.is_none());
    }
    Ok(())
}

#[tokio::test]
async fn words_of_another_agent_are_refused() -> Result {
    let (here, elsewhere) = (Shop::start().await?, Shop::start().await?);
    let (client, stranger) = (here.client().await?, elsewhere.client().await?);
    let foreign = stranger.prepare("TEAPOT-01", good_form()).await?;
    let refused = client.grant(&foreign).await?.unwrap_err();
    assert_eq!(refused.problem, Problem::ChallengeInvalid, "another agent's Challenge");
    let grant = stranger.grant(&foreign).await?.expect("good at home");
    let refused = client.submit(&foreign, &grant).await?.unwrap_err();
    assert!(
        matches!(refused.problem, Problem::EnvelopeInvalid | Problem::GrantInvalid),
        "another merchant's envelope: {refused:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_grant_does_not_outlive_its_time() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", good_form()).await?;
    let grant = client.grant(&attempt).await?.expect("a good contract");
    shop.advance(12 * 60).await?;
    let refused = client.submit(&attempt, &grant).await?.unwrap_err();
    assert!(
        matches!(refused.problem, Problem::GrantExpired | Problem::PurchaseClosed),
        "{refused:?}"
    );
    for _ in 0..300 {
        if client.status(attempt.purchase).await?.state == PurchaseState::Expired {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("the agent still holds credit for a Grant that nobody redeemed")
}

#[tokio::test]
async fn a_merchant_that_the_agent_does_not_know_gets_no_challenge() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let stranger: MerchantId = "mrc_nobody".parse().expect("an id");
    let request = shared_protocol::ChallengeRequest {
        merchant: stranger,
        purchase: PurchaseId::random(&mut Entropy::new()),
    };
    let url = format!("{}/v1/challenges", shop.agent.url);
    let refused = client.raw("POST", &url, &request).await?.unwrap_err();
    assert_eq!(refused.problem, Problem::UnknownMerchant);
    Ok(())
}

#[tokio::test]
async fn a_suspended_merchant_is_granted_nothing() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let attempt = client.prepare("TEAPOT-01", good_form()).await?;
    shop.agent_cli(&["merchants", "suspend", "mrc_tea", "--json"])?;
    tokio::time::sleep(CACHED).await;
    assert_eq!(client.grant(&attempt).await?.unwrap_err().problem, Problem::MerchantLapsed);
    Ok(())
}

/// A server that is running learns within this time what an operator's command changed.
const CACHED: Duration = Duration::from_secs(6);
