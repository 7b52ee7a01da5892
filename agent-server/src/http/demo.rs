//! The demo's pages: mailbox, split inspector, clock. Mounted in a demo and nowhere else.

use askama::Template;
use axum::{
    Form, Json, Router,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use shared_protocol::{Field, Locale, Problem, Span};

use super::{
    html::{Inline, answer},
    pages::{Shell, rendered},
    policy::{live_policy, origin_of},
    problem::Refused,
};
use crate::{
    app::App,
    demo::{self, Demo, KeptLetter},
    domain::unavailable,
    texts::{self, Words},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/_demo/mail", get(mail))
        .route("/_demo/mail.json", get(mail_json))
        .route("/_demo/mail/{id}", get(letter))
        .route("/_demo/split", get(split))
        .route("/_demo/split.json", get(split_json))
        .route("/_demo/clock", post(advance))
}

async fn mail(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shell = Shell::new(&app, &uri, &headers);
    let (w, script) = (shell.w, Inline::new(include_str!("../../templates/demo_mail.js")));
    let now = texts::minute(app.clock.now(), w.locale());
    let view = MailPage {
        letters: letters(demo_of(&app)?, w.locale()),
        now: w.fill("demo.clock_now", &[("now", &now)]),
        clock_moves: app.clock.as_test().is_some(),
        back: uri.path_and_query().map_or("/_demo/mail", |here| here.as_str()),
        code: demo::CODE,
        contracts: contracts(w),
        script: &script.text,
        shell,
    };
    Ok(answer(StatusCode::OK, &live_policy(&script, "'self'"), rendered(&view)))
}

async fn mail_json(State(app): State<App>) -> Result<Json<Vec<KeptLetter>>, Refused> {
    Ok(Json(demo_of(&app)?.mailbox.newest_first()))
}

/// The letter itself. Its links open in the whole window: our pages let nobody frame them.
async fn letter(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let letter = demo_of(&app)?.mailbox.find(&id).ok_or(Problem::NotFound)?;
    let html = letter.html.replacen("<head>", "<head>\n<base target=\"_top\">", 1);
    Ok(answer(StatusCode::OK, LETTER_POLICY, html))
}

async fn split(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let shell = Shell::new(&app, &uri, &headers);
    let script = Inline::new(include_str!("../../templates/demo_split.js"));
    let words = split_words(shell.w).to_string().replace('<', "\\u003c");
    let origins: Vec<_> = shops(&app).await?;
    let origins = origins.iter().filter_map(|shop| origin_of(shop)).collect::<Vec<_>>().join(" ");
    let policy = live_policy(&script, &format!("'self' {origins}"));
    let view = SplitPage { shell, words, script: &script.text };
    Ok(answer(StatusCode::OK, &policy, rendered(&view)))
}

async fn split_json(State(app): State<App>) -> Result<Response, Refused> {
    let side = demo_of(&app)?.split.agent_side(shops(&app).await?);
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(side)).into_response())
}

async fn advance(
    State(app): State<App>,
    headers: HeaderMap,
    Form(by): Form<Advance>,
) -> Result<Response, Refused> {
    let clock = app.clock.as_test().ok_or(Problem::MethodNotAllowed)?;
    clock.advance(Span::secs(i64::from(by.advance)));
    app.wake_driver();
    let is_page = headers
        .get(header::ACCEPT)
        .is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
    let back = by.back.filter(|back| is_page && back.starts_with("/_demo/"));
    let back = back.and_then(|back| HeaderValue::from_str(&back).ok());
    Ok(match back {
        Some(back) => (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response(),
        None => Json(json!({ "now": app.clock.now().as_millis() })).into_response(),
    })
}

fn demo_of(app: &App) -> Result<&Demo, Problem> {
    app.demo.as_ref().ok_or(Problem::NotFound)
}

async fn shops(app: &App) -> Result<Vec<String>, Problem> {
    let merchants = app.store.merchants().await.map_err(unavailable)?;
    Ok(merchants
        .into_iter()
        .map(|merchant| merchant.server)
        .filter(|url| !url.is_empty())
        .collect())
}

/// Newest first, with the time as people read it.
fn letters(demo: &Demo, locale: Locale) -> Vec<KeptLetter> {
    let mut letters = demo.mailbox.newest_first();
    for letter in &mut letters {
        if let Some(moment) = letter.moment() {
            letter.received_at = texts::minute(moment, locale);
        }
    }
    letters
}

fn contracts(w: Words) -> Vec<(String, &'static str)> {
    let line = |contract: &demo::DemoContract| (contract.written(), w.get(contract.shows));
    demo::contracts().map(line).collect()
}

fn split_words(w: Words) -> Value {
    let label = |field: &Field| (field.name().to_owned(), field.label(w.locale()).into());
    let labels: serde_json::Map<String, Value> = Field::ALL.iter().map(label).collect();
    json!({
        "index": match w.locale() { Locale::Ja => 0, Locale::En => 1 },
        "fields": Field::ALL.iter().map(|field| field.name()).collect::<Vec<_>>(),
        "labels": labels,
        "number": w.get("demo.split_number"),
        "number_note": w.get("demo.split_number_note"),
        "address": w.get("demo.split_address"),
        "address_note": w.get("demo.split_address_note"),
        "broken": w.get("demo.split_broken"),
        "away": w.get("demo.split_shop_away"),
        "empty": w.get("demo.split_empty"),
        "earlier": w.get("demo.split_earlier"),
        "plans": {
            "single": w.get("plan.single"),
            "revolving": w.get("plan.revolving"),
            "bonus": w.get("plan.bonus"),
        },
        "hidden": w.get("demo.split_hidden"),
        "handling": w.get("receipt.number"),
        "merchant": w.get("demo.split_merchant"),
        "goods": w.get("demo.split_goods"),
        "amount": w.get("demo.split_amount"),
    })
}

#[derive(Deserialize)]
struct Advance {
    advance: u32,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "demo_mail.html")]
struct MailPage<'a> {
    shell: Shell<'a>,
    letters: Vec<KeptLetter>,
    now: String,
    clock_moves: bool,
    back: &'a str,
    code: &'static str,
    contracts: Vec<(String, &'static str)>,
    script: &'a str,
}

#[derive(Template)]
#[template(path = "demo_split.html")]
struct SplitPage<'a> {
    shell: Shell<'a>,
    words: String,
    script: &'a str,
}

/// Mail readers let letters bring their own style and nothing else.
const LETTER_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
     base-uri 'none'; frame-ancestors 'self'";
