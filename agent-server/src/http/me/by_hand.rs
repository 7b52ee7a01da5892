//! A number to read out: for which shop, how much. What came of it is shown on the purchase's own
//! page, where it can be cancelled as long as the shop has not handed it in.

use askama::Template;
use axum::{
    extract::{OriginalUri, State},
    http::{StatusCode, Uri},
    response::Response,
};
use serde::Deserialize;
use shared_protocol::{Amount, Currency, Problem, SecurityCode};

use super::{
    answer,
    settings::{minor, wrong_code},
    shell, status_of,
};
use crate::{
    app::App,
    domain::{
        account::{self, Account},
        by_hand::{self, Wish},
        unavailable,
    },
    http::{
        pages::Shell,
        peer::Caller,
        problem::Refused,
        session::{Posted, SignedIn, see_other},
    },
    texts::Words,
};

pub(super) async fn ask(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: SignedIn,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    Ok(page(&app, &uri, &by, &account, &Typed::default(), None).await?)
}

pub(super) async fn give(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Caller(network): Caller,
    Posted { by, form }: Posted<Typed>,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    let wish = match form.wish(&account) {
        Ok(wish) => wish,
        Err(problem) => {
            return Ok(page(&app, &uri, &by, &account, &form, Some(problem)).await?);
        }
    };
    let code = SecurityCode::new(form.code.clone());
    match by_hand::give(&app, &account, wish, network, code).await {
        Ok(number) => {
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            Ok(see_other(&format!("/me/purchases/{number}{query}")))
        }
        Err(problem) => Ok(page(&app, &uri, &by, &account, &form, Some(problem)).await?),
    }
}

/// What was typed.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    merchant: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    code: String,
}

impl Typed {
    fn wish(&self, account: &Account) -> Result<Wish, Problem> {
        let currency = account.facts.credit_limit.currency;
        let merchant = self.merchant.parse().map_err(|_| Problem::UnknownMerchant)?;
        let amount = minor(&self.amount, currency).flatten().filter(|minor| *minor > 0);
        let amount = amount.and_then(|minor| Amount::new(minor, currency));
        let amount = amount.ok_or(Problem::FieldInvalid)?;
        Ok(Wish { merchant, amount, locale: account.locale })
    }
}

async fn page(
    app: &App,
    uri: &Uri,
    by: &SignedIn,
    account: &Account,
    typed: &Typed,
    problem: Option<Problem>,
) -> Result<Response, Problem> {
    let shell = shell(app, uri, account);
    let (w, locale) = (shell.w, shell.w.locale());
    let says = |problem: Problem| wrong_code(problem, w).unwrap_or_else(|| problem.text(locale));
    let of = |field: &[Problem]| problem.filter(|problem| field.contains(problem)).map(says);
    let (shop_error, amount_error, code_error) = (of(&SHOP), of(&AMOUNT), of(&CODE));
    let is_told = shop_error.or(amount_error).or(code_error).is_some();
    let currency = &account.facts.credit_limit.currency;
    let view = Ask {
        shops: shops(app, w).await?,
        merchant: &typed.merchant,
        amount: &typed.amount,
        unit: if *currency == Currency::JPY { w.get("limits.yen") } else { currency.code() },
        error: problem.filter(|_| !is_told).map(says),
        shop_error,
        amount_error,
        code_error,
        hours: app.config.by_hand_hours.to_string(),
        form_token: by.form_token(app),
        shell,
    };
    Ok(answer(problem.map_or(StatusCode::OK, status_of), &view))
}

/// The shops to choose from: id and name.
async fn shops(app: &App, w: Words) -> Result<Vec<(String, String)>, Problem> {
    let now = app.clock.now();
    let all = app.store.merchants().await.map_err(unavailable)?;
    let open = all.into_iter().filter(|merchant| merchant.check_in_force(now).is_ok());
    let shown = open.map(|shop| (shop.id.to_string(), shop.name.get(w.locale()).to_owned()));
    Ok(shown.collect())
}

#[derive(Template)]
#[template(path = "by_hand.html")]
struct Ask<'a> {
    shell: Shell<'a>,
    shops: Vec<(String, String)>,
    merchant: &'a str,
    amount: &'a str,
    unit: &'a str,
    error: Option<&'static str>,
    shop_error: Option<&'static str>,
    amount_error: Option<&'static str>,
    code_error: Option<&'static str>,
    hours: String,
    form_token: String,
}

const SHOP: [Problem; 3] =
    [Problem::UnknownMerchant, Problem::MerchantLapsed, Problem::MarkRevoked];
const AMOUNT: [Problem; 2] = [Problem::FieldInvalid, Problem::LimitExceeded];
const CODE: [Problem; 2] = [Problem::ContractNotRecognised, Problem::ContractLocked];
