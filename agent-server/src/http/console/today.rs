//! The console's first page: what is going on, and what waits for somebody.

use askama::Template;
use axum::{
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use shared_protocol::{Date, Problem, Span, Timestamp};

use super::{
    desk::{Desk, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{day, plan::Calendar, settlement::cutoff, unavailable},
    http::problem::Refused,
    store::{AuditRun, Today},
    texts,
};

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "today");
    let Figures { now, today, settles, pays, ends, audit } = figures(&app).await?;
    let locale = desk.w.locale();
    let date = |day: Option<Date>| day.map(|day| texts::date(day, locale)).unwrap_or_default();
    let page = Page {
        now: stamp(now),
        accepted: share(today.accepted, today.asked),
        today,
        settles: date(settles),
        pays: date(pays),
        ends: ends.map(|day| texts::date(day, locale)),
        audit: audit.map(|run| (stamp(run.ended_at), run.findings)),
        desk,
    };
    Ok(Desk::answer(StatusCode::OK, false, &page))
}

/// How it stands, and what comes next.
pub(in crate::http) struct Figures {
    /// At this moment.
    pub(in crate::http) now: Timestamp,
    /// What is going on.
    pub(in crate::http) today: Today,
    /// The next day that is settled.
    pub(in crate::http) settles: Option<Date>,
    /// When merchants are paid what is settled then.
    pub(in crate::http) pays: Option<Date>,
    /// The last day that the calendar knows, if it ends soon.
    pub(in crate::http) ends: Option<Date>,
    /// The last audit.
    pub(in crate::http) audit: Option<AuditRun>,
}

/// The figures.
pub(in crate::http) async fn figures(app: &App) -> Result<Figures, Problem> {
    let (now, zone) = (app.clock.now(), app.config.zone());
    let began = day::began(now, &zone);
    let today = app.store.today(began, now.minus(LATE), now).await.map_err(unavailable)?;
    let audit = app.store.audits(1).await.map_err(unavailable)?.into_iter().next();
    let is_settled = app.store.is_day_settled(cutoff(now, &zone)).await.map_err(unavailable)?;
    let next = if is_settled { now.plus(Span::hours(24)) } else { now };
    let (calendar, days) = (&app.plans.calendar, app.config.settlement.payout_days);
    let pays = calendar.business_day_after(day::began(next, &zone), days);
    let (settles, ends) = (calendar.today(next), ends_soon(calendar, now));
    Ok(Figures { now, today, settles, pays, ends, audit })
}

/// The last day of the calendar, if that is near.
fn ends_soon(calendar: &Calendar, now: Timestamp) -> Option<Date> {
    calendar.known_until().filter(|_| !calendar.knows(now.plus(AHEAD)))
}

/// "97.5 %"; nothing of nothing is no share.
fn share(part: u64, whole: u64) -> String {
    match part.saturating_mul(1000).checked_div(whole) {
        None => "–".into(),
        Some(thousandths) => format!("{}.{} %", thousandths / 10, thousandths % 10),
    }
}

/// So long before the calendar ends it is said.
const AHEAD: Span = Span::hours(24 * 60);

/// So long a shop may take to accept before somebody looks.
const LATE: Span = Span::secs(10);

#[derive(Template)]
#[template(path = "console/today.html")]
struct Page<'a> {
    desk: Desk<'a>,
    now: String,
    today: Today,
    accepted: String,
    settles: String,
    pays: String,
    /// The last day of the calendar, if that is near.
    ends: Option<String>,
    audit: Option<(String, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_said_in_tenths_of_a_percent() {
        assert_eq!(share(0, 0), "–");
        assert_eq!(share(2, 3), "66.6 %");
        assert_eq!(share(3, 3), "100.0 %");
    }
}
