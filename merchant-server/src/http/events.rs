//! `POST /warifu/v1/events`: the agent's notifications (Standard Webhooks). Believed only by the
//! signature over the raw bytes, and then by the signed word inside.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use shared_protocol::{Outcome, Problem, PurchaseState, decode};

use super::body::RawJson;
use crate::app::App;
use crate::domain::webhook::{self, WebhookHeaders};
use crate::domain::{self, Failure, Heard, Notification, NotificationKind};

/// The answer: how the purchase stands here.
#[derive(Serialize)]
pub(super) struct EventAnswer {
    state: Option<&'static str>,
    acceptance: Option<String>,
}

/// The body. Newer agents may say more, so unknown members are let pass.
#[derive(Deserialize)]
struct EventBody {
    r#type: String,
    purchase: String,
    #[serde(default)]
    confirmation: Option<String>,
}

pub(super) async fn hear(
    State(app): State<App>,
    RawJson { headers, bytes }: RawJson,
) -> Result<Json<EventAnswer>, Failure> {
    let (now, text) = (app.now(), |name| header(&headers, name));
    let [id, timestamp, signature] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(text);
    let signed = WebhookHeaders { id, timestamp, signature };
    webhook::verify(&signed, &bytes, &app.shop().agent.verifying, now).map_err(Failure::Webhook)?;
    let body: EventBody = serde_json::from_slice(&bytes).map_err(|_| Problem::MalformedMessage)?;
    let purchase = body.purchase.parse().map_err(|_| Problem::MalformedMessage)?;
    if let Some(demo) = app.demo() {
        demo.saw_event(purchase, &bytes, now);
    }
    let Some(kind) = kind(&body)? else {
        tracing::warn!(kind = body.r#type, "a notification that this version does not know");
        return Ok(Json(EventAnswer { state: None, acceptance: None }));
    };
    let notification = Notification { id: id.to_owned(), purchase, kind };
    domain::hear(app.shop(), app.store(), notification, now).await.map(|heard| Json(heard.into()))
}

/// What is told; `None` for kinds of which this version knows nothing.
fn kind(body: &EventBody) -> Result<Option<NotificationKind>, Problem> {
    let outcome = match body.r#type.as_str() {
        "purchase.confirmed" => Outcome::Confirmed,
        "purchase.cancelled" => Outcome::Cancelled,
        "purchase.expired" => Outcome::Expired,
        "purchase.lapsed" => return Ok(Some(NotificationKind::Lapsed)),
        _ => return Ok(None),
    };
    let said = body.confirmation.as_deref().ok_or(Problem::MalformedMessage)?;
    let said = BASE64URL.decode(said).map_err(|_| Problem::MalformedMessage)?;
    let said = decode(&said).map_err(|_| Problem::MalformedMessage)?;
    Ok(Some(NotificationKind::Decided(outcome, said)))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

impl From<Heard> for EventAnswer {
    fn from(heard: Heard) -> Self {
        let acceptance = heard.acceptance.map(|bytes| BASE64URL.encode(bytes));
        Self { state: Some(PurchaseState::name(heard.state)), acceptance }
    }
}
