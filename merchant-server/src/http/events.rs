//! `POST /warifu/v1/events`: the agent's notifications (Standard Webhooks). Believed only by the
//! signature over the raw bytes, and then by what the agent says when it is asked.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::{Deserialize, Serialize};
use shared_protocol::{Problem, PurchaseId, PurchaseState};

use super::body::RawJson;
use crate::app::App;
use crate::domain::webhook::{self, WebhookHeaders};
use crate::domain::{self, Failure, Heard, Notification, NotificationKind};
use crate::driver::AgentSilence;

/// The answer: how the purchase stands here.
#[derive(Serialize)]
pub(super) struct EventAnswer {
    state: Option<&'static str>,
    acceptance: Option<String>,
}

/// The body, as thin as can be. Newer agents may say more, so unknown members are let pass.
#[derive(Deserialize)]
struct EventBody {
    r#type: String,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    purchase: String,
    sequence: u32,
}

pub(super) async fn hear(
    State(app): State<App>,
    RawJson { headers, bytes }: RawJson,
) -> Result<Json<EventAnswer>, Failure> {
    let (now, text) = (app.now(), |name| header(&headers, name));
    let [id, timestamp, signature] =
        ["webhook-id", "webhook-timestamp", "webhook-signature"].map(text);
    let signed = WebhookHeaders { id, timestamp, signature };
    let shop = app.shop();
    let secrets = &shop.webhook_secrets;
    webhook::verify(&signed, &bytes, &shop.agent_keys(), secrets, now).map_err(Failure::Webhook)?;
    let EventBody { r#type, data } =
        serde_json::from_slice(&bytes).map_err(|_| Problem::MalformedMessage)?;
    let purchase = data.purchase.parse().map_err(|_| Problem::MalformedMessage)?;
    if let Some(demo) = app.demo() {
        demo.saw_event(purchase, &bytes, now);
    }
    let kind = if r#type == "purchase.lapsed" {
        NotificationKind::Lapsed
    } else if app.store().has_heard(id, purchase, data.sequence).await? {
        NotificationKind::Told
    } else {
        ask(&app, &r#type, purchase).await?
    };
    let notification = Notification { id: id.to_owned(), purchase, sequence: data.sequence, kind };
    let heard = domain::hear(shop, app.store(), notification, now).await?;
    Ok(Json(EventAnswer::of(heard)))
}

/// How the purchase stands now: whatever was announced, this counts.
async fn ask(app: &App, told: &str, purchase: PurchaseId) -> Result<NotificationKind, Failure> {
    if told == PAYEE_REFUSED {
        tracing::error!("the bank says that our account is none: have the agent put it right");
    }
    let status = app.agent().purchase_status(purchase).await.map_err(|silence| match silence {
        AgentSilence::Status(404) => Problem::PurchaseUnknown,
        silence => {
            tracing::warn!(%purchase, %silence, "the agent was asked");
            Problem::Unavailable
        }
    })?;
    if let Some(said) = &status.remittance {
        domain::told(app.shop(), app.store(), purchase, said, app.now()).await?;
    }
    Ok(status.confirmation.map_or(NotificationKind::Told, NotificationKind::Decided))
}

/// Where transfers to this shop fail by its own fault (158).
const PAYEE_REFUSED: &str = "purchase.payee_refused";

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

impl EventAnswer {
    fn of(heard: Option<Heard>) -> Self {
        let state = heard.as_ref().map(|heard| PurchaseState::name(heard.state));
        let acceptance = heard.and_then(|heard| heard.acceptance);
        Self { state, acceptance: acceptance.map(|bytes| BASE64URL.encode(bytes)) }
    }
}
