//! The shopper's own pages at the agent: what they bought, who has what of it, what they can still
//! change. Server-rendered, without script; whoever is not signed in is sent to sign in.

mod by_hand;
mod contracts;
mod money;
mod number;
mod purchase;
mod settings;

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, Query, State},
    http::{StatusCode, Uri},
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use shared_protocol::{Amount, Problem, PurchaseState, Timestamp};

use super::{
    form::own_page,
    html,
    pages::{Shell, parameter, rendered},
    policy::{Ancestors, form_policy},
    problem::Refused,
    session::SignedIn,
};
use crate::{
    app::App,
    domain::{
        account::{self, Account},
        contract::{CODE_FAILURES_MAX, ContractFacts, ContractStatus},
        unavailable,
    },
    store::OwnPurchase,
    texts::{self, Words},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/me", get(show))
        .route("/me/purchases/{number}", get(purchase::show))
        .route("/me/purchases/{number}/decision", post(purchase::decide))
        .route("/me/purchases/{number}/objection", post(purchase::object))
        .route("/me/by-hand", get(by_hand::ask).post(by_hand::give))
        .route("/me/limits", get(settings::limits).post(settings::set_limits))
        .route("/me/code", get(settings::code).post(settings::change_code))
        .route("/me/number", get(number::show))
        .route("/me/number/lost", post(number::lose))
        .route("/me/number/replace", post(number::replace))
        .route("/me/contract", post(contracts::switch))
        .route("/me/language", post(settings::language))
}

async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: SignedIn,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    let shell = shell(&app, &uri, &account);
    let w = shell.w;
    let purchases = app.store.purchases_of(by.contract, SHOWN).await.map_err(unavailable)?;
    let facts = &account.facts;
    let reserved = Amount { minor: facts.reserved, currency: facts.credit_limit.currency };
    let limit = texts::amount(facts.credit_limit);
    let view = Me {
        contract: w.fill("mail.contract_value", &[("last2", &account.number_tail)]),
        status_name: facts.status.name(),
        status: w.get(status(facts, app.clock.now())),
        reserved: texts::amount(reserved),
        of_limit: w.fill("me.of_limit", &[("limit", &limit)]),
        email: &account.email,
        others: contracts::beside(&app, &by, w).await?,
        lines: purchases.iter().map(|own| Line::of(own, w)).collect(),
        done: done(&uri, w),
        form_token: by.form_token(&app),
        shell,
    };
    Ok(answer(StatusCode::OK, &view))
}

/// What stands around a page: in the language of the address, else of the contract.
pub(super) fn shell<'a>(app: &'a App, uri: &Uri, account: &Account) -> Shell<'a> {
    let asked = parameter(uri, "locale").and_then(|tag| tag.parse().ok());
    Shell::in_language(app, uri, asked.unwrap_or(account.locale))
}

/// A page with forms that nobody frames.
fn answer(status: StatusCode, view: &impl Template) -> Response {
    own_page(html::answer(status, &form_policy(Ancestors::Nobody, false), rendered(view)))
}

fn status_of(problem: Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::FORBIDDEN)
}

/// What was done a moment ago.
fn done(uri: &Uri, w: Words) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Done {
        done: Option<String>,
    }
    let Query(Done { done }) = Query::try_from_uri(uri).ok()?;
    Some(w.get(match done?.as_str() {
        "limits" => "me.done_limits",
        "code" => "me.done_code",
        _ => return None,
    }))
}

fn status(facts: &ContractFacts, now: Timestamp) -> &'static str {
    let is_past = facts.valid_until.is_some_and(|until| now >= until);
    match facts.status {
        _ if is_past => "me.status_lapsed",
        _ if facts.code_failures >= CODE_FAILURES_MAX => "me.status_locked",
        ContractStatus::Active => "me.status_active",
        ContractStatus::Suspended => "me.status_suspended",
        ContractStatus::Lapsed => "me.status_lapsed",
    }
}

/// How a purchase stands, in words.
fn state(state: PurchaseState) -> &'static str {
    match state {
        PurchaseState::Started | PurchaseState::Checked => "purchase.started",
        PurchaseState::Granted => "purchase.granted",
        PurchaseState::Accepted => "purchase.accepted",
        PurchaseState::Confirmed => "purchase.confirmed",
        PurchaseState::Declined => "purchase.declined",
        PurchaseState::Refused => "purchase.refused",
        PurchaseState::Cancelled => "purchase.cancelled",
        PurchaseState::Expired => "purchase.expired",
    }
}

/// A purchase in the list.
struct Line {
    shop: String,
    item: String,
    when: String,
    number: String,
    amount: String,
    state: &'static str,
    state_name: &'static str,
}

impl Line {
    fn of(own: &OwnPurchase, w: Words) -> Self {
        Self {
            shop: own.shop.get(w.locale()).to_owned(),
            item: own.purchase.item.get(w.locale()).to_owned(),
            when: texts::minute(own.created_at, w.locale()),
            number: own.handling_number.to_string(),
            amount: texts::amount(own.purchase.amount),
            state: w.get(state(own.purchase.state)),
            state_name: own.purchase.state.name(),
        }
    }
}

#[derive(Template)]
#[template(path = "me.html")]
struct Me<'a> {
    shell: Shell<'a>,
    contract: String,
    status_name: &'static str,
    status: &'static str,
    reserved: String,
    of_limit: String,
    email: &'a str,
    /// The other contracts of the same address.
    others: Vec<contracts::Other>,
    lines: Vec<Line>,
    done: Option<&'static str>,
    form_token: String,
}

const SHOWN: u32 = 200;
