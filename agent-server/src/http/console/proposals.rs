//! Movements of money: asked for by a form, signed by a passkey of who asks, approved by a passkey
//! of somebody else, who sees exactly what both sign for.

use askama::Template;
use axum::{
    Form,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use shared_protocol::Problem;

use super::{
    desk::{Desk, hex, onward, stamp},
    guard::By,
    movement::{lines, payments, rows, title},
    signing::asked,
};
use crate::{
    app::App,
    domain::{
        objection::Resolution,
        operator::{self, Draft, Power, Proposal, Standing, Unmoved, carry_out, stands},
        unavailable,
    },
    files::{Format, Reference},
    http::{
        passkey_pages::script,
        passkeys::{Assertion, Said, unkept},
        problem::Refused,
    },
    store::{SignedHow, TurnedOut},
};

/// The newest ones.
pub(super) async fn list(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "proposals");
    let all = app.store.proposals(AT_ONCE).await.map_err(unavailable)?;
    let now = app.clock.now();
    let line = |proposal: &Proposal| Line {
        id: proposal.id,
        at: stamp(proposal.proposed_at),
        what: title(proposal.movement().as_ref(), desk.w),
        proposer: proposal.proposer.1.clone(),
        standing: desk.w.get(says(stands(proposal, now))),
        standing_name: stands(proposal, now).name(),
    };
    let page = List { lines: all.iter().map(line).collect(), desk };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// One of them, exactly as it is signed for.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<i64>,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "proposals");
    let proposal = find(&app, id).await?;
    let standing = stands(&proposal, app.clock.now());
    let is_own = proposal.proposer.0 == by.operator().id;
    let may = by.operator().role.may(Power::Money);
    let waits_for = if is_own { Standing::Unsigned } else { Standing::Waiting };
    let signs = may && standing == waits_for;
    let keys = app.store.operator_passkeys(by.operator().id).await.map_err(unavailable)?;
    let desk = Desk { script: signs.then(|| script(&app)), ..desk };
    let page = Page {
        lines: lines(&app, proposal.movement().as_ref()).await?,
        signs,
        is_own,
        has_passkey: !keys.is_empty(),
        may_refuse: may && matches!(standing, Standing::Unsigned | Standing::Waiting),
        may_again: may && standing == Standing::Approved,
        ..Page::of(proposal, standing, desk)
    };
    Ok(Desk::answer(StatusCode::OK, signs, &page))
}

/// Writes down what is asked for.
pub(super) async fn draft(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    Form(typed): Form<Typed>,
) -> Result<Response, Refused> {
    let Some(wanted) = typed.read() else {
        return Ok(onward(&uri, &format!("{}?said=unlike", typed.page())));
    };
    Ok(match operator::draft(&app, by.operator(), &wanted).await {
        Ok(id) => onward(&uri, &format!("/console/proposals/{id}?said=drafted")),
        Err(Unmoved::Store(fault)) => return Err(unavailable(fault).into()),
        Err(_) => onward(&uri, &format!("{}?said=nothing", typed.page())),
    })
}

/// What the script asks the browser for.
pub(super) async fn options(
    State(app): State<App>,
    Path(id): Path<i64>,
    by: By,
) -> Result<impl IntoResponse, Refused> {
    let proposal = find(&app, id).await?;
    asked(&app, by.operator(), (proposal.id, proposal.digest)).await
}

/// What the browser answered: the proposer's word, or another's, by which it is carried out.
pub(super) async fn sign(
    State(app): State<App>,
    Path(id): Path<i64>,
    by: By,
    Said(said): Said<Assertion>,
) -> Result<impl IntoResponse, Refused> {
    let proposal = find(&app, id).await?;
    let how = operator::sign(&app, by.operator(), &proposal, &said.read()?).await?;
    let said = match how {
        SignedHow::Proposed => "proposed",
        SignedHow::Approved => "approved",
        SignedHow::OwnProposal => "own",
        SignedHow::Closed => "closed",
    };
    Ok(unkept(json!({ "next": format!("/console/proposals/{id}?said={said}") })))
}

/// It is not to be done.
pub(super) async fn refuse(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<i64>,
    by: By,
) -> Result<Response, Refused> {
    find(&app, id).await?;
    let now = app.clock.now();
    let done = app.store.refuse_proposal(id, by.operator().id, now).await.map_err(unavailable)?;
    let said = if done { "refused" } else { "closed" };
    Ok(onward(&uri, &format!("/console/proposals/{id}?said={said}")))
}

/// Tries once more what was approved and could not be carried out.
pub(super) async fn again(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<i64>,
    by: By,
) -> Result<Response, Refused> {
    let proposal = find(&app, id).await?;
    if stands(&proposal, app.clock.now()) != Standing::Approved {
        return Ok(onward(&uri, &format!("/console/proposals/{id}?said=closed")));
    }
    by.notes(&app, "tried-again", id).await?;
    let said = match carry_out(&app, &proposal).await {
        Ok(()) => "approved",
        Err(Unmoved::Store(fault)) => return Err(unavailable(fault).into()),
        Err(_) => "changed",
    };
    Ok(onward(&uri, &format!("/console/proposals/{id}?said={said}")))
}

async fn find(app: &App, id: i64) -> Result<Proposal, Problem> {
    app.store.proposal(id).await.map_err(unavailable)?.ok_or(Problem::NotFound)
}

/// What a form asks for.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    movement: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    bill: String,
    #[serde(default)]
    line: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    other: String,
    #[serde(default)]
    resolution: String,
}

impl Typed {
    fn read(&self) -> Option<Draft> {
        let number = || self.number.trim().parse().ok();
        let bill = || self.bill.trim().parse().ok();
        Some(match self.movement.as_str() {
            "file" => Draft::File {
                format: Format::from_name(&self.format)?,
                currency: self.currency.trim().to_uppercase().parse().ok()?,
                day: match self.day.trim() {
                    "" => None,
                    day => Some(day.parse().ok()?),
                },
            },
            "release" => Draft::Release { message: self.message.clone() },
            "bill" => Draft::Bill { number: number()?, bill: bill()? },
            "line" => Draft::Line { line: self.line.parse().ok()?, what: self.turned_out()? },
            "again" => Draft::Again { payout: self.other.trim().parse().ok()? },
            "objection" => Draft::Objection {
                number: number()?,
                resolution: Resolution::from_name(&self.resolution)?,
            },
            _ => return None,
        })
    }

    fn turned_out(&self) -> Option<TurnedOut> {
        let other = || self.other.trim().parse().ok();
        Some(match self.what.as_str() {
            "bill" => {
                let bill = self.bill.trim().parse().unwrap_or(1);
                TurnedOut::Bill(self.number.trim().parse().ok()?, bill)
            }
            "payout" => TurnedOut::Payout(other()?),
            "returned" => TurnedOut::Returned(match self.number.trim() {
                "" => Reference::Payout(other()?),
                number => Reference::Transfer(number.parse().ok()?),
            }),
            "against" => TurnedOut::Against(other()?),
            "charge" => TurnedOut::Charge,
            _ => return None,
        })
    }

    /// From which page it came.
    fn page(&self) -> &'static str {
        match self.movement.as_str() {
            "bill" => "/console/bills",
            "line" => "/console/lines",
            "objection" => "/console/objections",
            _ => "/console/settlements",
        }
    }
}

fn says(standing: Standing) -> &'static str {
    match standing {
        Standing::Unsigned => "console.standing_unsigned",
        Standing::Waiting => "console.standing_waiting",
        Standing::Approved => "console.standing_approved",
        Standing::Done => "console.standing_done",
        Standing::Refused => "console.standing_refused",
        Standing::Lapsed => "console.standing_lapsed",
    }
}

struct Line {
    id: i64,
    at: String,
    what: &'static str,
    proposer: String,
    standing: &'static str,
    standing_name: &'static str,
}

#[derive(Template)]
#[template(path = "console/proposals.html")]
struct List<'a> {
    desk: Desk<'a>,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "console/proposal.html")]
struct Page<'a> {
    desk: Desk<'a>,
    /// Where the script asks.
    at: String,
    title: &'static str,
    rows: Vec<(&'static str, String)>,
    payments: Vec<(String, String, String)>,
    lines: Vec<(String, String, String)>,
    digest: String,
    proposer: String,
    proposed: String,
    signed: Option<String>,
    lapses: String,
    decided: Option<(String, String)>,
    outcome: Option<String>,
    standing: &'static str,
    standing_name: &'static str,
    /// Whether this operator's passkey is asked for.
    signs: bool,
    is_own: bool,
    has_passkey: bool,
    may_refuse: bool,
    may_again: bool,
}

impl<'a> Page<'a> {
    /// What it says to everybody.
    fn of(proposal: Proposal, standing: Standing, desk: Desk<'a>) -> Self {
        let movement = proposal.movement();
        Self {
            at: format!("/console/proposals/{}", proposal.id),
            title: title(movement.as_ref(), desk.w),
            rows: rows(movement.as_ref(), desk.w),
            payments: payments(movement.as_ref()),
            lines: Vec::new(),
            digest: hex(proposal.digest.as_bytes()),
            proposer: proposal.proposer.1,
            proposed: stamp(proposal.proposed_at),
            signed: proposal.signed_at.map(stamp),
            lapses: stamp(proposal.lapses_at),
            decided: proposal.decision.map(|(_, name, at)| (name, stamp(at))),
            outcome: proposal.outcome,
            standing: desk.w.get(says(standing)),
            standing_name: standing.name(),
            signs: false,
            is_own: false,
            has_passkey: false,
            may_refuse: false,
            may_again: false,
            desk,
        }
    }
}

const AT_ONCE: u32 = 100;
