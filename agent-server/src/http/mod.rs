//! The edge: one file per noun. A handler takes a message, calls the domain, answers a message.
//! All routes are here on one page.

pub mod api;
pub mod assets;
pub mod by_hand;
pub mod challenges;
pub mod confirm;
pub mod confirm_code;
pub mod console;
pub mod demo;
pub mod docs;
pub mod edge;
pub mod enrol;
pub mod events;
pub mod form;
pub mod frame;
pub mod grants;
pub mod health;
pub mod html;
pub mod keys;
pub mod language;
pub mod mailbox;
pub mod mark_page;
pub mod marks;
pub mod me;
pub mod merchants;
pub mod openapi;
pub mod operator;
pub mod overload;
pub mod pages;
pub mod passkey_pages;
pub mod passkeys;
pub mod payouts;
pub mod peer;
pub mod pictures;
pub mod placements;
pub mod plans;
pub mod policy;
pub mod problem;
pub mod purchases;
pub mod qr;
pub mod relayed;
pub mod serve;
pub mod session;
pub mod settlements;
pub mod sign_in;
pub mod statements;
pub mod token;
pub mod wire;

use axum::Router;

use self::api::Routes;
use crate::app::App;

/// Every route of the server.
pub fn router(app: App) -> Router {
    let demo = if app.demo.is_some() { demo::routes() } else { Router::new() };
    let pages = Router::new()
        .merge(frame::routes())
        .merge(assets::routes())
        .merge(shown())
        .merge(passkeys::routes())
        .merge(console::routes(&app))
        .merge(demo);
    edge::around(docs::with(&app, for_programs(&app)).pages(pages), &app).with_state(app)
}

/// What programs ask, each address with what is said of it.
fn for_programs(app: &App) -> Routes {
    Routes::new()
        .merge(merchants::routes())
        .merge(pictures::routes())
        .merge(operator::routes(app))
        .merge(payouts::routes())
        .merge(events::routes())
        .merge(challenges::routes())
        .merge(plans::routes())
        .merge(grants::routes())
        .merge(purchases::routes())
        .merge(relayed::routes(app))
        .merge(settlements::routes())
        .merge(by_hand::routes())
        .merge(marks::routes())
        .merge(placements::routes())
        .merge(mailbox::routes())
        .merge(keys::routes())
        .merge(health::routes())
}

/// What shoppers read in a window of their own.
fn shown() -> Router<App> {
    Router::new()
        .merge(enrol::routes())
        .merge(sign_in::routes())
        .merge(me::routes())
        .merge(statements::routes())
        .merge(mark_page::routes())
        .merge(confirm::routes())
        .merge(confirm_code::routes())
        .merge(pages::routes())
        .merge(passkey_pages::routes())
        .merge(qr::routes())
}
