//! Movements of money that operators proposed, and what became of them. They are signed at the
//! console alone.

use axum::{
    extract::{Path, State},
    response::Response,
};
use serde::Serialize;
use shared_protocol::{Problem, Timestamp};
use utoipa::ToSchema;

use crate::{
    app::App,
    domain::{
        operator::{Proposal, stands},
        unavailable,
    },
    http::{
        api::{Served, get, kinds},
        merchants::{moment, unkept},
        problem::Refused,
    },
};

pub(super) fn served() -> Vec<Served> {
    let list =
        get("/v1/operator/proposals", "api.console_proposals", list).answers_json::<Proposals>();
    let one = get("/v1/operator/proposals/{proposal}", "api.console_proposal", show)
        .at("proposal", kinds::PROPOSAL)
        .answers_json::<ProposalStory>();
    vec![list, one]
}

async fn list(State(app): State<App>) -> Result<Response, Refused> {
    let all = app.store.proposals(AT_ONCE).await.map_err(unavailable)?;
    let now = app.clock.now();
    let proposals = all.iter().map(|proposal| ProposalJson::of(proposal, now)).collect();
    Ok(unkept(Proposals { proposals }))
}

async fn show(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    let proposal = app.store.proposal(id).await.map_err(unavailable)?.ok_or(Problem::NotFound)?;
    let json = ProposalJson::of(&proposal, app.clock.now());
    Ok(unkept(ProposalStory { proposal: json, what: proposal.what }))
}

/// Proposals, newest first, at most 100.
#[derive(Serialize, ToSchema)]
struct Proposals {
    proposals: Vec<ProposalJson>,
}

/// A movement of money that one operator proposes and another approves.
#[derive(Serialize, ToSchema)]
#[schema(as = Proposal)]
struct ProposalJson {
    /// Its row.
    id: String,
    /// file, release, bill, line, objection or notice
    movement: Option<&'static str>,
    /// unsigned, waiting, approved, done, refused or lapsed
    standing: &'static str,
    /// Who proposes it.
    proposer: String,
    /// When it was written down.
    proposed_at: String,
    /// When its proposer signed.
    signed_at: Option<String>,
    /// From when on nobody can approve it.
    lapses_at: String,
    /// Who approved or refused it.
    decided_by: Option<String>,
    /// When.
    decided_at: Option<String>,
    /// What came of it.
    outcome: Option<String>,
}

/// A proposal with all that decides.
#[derive(Serialize, ToSchema)]
struct ProposalStory {
    proposal: ProposalJson,
    /// JSON, as text: the very bytes that both sign for.
    what: String,
}

impl ProposalJson {
    fn of(proposal: &Proposal, now: Timestamp) -> Self {
        let decided = proposal.decision.as_ref();
        Self {
            id: proposal.id.to_string(),
            movement: proposal.movement().map(|movement| movement.name()),
            standing: stands(proposal, now).name(),
            proposer: proposal.proposer.1.clone(),
            proposed_at: moment(proposal.proposed_at),
            signed_at: proposal.signed_at.map(moment),
            lapses_at: moment(proposal.lapses_at),
            decided_by: decided.map(|(_, name, _)| name.clone()),
            decided_at: decided.map(|(.., at)| moment(*at)),
            outcome: proposal.outcome.clone(),
        }
    }
}

const AT_ONCE: u32 = 100;
