//! The confirmation page (64–65): GET shows, only POST decides, so that mail scanners that open
//! every link decide nothing (TRUST.md D11). Works without script and without cookies.

use askama::Template;
use axum::{
    Form, Router,
    extract::{OriginalUri, Path, State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use shared_protocol::{Outcome, Problem, PurchaseState, Timestamp};

use super::pages::{RECEIPT, Shell, page, parameter};
use crate::{
    app::App,
    domain::{Question, confirm},
    texts::{self, BillWords, Words},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/confirm/{token}", get(show).post(decide))
}

async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    let question = match confirm::question(&app, &token).await {
        Ok(question) => question,
        Err(problem) => return refused(&app, &uri, &headers, problem),
    };
    match Standing::of(&question, app.clock.now()) {
        Some(standing) => page(StatusCode::OK, &view(&app, &uri, &question, standing)),
        None => refused(&app, &uri, &headers, Problem::LinkInvalid),
    }
}

async fn decide(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(token): Path<String>,
    headers: HeaderMap,
    answer: Result<Form<Answer>, FormRejection>,
) -> Response {
    let wanted = match answer {
        Ok(Form(Answer { decision: Decision::Ok })) => Outcome::Confirmed,
        Ok(Form(Answer { decision: Decision::Cancel })) => Outcome::Cancelled,
        Err(_) => return refused(&app, &uri, &headers, Problem::MalformedMessage),
    };
    match confirm::decide(&app, &token, wanted, app.clock.now()).await {
        // What came of it is shown by GET: then reloading and going back ask nothing.
        Ok(_) | Err(Problem::NotConfirmed) => see_other(&uri),
        Err(Problem::LinkInvalid) => refused(&app, &uri, &headers, Problem::LinkInvalid),
        Err(problem) => contradicted(&app, &uri, &headers, &token, problem).await,
    }
}

/// The other answer was given before.
async fn contradicted(
    app: &App,
    uri: &Uri,
    headers: &HeaderMap,
    token: &str,
    problem: Problem,
) -> Response {
    let Ok(question) = confirm::question(app, token).await else {
        return refused(app, uri, headers, problem);
    };
    let standing = match question.state {
        PurchaseState::Confirmed => Standing::AlreadyConfirmed,
        PurchaseState::Cancelled => Standing::AlreadyCancelled,
        PurchaseState::Expired => Standing::Expired,
        _ => return refused(app, uri, headers, problem),
    };
    page(StatusCode::CONFLICT, &view(app, uri, &question, standing))
}

fn refused(app: &App, uri: &Uri, headers: &HeaderMap, problem: Problem) -> Response {
    let shell = Shell::new(app, uri, headers);
    let w = shell.w;
    if problem.may_pass_later() {
        return shell.say_again("page.failed_title", &[w.get("page.failed_lead")], uri.path());
    }
    let what = problem.text(w.locale());
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::NOT_FOUND);
    shell.say(status, "confirm.not_found", &[what, w.get("confirm.not_found_lead")])
}

fn see_other(uri: &Uri) -> Response {
    let here = uri.path_and_query().map_or(uri.path(), |here| here.as_str());
    let mut answer = StatusCode::SEE_OTHER.into_response();
    let headers = answer.headers_mut();
    if let Ok(here) = HeaderValue::from_str(here) {
        headers.insert(header::LOCATION, here);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

fn view<'a>(app: &'a App, uri: &Uri, question: &'a Question, standing: Standing) -> View<'a> {
    let asked = parameter(uri, "locale").and_then(|tag| tag.parse().ok());
    let locale = asked.unwrap_or(question.locale);
    let shell = Shell::in_language(app, uri, locale);
    let w = shell.w;
    let shop = question.merchant_name.get(locale);
    let (title, lead) = standing.texts();
    let day = question.scheduled.map(|day| texts::date(day, locale)).unwrap_or_default();
    View {
        title: w.get(title),
        lead: w.fill(lead, &[("shop", shop), ("day", &day)]),
        standing,
        shop,
        item: question.item_name.get(locale),
        quantity: question.quantity.to_string(),
        amount: texts::amount(question.amount),
        bill: BillWords::new(&question.bill, w),
        number: question.handling_number.to_string(),
        contract: w.fill("mail.contract_value", &[("last2", &question.contract_tail)]),
        by: w.fill("mail.by_value", &[("deadline", &texts::minute(question.deadline, locale))]),
        w,
        shell,
    }
}

/// What the page says of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Open,
    Scheduled,
    Confirmed,
    Cancelled,
    Expired,
    AlreadyConfirmed,
    AlreadyCancelled,
}

impl Standing {
    /// How it stands at `now`; `None` where there is nothing to ask or to say.
    fn of(question: &Question, now: Timestamp) -> Option<Self> {
        let outcome = confirm::outcome_at(question, Outcome::Confirmed, now);
        match question.state {
            PurchaseState::Accepted if question.scheduled.is_some() => Some(Self::Scheduled),
            PurchaseState::Accepted if outcome == Outcome::Expired => Some(Self::Expired),
            PurchaseState::Accepted => Some(Self::Open),
            PurchaseState::Confirmed => Some(Self::Confirmed),
            PurchaseState::Cancelled => Some(Self::Cancelled),
            PurchaseState::Expired => Some(Self::Expired),
            PurchaseState::Started
            | PurchaseState::Checked
            | PurchaseState::Granted
            | PurchaseState::Declined
            | PurchaseState::Refused => None,
        }
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("confirm.title", "confirm.lead"),
            Self::Scheduled => ("confirm.scheduled", "confirm.scheduled_lead"),
            Self::Confirmed => ("confirm.done", "confirm.done_lead"),
            Self::Cancelled => ("confirm.cancelled", "confirm.cancelled_lead"),
            Self::Expired => ("confirm.expired", "confirm.expired_lead"),
            Self::AlreadyConfirmed => ("confirm.already_ok", "confirm.done_lead"),
            Self::AlreadyCancelled => ("confirm.already_cancelled", "confirm.cancelled_lead"),
        }
    }

    /// Its name for programs that look at the page.
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Scheduled => "scheduled",
            Self::Confirmed | Self::AlreadyConfirmed => "confirmed",
            Self::Cancelled | Self::AlreadyCancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    decision: Decision,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Ok,
    Cancel,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct View<'a> {
    shell: Shell<'a>,
    w: Words,
    standing: Standing,
    title: &'static str,
    lead: String,
    shop: &'a str,
    item: &'a str,
    quantity: String,
    amount: String,
    bill: BillWords,
    number: String,
    contract: String,
    by: String,
}
