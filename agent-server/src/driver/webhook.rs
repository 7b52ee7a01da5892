//! Tells merchants what became of their purchases, at least once, and notes each attempt. A
//! merchant that answers twice, or late, changes nothing twice.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use reqwest::{Response, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use shared_protocol::{
    Acceptance, MerchantId, Message as _, PurchaseState, Signed, Span, Timestamp, decode,
};

use super::Undelivered;
use crate::{
    app::App,
    domain::{Purchase, acceptance, errand::Notice, expiry, webhook::Endpoint, webhook::Event},
    outside,
    store::{Attempt, EndpointChange, Parcel},
};

/// Sends it, and carries out what the merchant answers to `purchase.lapsed`.
///
/// # Errors
/// [`Undelivered`].
pub async fn send(app: &App, parcel: &Parcel) -> Result<(), Undelivered> {
    let told = app.store.event(parcel.id).await.map_err(|fault| Undelivered::again(&fault))?;
    let Some(event) = told.map(|told| told.event) else {
        return Err(Undelivered::never("it is gone"));
    };
    let found =
        app.store.purchase(&event.purchase).await.map_err(|fault| Undelivered::again(&fault))?;
    let Some(purchase) = found else { return Err(Undelivered::never("the purchase is gone")) };
    // Only this one asks something; all others say what the merchant then asks for.
    if event.what == Notice::Lapsed && purchase.state != PurchaseState::Granted {
        return Ok(());
    }
    let endpoint =
        app.store.endpoint(&event.merchant).await.map_err(|fault| Undelivered::again(&fault))?;
    if endpoint.disabled_at.is_some() {
        return Err(Undelivered::never("the merchant takes no more webhooks"));
    }
    let begun = app.clock.now();
    let (status, answered) = post(app, &event, &endpoint, begun).await;
    note(app, &event, begun, status, answered.as_ref().err()).await;
    let answer = answered?;
    match event.what == Notice::Lapsed {
        true => redeem_or_close(app, &purchase, &answer).await,
        false => Ok(()),
    }
}

async fn post(
    app: &App,
    event: &Event,
    endpoint: &Endpoint,
    now: Timestamp,
) -> (Option<u16>, Result<Vec<u8>, Undelivered>) {
    let merchant = match app.merchants.get(&event.merchant, now).await {
        Ok(merchant) => merchant,
        Err(problem) => return (None, Err(Undelivered::again(&problem))),
    };
    let url = format!("{}/warifu/v1/events", merchant.server);
    let request = match app.outside.post(&url) {
        Ok(request) => request,
        Err(forbidden) => return (None, Err(Undelivered::again(&forbidden))),
    };
    let headers = event.headers(endpoint, &app.keys, now);
    let request = request
        .header("content-type", "application/json")
        .header("webhook-id", headers.id)
        .header("webhook-timestamp", headers.timestamp)
        .header("webhook-signature", headers.signature)
        .body(event.body());
    // reqwest's own text would name the address.
    let response = match request.send().await {
        Ok(response) => response,
        Err(fault) => {
            let forbidden = outside::forbidden(&fault).map(|forbidden| forbidden.to_string());
            let fault = forbidden.unwrap_or_else(|| "the merchant cannot be reached".into());
            return (None, Err(Undelivered::again(&fault)));
        }
    };
    let status = response.status().as_u16();
    (Some(status), read(app, &event.merchant, response, now).await)
}

async fn read(
    app: &App,
    merchant: &MerchantId,
    response: Response,
    now: Timestamp,
) -> Result<Vec<u8>, Undelivered> {
    match response.status() {
        status if status.is_success() => {
            let body = outside::body(response, ANSWER_MAX).await;
            body.ok_or_else(|| {
                Undelivered::again(&"the merchant's answer broke off, or is too long")
            })
        }
        StatusCode::GONE => {
            let change = EndpointChange::Disable;
            let noted = app.store.change_endpoint(merchant.clone(), change, now).await;
            noted.map_err(|fault| Undelivered::again(&fault))?;
            tracing::warn!(%merchant, "takes no more webhooks (410)");
            Err(Undelivered::never("the merchant takes no more webhooks (410)"))
        }
        status => {
            let asked = retry_after(&response, now);
            let fault = format!("the merchant answered {}", status.as_u16());
            Err(Undelivered { asked, ..Undelivered::again(&fault) })
        }
    }
}

/// For how long the other side wants to be left alone (RFC 9110 §10.2.3).
fn retry_after(response: &Response, now: Timestamp) -> Option<Span> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Span::secs(i64::from(seconds)));
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Timestamp::from_millis(moment.as_millisecond()).since(now))
}

async fn note(
    app: &App,
    event: &Event,
    at: Timestamp,
    status: Option<u16>,
    fault: Option<&Undelivered>,
) {
    let millis = app.clock.now().since(at).as_millis().max(0);
    let answer = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    metrics::counter!("agent_webhooks", "type" => event.what.name(), "status" => answer)
        .increment(1);
    let took = Duration::from_millis(millis.unsigned_abs());
    metrics::histogram!("agent_webhook_seconds").record(took.as_secs_f64());
    let fault = fault.map(|undelivered| undelivered.fault.clone());
    let attempt = Attempt { event: event.id, at, millis, status, fault };
    if let Err(fault) = app.store.log_attempt(attempt).await {
        tracing::error!(%fault, id = event.id, "an attempt was not noted");
    }
}

/// What a merchant answers to a webhook; more may be in it.
#[derive(Deserialize)]
struct Answer {
    acceptance: Option<String>,
}

/// The merchant has the order after all, or has closed the purchase for good.
async fn redeem_or_close(app: &App, purchase: &Purchase, answer: &[u8]) -> Result<(), Undelivered> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|_| {
        Undelivered::again(&"the merchant's answer is not the JSON that was asked for")
    })?;
    let Some(accepted) = answer.acceptance else {
        let closed = expiry::close(app, purchase.id, app.clock.now()).await;
        return closed.map(drop).map_err(|fault| Undelivered::again(&fault));
    };
    let signed = signed(&accepted)
        .ok_or_else(|| Undelivered::again(&"the merchant's acceptance is none"))?;
    acceptance::accept(app, purchase.id, signed)
        .await
        .map_err(|problem| Undelivered::again(&problem))
}

fn signed(text: &str) -> Option<Signed<Acceptance>> {
    if text.len() > Signed::<Acceptance>::LEN_MAX * 2 {
        return None;
    }
    decode(&BASE64URL.decode(text).ok()?).ok()
}

const ANSWER_MAX: usize = 16 * 1024;
