//! One purchase as the seed's steps 51–72 with their moments, and the shapes of what was signed:
//! names, sizes and digests, never what is in it.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use shared_protocol::{Amount, Problem, PurchaseEvent, Timestamp};

use super::{
    desk::{Desk, delivered, stamp},
    guard::By,
    purchases::says,
};
use crate::{
    app::App,
    domain::{Purchase, unavailable},
    http::problem::Refused,
    store::{EventsAsked, Found, Happened, Moved, Shape, ToldEvent},
    texts::{self, Words},
};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "purchases");
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    let known = app.store.purchase_and_number(&id).await.map_err(unavailable)?;
    let (purchase, found) = known.ok_or(Problem::NotFound)?;
    let steps = steps(&app, &purchase, &found, desk.w).await?;
    let shapes = app.store.shapes(purchase.row).await.map_err(unavailable)?;
    let asked = EventsAsked { purchase: Some(id), most: 100, ..EventsAsked::default() };
    let told = app.store.events(&asked).await.map_err(unavailable)?;
    let page = Page {
        steps,
        shapes: shapes.iter().map(|shape| shown(shape, desk.w)).collect(),
        told: told.iter().map(|told| ToldLine::of(told, desk.w)).collect(),
        ..Page::of(&purchase, &found, desk)
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// One step of the seed's.
struct Step {
    number: &'static str,
    what: String,
    at: String,
}

async fn steps(
    app: &App,
    purchase: &Purchase,
    found: &Found,
    w: Words,
) -> Result<Vec<Step>, Problem> {
    let events = app.store.events_of(purchase.row).await.map_err(unavailable)?;
    let moves = app.store.moves(purchase.row).await.map_err(unavailable)?;
    let happened = app.store.happened(purchase.row).await.map_err(unavailable)?;
    let text = |(number, key): (&'static str, &'static str)| (number, w.get(key).to_owned());
    let mut all: Vec<((&'static str, String), Timestamp)> =
        vec![(text(("57", "console.step_asked")), found.at)];
    all.extend(events.into_iter().map(|(event, at)| (text(of_event(event)), at)));
    let currency = purchase.amount.currency;
    for (moved, at) in moves {
        let (number, key, minor) = of_money(moved);
        let amount = texts::amount(Amount { minor, currency });
        all.push(((number, w.fill(key, &[("amount", amount.as_str())])), at));
    }
    for (what, at) in happened {
        all.push((of_others(what, w), at));
    }
    all.sort_by_key(|(_, at)| *at);
    let step = |((number, what), at)| Step { number, what, at: stamp(at) };
    Ok(all.into_iter().map(step).collect())
}

fn of_event(event: PurchaseEvent) -> (&'static str, &'static str) {
    match event {
        PurchaseEvent::OrderChecked => ("55", "console.step_checked"),
        PurchaseEvent::GrantIssued => ("58–60", "console.step_granted"),
        PurchaseEvent::GrantDeclined => ("72", "console.step_declined"),
        PurchaseEvent::OrderAccepted => ("61–63", "console.step_accepted"),
        PurchaseEvent::OrderRefused => ("72", "console.step_refused"),
        PurchaseEvent::ShopperConfirmed => ("65", "console.step_confirmed"),
        PurchaseEvent::ShopperCancelled => ("72", "console.step_cancelled"),
        PurchaseEvent::TimedOut => ("72", "console.step_timed_out"),
        PurchaseEvent::ShopperWithdrew => ("72", "console.step_withdrawn"),
        PurchaseEvent::MerchantVoided => ("72", "console.step_voided"),
        PurchaseEvent::TransferScheduled => ("162", "console.step_scheduled"),
        PurchaseEvent::TransferReceived => ("153", "console.step_transferred"),
        PurchaseEvent::TransferFailed => ("158", "console.step_not_transferred"),
    }
}

fn of_money(moved: Moved) -> (&'static str, &'static str, u64) {
    match moved {
        Moved::Shipped => ("67", "console.step_shipped", 0),
        Moved::Claimed(minor) => ("66", "console.step_claimed", minor),
        Moved::Voided(minor) => ("66", "console.step_let_go", minor),
        Moved::Refunded(minor) => ("66", "console.step_refunded", minor),
        Moved::Upheld(minor) => ("66", "console.step_upheld", minor),
        Moved::Billed(minor) => ("70", "console.step_billed", minor),
        Moved::Credited(minor) => ("70", "console.step_credited", minor),
    }
}

fn of_others(what: Happened, w: Words) -> (&'static str, String) {
    match what {
        Happened::Asked => ("64", w.get("console.step_question").to_owned()),
        Happened::LetterSent => ("64", w.get("console.step_letter").to_owned()),
        Happened::PaidOut(day) => {
            let day = texts::date(day, w.locale());
            ("68", w.fill("console.step_paid_out", &[("day", day.as_str())]))
        }
        Happened::BankPaid => ("69", w.get("console.step_bank_paid").to_owned()),
        Happened::BillPaid => ("71", w.get("console.step_bill_paid").to_owned()),
    }
}

/// A message by its shape.
struct Shown {
    name: &'static str,
    fields: &'static str,
    bytes: String,
    digest: String,
}

fn shown(shape: &Shape, w: Words) -> Shown {
    let (name, fields) = match shape.name {
        "tally" => ("console.shape_tally", TALLY),
        "quote" => ("console.shape_quote", QUOTE),
        "grant_signed" => ("console.shape_grant", GRANT),
        "acceptance" => ("console.shape_acceptance", ACCEPTANCE),
        "refusal" => ("console.shape_refusal", REFUSAL),
        _ => ("console.shape_confirmation", CONFIRMATION),
    };
    Shown {
        name: w.get(name),
        fields,
        bytes: shape.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
        digest: shape.digest.clone(),
    }
}

fn problem_line(problem: Problem, w: Words) -> (u16, &'static str, &'static str) {
    (problem.number(), problem.code(), problem.text(w.locale()))
}

struct ToldLine {
    id: String,
    what: &'static str,
    at: String,
    state: &'static str,
}

impl ToldLine {
    fn of(told: &ToldEvent, w: Words) -> Self {
        Self {
            id: told.event.name(),
            what: told.event.what.name(),
            at: stamp(told.event.at),
            state: w.get(delivered(told.state.as_deref().unwrap_or_default())),
        }
    }
}

#[derive(Template)]
#[template(path = "console/purchase.html")]
struct Page<'a> {
    desk: Desk<'a>,
    id: String,
    number: Option<String>,
    merchant: String,
    amount: String,
    total: String,
    state: &'static str,
    state_name: &'static str,
    problem: Option<(u16, &'static str, &'static str)>,
    steps: Vec<Step>,
    shapes: Vec<Shown>,
    told: Vec<ToldLine>,
}

impl<'a> Page<'a> {
    /// Its head.
    fn of(purchase: &Purchase, found: &Found, desk: Desk<'a>) -> Self {
        Self {
            id: found.id.to_string(),
            number: found.number.map(|number| number.to_string()),
            merchant: found.merchant.to_string(),
            amount: texts::amount(found.amount),
            total: texts::amount(purchase.total),
            state: desk.w.get(says(found.state)),
            state_name: found.state.name(),
            problem: purchase.problem.map(|problem| problem_line(problem, desk.w)),
            steps: Vec::new(),
            shapes: Vec::new(),
            told: Vec::new(),
            desk,
        }
    }
}

/// The fields of the messages (PROTOCOL.md), by name alone.
const TALLY: &str = "version, purchase, challenge, merchant, agent, order, payment, offer, \
     amount, plan class, expires";
const QUOTE: &str = "purchase, merchant, amount, plan, fee, instalments, expires";
const GRANT: &str = "handling number, purchase, merchant, agent, order, offer, amount, \
     plan class, session key, issued, expires";
const ACCEPTANCE: &str = "merchant, agent, purchase, handling number, grant, accepted";
const REFUSAL: &str = "merchant, agent, purchase, handling number, refused";
const CONFIRMATION: &str = "agent, merchant, purchase, handling number, outcome, decided";
