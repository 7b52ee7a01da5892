//! What the console shows, as JSON for operators' own programs, by their token. It is read and no
//! more: whoever changes something or moves money does it at the console, by a passkey. Money is
//! whole minor units; times are RFC 3339 in UTC.

mod contracts;
mod deliveries;
mod merchants;
mod proposals;
mod purchases;
mod record;
mod settlements;
mod today;

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};

use super::{
    api::{Group, Routes, Served},
    problem::Refused,
    token::check_reader,
};
use crate::{app::App, domain::operator::Section};

/// Its routes, each behind the guard of its part of the console.
pub fn routes(app: &App) -> Routes {
    let guarded = |(section, served): (Section, Served)| {
        let entry = Entry { app: app.clone(), section };
        let guard = from_fn_with_state(entry, guard);
        served.among(Group::Operator).by_operator(|handler| handler.route_layer(guard))
    };
    table().into_iter().map(guarded).fold(Routes::new(), Routes::and)
}

/// All addresses, with what they are part of.
fn table() -> Vec<(Section, Served)> {
    let of = |section, all: Vec<Served>| all.into_iter().map(move |served| (section, served));
    [
        of(Section::Today, today::served()),
        of(Section::Purchases, purchases::served()),
        of(Section::Merchants, merchants::served()),
        of(Section::Contracts, contracts::served()),
        of(Section::Deliveries, deliveries::served()),
        of(Section::Settlements, settlements::served()),
        of(Section::Proposals, proposals::served()),
        of(Section::Audit, record::served()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The way in to one address.
#[derive(Clone)]
struct Entry {
    app: App,
    section: Section,
}

/// Lets in whoever shows a token that may read there.
async fn guard(State(entry): State<Entry>, request: Request, next: Next) -> Response {
    match check_reader(&entry.app, entry.section, request.headers()).await {
        Ok(()) => next.run(request).await,
        Err(problem) => Refused(problem).into_response(),
    }
}
