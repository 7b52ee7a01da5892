//! What is going on, and what waits for somebody.

use axum::{extract::State, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::record::AuditJson;
use crate::{
    app::App,
    http::{
        api::{Served, get},
        console::today::{Figures, figures},
        merchants::{moment, unkept},
        problem::Refused,
    },
};

pub(super) fn served() -> Vec<Served> {
    vec![get("/v1/operator/today", "api.console_today", show).answers_json::<TodayJson>()]
}

async fn show(State(app): State<App>) -> Result<Response, Refused> {
    Ok(unkept(TodayJson::of(figures(&app).await?)))
}

/// How it stands now.
#[derive(Serialize, ToSchema)]
#[schema(as = Today)]
struct TodayJson {
    /// At this moment.
    at: String,
    /// Purchases that were asked for today.
    asked: u64,
    /// Of these: granted.
    granted: u64,
    /// Of these: taken by their shops.
    accepted: u64,
    /// Granted, and not taken by their shop for a while.
    waiting: u64,
    /// Questions to shoppers that are open.
    unanswered: u64,
    /// Letters and webhooks that are on their way.
    on_their_way: u64,
    /// Letters and webhooks that were given up.
    given_up: u64,
    /// Objections that are not resolved.
    objections: u64,
    /// Lines of the bank's that nothing matched.
    parked: u64,
    /// Payouts that are in no file.
    unfiled: u64,
    /// Proposals that wait for another operator.
    proposals: u64,
    /// The next day that is settled.
    settles: Option<String>,
    /// On which day merchants are paid what is settled then.
    pays: Option<String>,
    /// The last day that the calendar knows, if it ends soon: after it nobody is paid out.
    calendar_ends: Option<String>,
    /// The last audit, if there was one.
    audit: Option<AuditJson>,
}

impl TodayJson {
    fn of(figures: Figures) -> Self {
        let Figures { now, today, settles, pays, ends, audit } = figures;
        Self {
            at: moment(now),
            asked: today.asked,
            granted: today.granted,
            accepted: today.accepted,
            waiting: today.waiting,
            unanswered: today.unanswered,
            on_their_way: today.on_their_way,
            given_up: today.given_up,
            objections: today.objections,
            parked: today.parked,
            unfiled: today.unfiled,
            proposals: today.proposals,
            settles: settles.map(|day| day.to_string()),
            pays: pays.map(|day| day.to_string()),
            calendar_ends: ends.map(|day| day.to_string()),
            audit: audit.as_ref().map(AuditJson::of),
        }
    }
}
