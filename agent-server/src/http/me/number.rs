//! The contract number: shown, stopped when it is lost, replaced by another.

use askama::Template;
use axum::{
    extract::{OriginalUri, State},
    http::{StatusCode, Uri},
    response::Response,
};
use shared_protocol::Problem;

use super::{
    answer,
    settings::{Codes, wrong_code},
    shell, status_of,
};
use crate::{
    app::App,
    domain::{
        account::{self, check_code},
        enrolment::written,
        unavailable,
    },
    http::{
        pages::Shell,
        peer::Caller,
        problem::Refused,
        session::{Posted, SignedIn, see_other},
        sign_in::Nothing,
    },
    store::Change,
};

pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: SignedIn,
) -> Result<Response, Refused> {
    Ok(number_page(&app, &uri, &by, None).await?)
}

/// At once, and without a code: whoever has lost the number may have lost that, too.
pub(super) async fn lose(
    State(app): State<App>,
    Posted { by, .. }: Posted<Nothing>,
) -> Result<Response, Refused> {
    let lost = app.store.change(by.contract, Change::Lost, app.clock.now()).await;
    lost.map_err(unavailable)?;
    Ok(see_other("/me/number"))
}

pub(super) async fn replace(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Caller(network): Caller,
    Posted { by, form }: Posted<Codes>,
) -> Result<Response, Refused> {
    let account = account::of(&app, by.contract).await?;
    if let Err(problem) = check_code(&app, &account, network, &form.code).await {
        return Ok(number_page(&app, &uri, &by, Some(problem)).await?);
    }
    let code = shared_protocol::SecurityCode::new(form.code);
    account::replace_number(&app, by.contract, &code).await?;
    Ok(see_other("/me/number"))
}

async fn number_page(
    app: &App,
    uri: &Uri,
    by: &SignedIn,
    problem: Option<Problem>,
) -> Result<Response, Problem> {
    let account = account::of(app, by.contract).await?;
    let here = format!("/me/number?{}", uri.query().unwrap_or_default());
    let shell = shell(app, &here.parse().map_err(|_| Problem::NotFound)?, &account);
    let w = shell.w;
    let view = NumberPage {
        contract: w.fill("mail.contract_value", &[("last2", &account.number_tail)]),
        number: account.number(app).ok().map(|number| written(&number)),
        is_lost: account.is_lost,
        error: problem
            .map(|problem| wrong_code(problem, w).unwrap_or_else(|| problem.text(w.locale()))),
        form_token: by.form_token(app),
        shell,
    };
    Ok(answer(problem.map_or(StatusCode::OK, status_of), &view))
}

#[derive(Template)]
#[template(path = "number.html")]
struct NumberPage<'a> {
    shell: Shell<'a>,
    contract: String,
    number: Option<String>,
    is_lost: bool,
    error: Option<&'static str>,
    form_token: String,
}
