//! Every address of the console and what it needs. The router is built from this table and from
//! nothing else, so that no address is without a guard.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{self, MethodRouter},
};

use super::{
    audit, changes, contracts, deliveries, entry,
    guard::{Entry, guard},
    merchant_changes, merchants, money,
    notices::{self, NOTICE_MAX},
    operators, proposals, purchase, purchases, today,
};
use crate::{app::App, domain::operator::Power};

/// One address of the console.
pub struct Cell {
    /// How it is asked.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Whether it is there in a demo only.
    pub is_of_demo: bool,
    /// The most bytes that a form has.
    most: usize,
    handler: MethodRouter<App>,
}

/// What an address needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it is how operators come in.
    Nothing,
    /// An operator whose role has this power.
    Power(Power),
}

const OPEN: Needs = Needs::Nothing;
const LOOK: Needs = Needs::Power(Power::Look);
const CARE: Needs = Needs::Power(Power::Care);
const MONEY: Needs = Needs::Power(Power::Money);
const GOVERN: Needs = Needs::Power(Power::Govern);

/// All of them.
pub fn table() -> Vec<Cell> {
    entries().into_iter().chain(affairs()).chain(moneys()).collect()
}

/// How operators come in and go.
fn entries() -> Vec<Cell> {
    vec![
        get(OPEN, "/console/sign-in", entry::show),
        post(OPEN, "/console/sign-in/options", entry::sign_in_options),
        post(OPEN, "/console/sign-in", entry::sign_in),
        of_demo(post(OPEN, "/console/sign-in/demo", entry::demo_sign_in)),
        of_demo(post(OPEN, "/console/sign-in/demo/passkey", entry::demo_passkey)),
        get(OPEN, "/console/enrol/{token}", entry::enrol_page),
        post(OPEN, "/console/enrol/{token}/options", entry::enrol_options),
        post(OPEN, "/console/enrol/{token}", entry::enrol),
        post(LOOK, "/console/sign-out", entry::sign_out),
    ]
}

/// Purchases, merchants, operators, contracts, deliveries, the audit.
fn affairs() -> Vec<Cell> {
    vec![
        get(LOOK, "/console", today::show),
        get(LOOK, "/console/purchases", purchases::list),
        get(LOOK, "/console/purchases/{id}", purchase::show),
        get(LOOK, "/console/merchants", merchants::list),
        get(LOOK, "/console/merchants/{id}", merchants::show),
        post(GOVERN, "/console/merchants/{id}/status", merchants::set_status),
        post(GOVERN, "/console/merchants/{id}/origins", merchant_changes::origins),
        post(GOVERN, "/console/merchants/{id}/keys", merchant_changes::keys),
        get(LOOK, "/console/operators", operators::list),
        post(GOVERN, "/console/operators", operators::change),
        get(GOVERN, "/console/changes/{id}", changes::show),
        post(GOVERN, "/console/changes/{id}/options", changes::options),
        post(GOVERN, "/console/changes/{id}", changes::sign),
        get(LOOK, "/console/contracts", contracts::list),
        post(CARE, "/console/contracts/{id}/status", contracts::set_status),
        get(LOOK, "/console/deliveries", deliveries::webhooks),
        get(LOOK, "/console/deliveries/{id}", deliveries::webhook),
        get(LOOK, "/console/letters", deliveries::letters),
        post(CARE, "/console/deliveries/{id}/resend", deliveries::resend),
        get(LOOK, "/console/audit", audit::show),
        post(LOOK, "/console/audit", audit::run),
        get(LOOK, "/console/record", audit::record),
    ]
}

/// Settlements, and what moves money.
fn moneys() -> Vec<Cell> {
    vec![
        get(LOOK, "/console/settlements", money::payouts),
        get(LOOK, "/console/bills", money::bills),
        get(LOOK, "/console/lines", money::lines),
        large(NOTICE_MAX, post(MONEY, "/console/notices", notices::draft)),
        get(LOOK, "/console/objections", money::objections),
        get(MONEY, "/console/files/{message}", money::file),
        get(LOOK, "/console/proposals", proposals::list),
        get(LOOK, "/console/proposals/{id}", proposals::show),
        post(MONEY, "/console/proposals", proposals::draft),
        post(MONEY, "/console/proposals/{id}/options", proposals::options),
        post(MONEY, "/console/proposals/{id}", proposals::sign),
        post(MONEY, "/console/proposals/{id}/refusal", proposals::refuse),
        post(MONEY, "/console/proposals/{id}/again", proposals::again),
    ]
}

/// Routes of all of them, each behind its guard.
pub fn routes(app: &App) -> Router<App> {
    let is_demo = app.demo.is_some();
    let here = table().into_iter().filter(|cell| is_demo || !cell.is_of_demo);
    here.fold(Router::new(), |router, cell| {
        let entry = Entry { app: app.clone(), needs: cell.needs, most: cell.most };
        let handler = cell.handler.route_layer(from_fn_with_state(entry, guard));
        router.route(cell.path, handler.layer(DefaultBodyLimit::max(cell.most)))
    })
}

fn get<H: Handler<T, App>, T: 'static>(needs: Needs, path: &'static str, handler: H) -> Cell {
    let handler = routing::get(handler);
    Cell { method: Method::GET, path, needs, is_of_demo: false, most: FORM_MAX, handler }
}

fn post<H: Handler<T, App>, T: 'static>(needs: Needs, path: &'static str, handler: H) -> Cell {
    let handler = routing::post(handler);
    Cell { method: Method::POST, path, needs, is_of_demo: false, most: FORM_MAX, handler }
}

fn large(most: usize, cell: Cell) -> Cell {
    Cell { most, ..cell }
}

fn of_demo(cell: Cell) -> Cell {
    Cell { is_of_demo: true, ..cell }
}

const FORM_MAX: usize = 64 * 1024;
