//! One purchase as the seed's steps 51–72 with their moments, and the shapes of what was signed:
//! names, sizes and digests, never what is in it.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use shared_protocol::Problem;

use super::{
    desk::{Desk, delivered, stamp},
    guard::By,
    purchases::says,
    steps::{Step, steps},
};
use crate::{
    app::App,
    domain::{Purchase, unavailable},
    http::problem::Refused,
    store::{EventsAsked, Found, Shape, ToldEvent},
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
    let steps = steps(&app, &purchase, &found).await?;
    let shapes = app.store.shapes(purchase.row).await.map_err(unavailable)?;
    let asked = EventsAsked { purchase: Some(id), most: 100, ..EventsAsked::default() };
    let told = app.store.events(&asked).await.map_err(unavailable)?;
    let page = Page {
        steps: steps.iter().map(|step| Line::of(step, desk.w)).collect(),
        shapes: shapes.iter().map(|shape| shown(shape, desk.w)).collect(),
        told: told.iter().map(|told| ToldLine::of(told, desk.w)).collect(),
        ..Page::of(&purchase, &found, desk)
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// One step of the seed's.
struct Line {
    number: &'static str,
    what: String,
    at: String,
}

impl Line {
    fn of(step: &Step, w: Words) -> Self {
        Self { number: step.number, what: step.says(w), at: stamp(step.at) }
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
    steps: Vec<Line>,
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
