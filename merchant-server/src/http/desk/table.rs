//! Every address of the desk and what it needs. The router is built from this table and from
//! nothing else, so that no address is without a guard.

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{self, MethodRouter};

use super::guard::{Entry, guard};
use super::{entry, money, order, orders, payouts, people, refusal, reports, signing};
use crate::app::App;
use crate::domain::desk::Power;

/// One address of the desk.
pub struct Cell {
    /// How it is asked.
    pub method: Method,
    /// Its path.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Whether it is there in a demo only.
    pub is_of_demo: bool,
    handler: MethodRouter<App>,
}

/// What an address needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it is how people come in.
    Nothing,
    /// Somebody whose role has this power.
    Power(Power),
}

const OPEN: Needs = Needs::Nothing;
const LOOK: Needs = Needs::Power(Power::Look);
const SHIP: Needs = Needs::Power(Power::Ship);
const MONEY: Needs = Needs::Power(Power::Money);
const PEOPLE: Needs = Needs::Power(Power::People);

/// All of them.
pub fn table() -> Vec<Cell> {
    vec![
        get(OPEN, "/desk/passkey.js", entry::script),
        get(OPEN, "/desk/sign-in", entry::show),
        post(OPEN, "/desk/sign-in/options", entry::sign_in_options),
        post(OPEN, "/desk/sign-in", entry::sign_in),
        of_demo(post(OPEN, "/desk/sign-in/demo", entry::demo_sign_in)),
        of_demo(post(OPEN, "/desk/sign-in/demo/passkey", entry::demo_passkey)),
        get(OPEN, "/desk/enrol/{token}", entry::enrol_page),
        post(OPEN, "/desk/enrol/{token}/options", entry::enrol_options),
        post(OPEN, "/desk/enrol/{token}", entry::enrol),
        post(LOOK, "/desk/sign-out", entry::sign_out),
        get(LOOK, "/desk", orders::list),
        get(LOOK, "/desk/orders/{id}", order::show),
        post(SHIP, "/desk/orders/{id}/parcels", money::ship),
        post(MONEY, "/desk/orders/{id}/money", money::draft),
        get(MONEY, "/desk/money/{act}", signing::show),
        post(MONEY, "/desk/money/{act}/options", signing::options),
        post(MONEY, "/desk/money/{act}", signing::sign),
        get(LOOK, "/desk/payouts", payouts::list),
        get(LOOK, "/desk/payouts/{id}", payouts::show),
        get(LOOK, "/desk/reports", reports::show),
        get(LOOK, "/desk/reports.csv", reports::csv),
        get(PEOPLE, "/desk/people", people::list),
        post(PEOPLE, "/desk/people", people::draft),
        get(PEOPLE, "/desk/staff/{act}", signing::show),
        post(PEOPLE, "/desk/staff/{act}/options", signing::options),
        post(PEOPLE, "/desk/staff/{act}", signing::sign),
    ]
}

/// Routes of all of them, each behind its guard.
pub(crate) fn routes(app: &App) -> Router<App> {
    let is_demo = app.demo().is_some();
    let here = table().into_iter().filter(|cell| is_demo || !cell.is_of_demo);
    let routes = here.fold(Router::new(), |router, cell| {
        let entry = Entry { app: app.clone(), needs: cell.needs };
        router.route(cell.path, cell.handler.route_layer(from_fn_with_state(entry, guard)))
    });
    routes.layer(from_fn_with_state(app.clone(), refusal::for_people))
}

fn get<H: Handler<T, App>, T: 'static>(needs: Needs, path: &'static str, handler: H) -> Cell {
    let handler = routing::get(handler);
    Cell { method: Method::GET, path, needs, is_of_demo: false, handler }
}

fn post<H: Handler<T, App>, T: 'static>(needs: Needs, path: &'static str, handler: H) -> Cell {
    let handler = routing::post(handler);
    Cell { method: Method::POST, path, needs, is_of_demo: false, handler }
}

fn of_demo(cell: Cell) -> Cell {
    Cell { is_of_demo: true, ..cell }
}
