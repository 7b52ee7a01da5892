//! Entering an order that a shop without a key has taken by a form (Fig 2), where the key is: from
//! then on it is settled like any other. Who ordered stays with the shop.

use shared_protocol::{
    Acceptance, Grant, Locale, Problem, Signed, Timestamp, Verified, digest, encode, jws,
};

use super::{Failure, GrantForm, NewDeal, Order, Shop};
use crate::store::{Fault, Store};

/// Enters it by its Grant, once. The Acceptance is this shop's own; the agent has signed one in its
/// place already.
///
/// # Errors
/// [`Problem::GrantInvalid`], [`Problem::WrongRecipient`], [`Problem::GrantUsed`];
/// [`Problem::OfferInvalid`] if the Offer was not signed here.
pub async fn enter(
    shop: &Shop,
    store: &Store,
    (grant, quantity): (&str, u32),
    now: Timestamp,
) -> Result<Order, Failure> {
    let verified = jws::verify(grant, &shop.agent_keys())?;
    if verified.merchant != shop.merchant || verified.agent != shop.agent.agent {
        return Err(Problem::WrongRecipient.into());
    }
    if let Some(order) = store.order(verified.purchase).await? {
        return Ok(order);
    }
    let offer = store.offer(&verified.offer).await?.ok_or(Problem::OfferInvalid)?.claimed()?;
    let deal = NewDeal {
        purchase: verified.purchase,
        handling_number: verified.handling_number,
        submission: digest("order-form", grant.as_bytes()),
        offer: verified.offer,
        item: offer.item,
        quantity,
        amount: verified.amount,
        plan_class: verified.plan_class,
        locale: Locale::default(),
        grant_form: GrantForm::Jws,
        grant_proof: grant.into(),
        grant_digest: verified.digest(),
        tally: Vec::new(),
    };
    let mut tx = store.begin("enter_order", now).await?;
    let Some(id) = tx.claim(&deal).await? else {
        tx.rollback().await?;
        return Err(Problem::GrantUsed.into());
    };
    let acceptance = acceptance(shop, &verified);
    let signed = encode(&Signed::sign(&acceptance, &shop.keys));
    tx.record_acceptance(id, &acceptance.order_reference, &signed, now).await?;
    tx.commit().await?;
    Ok(store.order(verified.purchase).await?.ok_or(Fault::Damaged("orders"))?)
}

fn acceptance(shop: &Shop, grant: &Verified<Grant>) -> Acceptance {
    Acceptance {
        merchant: shop.merchant.clone(),
        agent: grant.agent.clone(),
        purchase: grant.purchase,
        handling_number: grant.handling_number,
        grant: grant.digest(),
        amount: grant.amount,
        order_reference: grant.handling_number.to_string(),
        accepted: grant.issued,
    }
}
