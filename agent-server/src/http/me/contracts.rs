//! An address that has several contracts: the pages show one at a time, and change to another.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use shared_protocol::Problem;

use super::status;
use crate::{
    app::App,
    domain::{account::Account, session::Proof, unavailable},
    http::{
        problem::Refused,
        session::{Posted, SignedIn, begin_session, end_session, see_other_with},
    },
    texts::Words,
};

/// Another contract of the same address, as its owner sees it.
pub(super) struct Other {
    pub id: i64,
    pub contract: String,
    pub status: &'static str,
}

/// The other contracts of whoever has shown that the address is theirs.
pub(super) async fn beside(app: &App, by: &SignedIn, w: Words) -> Result<Vec<Other>, Problem> {
    let other = |account: Account| Other {
        id: account.facts.id,
        contract: w.fill("mail.contract_value", &[("last2", &account.number_tail)]),
        status: w.get(status(&account.facts, app.clock.now())),
    };
    Ok(accounts(app, by).await?.into_iter().map(other).collect())
}

/// Shows another contract from now on, in a session of its own: a form that was opened for the one
/// before changes nothing of this one.
pub(super) async fn switch(
    State(app): State<App>,
    Posted { by, form }: Posted<Wanted>,
) -> Result<Response, Refused> {
    let wanted = accounts(&app, &by).await?;
    let wanted = wanted.iter().find(|account| account.facts.id.to_string() == form.contract);
    let contract = wanted.ok_or(Problem::NotFound)?.facts.id;
    let cookie = begin_session(&app, contract, Proof::Address).await?;
    end_session(&app, &by).await?;
    Ok(see_other_with("/me", cookie))
}

async fn accounts(app: &App, by: &SignedIn) -> Result<Vec<Account>, Problem> {
    if by.proof != Proof::Address {
        return Ok(Vec::new());
    }
    let mut accounts = app.store.accounts_beside(by.contract).await.map_err(unavailable)?;
    accounts.retain(|account| account.facts.id != by.contract);
    Ok(accounts)
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    contract: String,
}
