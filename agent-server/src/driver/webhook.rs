//! Tells merchants what became of their purchases: Standard Webhooks with an Ed25519 signature
//! (`v1a`). A merchant that answers twice, or late, changes nothing twice.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use reqwest::StatusCode;
use serde::Deserialize;
use shared_protocol::{
    Acceptance, Message as _, PurchaseId, PurchaseState, Signed, Signer as _, decode, encode,
};

use super::Undelivered;
use crate::{
    app::App,
    domain::{Merchant, Purchase, acceptance, errand::Notice, expiry},
    outside,
    store::Parcel,
};

/// Sends it, and carries out what the merchant answers to `purchase.lapsed`.
///
/// # Errors
/// [`Undelivered`].
pub async fn send(
    app: &App,
    parcel: &Parcel,
    notice: Notice,
    purchase: &PurchaseId,
) -> Result<(), Undelivered> {
    let now = app.clock.now();
    let found = app.store.purchase(purchase).await.map_err(|fault| again(&fault))?;
    let Some(purchase) = found else { return Err(never("the purchase is gone")) };
    let is_overtaken = match notice {
        Notice::Lapsed => purchase.state != PurchaseState::Granted,
        // Taken back since: the notice of that carries the word that counts.
        Notice::Confirmed => purchase.state == PurchaseState::Cancelled,
        Notice::Cancelled | Notice::Expired => false,
    };
    if is_overtaken {
        return Ok(());
    }
    let merchant = app.merchants.get(&purchase.merchant, now).await.map_err(|p| again(&p))?;
    let answer = post(app, parcel, notice, &purchase, &merchant).await?;
    match notice {
        Notice::Lapsed => redeem_or_close(app, &purchase, &answer).await,
        Notice::Confirmed | Notice::Cancelled | Notice::Expired => Ok(()),
    }
}

/// What a merchant answers to a webhook; more may be in it.
#[derive(Deserialize)]
struct Answer {
    acceptance: Option<String>,
}

async fn post(
    app: &App,
    parcel: &Parcel,
    notice: Notice,
    purchase: &Purchase,
    merchant: &Merchant,
) -> Result<Vec<u8>, Undelivered> {
    let id = format!("evt_{}", parcel.id);
    let timestamp = app.clock.now().as_secs();
    let body = body(parcel, notice, purchase);
    let signature = app.keys.sign(signed_content(&id, timestamp, &body).as_bytes());
    let sent = app
        .outside
        .post(format!("{}/warifu/v1/events", merchant.server))
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", format!("v1a,{}", BASE64.encode(signature.as_bytes())))
        .body(body)
        .send()
        .await;
    // reqwest's own text would name the address.
    let answer = sent.map_err(|_| again(&"the merchant cannot be reached"))?;
    match answer.status() {
        status if status.is_success() => {
            let body = outside::body(answer, ANSWER_MAX).await;
            body.ok_or_else(|| again(&"the merchant's answer broke off"))
        }
        StatusCode::GONE => Err(never("the merchant takes no more webhooks (410)")),
        status => Err(again(&format!("the merchant answered {}", status.as_u16()))),
    }
}

fn body(parcel: &Parcel, notice: Notice, purchase: &Purchase) -> String {
    let mut body = serde_json::json!({
        "type": notice.name(),
        "purchase": purchase.id.to_string(),
        "sequence": parcel.sequence,
    });
    if let Some(confirmation) = &purchase.confirmation {
        body["confirmation"] = BASE64URL.encode(encode(confirmation)).into();
    }
    body.to_string()
}

/// What Standard Webhooks signs.
fn signed_content(id: &str, timestamp: i64, body: &str) -> String {
    format!("{id}.{timestamp}.{body}")
}

/// The merchant has the order after all, or has closed the purchase for good.
async fn redeem_or_close(app: &App, purchase: &Purchase, answer: &[u8]) -> Result<(), Undelivered> {
    let answer: Answer = serde_json::from_slice(answer)
        .map_err(|_| again(&"the merchant's answer is not the JSON that was asked for"))?;
    let Some(accepted) = answer.acceptance else {
        let closed = expiry::close(app, purchase.id, app.clock.now()).await;
        return closed.map(drop).map_err(|fault| again(&fault));
    };
    let signed = read(&accepted).ok_or_else(|| again(&"the merchant's acceptance is none"))?;
    acceptance::accept(app, purchase.id, signed).await.map_err(|problem| again(&problem))
}

fn read(text: &str) -> Option<Signed<Acceptance>> {
    if text.len() > Signed::<Acceptance>::LEN_MAX * 2 {
        return None;
    }
    decode(&BASE64URL.decode(text).ok()?).ok()
}

fn again(fault: &impl ToString) -> Undelivered {
    Undelivered { fault: fault.to_string(), is_final: false }
}

fn never(fault: &str) -> Undelivered {
    Undelivered { fault: fault.into(), is_final: true }
}

const ANSWER_MAX: usize = 16 * 1024;
