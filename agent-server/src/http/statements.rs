//! A shopper's statements (ご利用明細): what falls due in a month, for whoever is signed in.

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{StatusCode, Uri},
    response::Response,
    routing::get,
};
use shared_protocol::{Amount, Date, PurchaseState};

use super::{
    me,
    pages::{Shell, page, parameter},
    problem::Refused,
    session::SignedIn,
};
use crate::{
    app::App,
    domain::{account, plan::Bill, unavailable},
    store::StatementLine,
    texts::{self, BillWords, Words},
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/me/statements", get(show))
}

async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    SignedIn { contract, .. }: SignedIn,
) -> Result<Response, Refused> {
    let account = account::of(&app, contract).await?;
    let shell = me::shell(&app, &uri, &account);
    let asked = parameter(&uri, "month").map(month_named);
    let today = app.plans.calendar.today(app.clock.now());
    let Some(month) = asked.unwrap_or_else(|| today.and_then(month_of)) else {
        let lead = shell.w.get("statement.wrong_month");
        return Ok(shell.say(StatusCode::NOT_FOUND, "statement.title", &[lead]));
    };
    let lines = app.store.statement(contract, month).await.map_err(unavailable)?;
    Ok(page(StatusCode::OK, &View::new(shell, &uri, month, &lines)))
}

/// How one purchase is paid, as a part of a page: plan, fee, total, rate, and each payment.
#[derive(Template)]
#[template(path = "plan.html")]
pub struct PlanPart {
    w: Words,
    bill: BillWords,
}

impl PlanPart {
    /// Of this bill.
    pub fn new(bill: &Bill, w: Words) -> Self {
        Self { bill: BillWords::new(bill, w), w }
    }
}

/// The first and the last day of a month.
pub type Month = (Date, Date);

/// "2026-12", if it is a month.
pub fn month_named(text: &str) -> Option<Month> {
    format!("{text}-01").parse().ok().and_then(month_of)
}

fn month_of(day: Date) -> Option<Month> {
    let (year, month) = (day.year(), day.month());
    let last = (28..=31).rev().find_map(|last| Date::new(year, month, last));
    Date::new(year, month, 1).zip(last)
}

fn month_before(day: Date) -> Option<Month> {
    let (year, month) = (day.year(), day.month());
    let before =
        if month == 1 { Date::new(year - 1, 12, 1) } else { Date::new(year, month - 1, 1) };
    before.and_then(month_of)
}

fn month_after(day: Date) -> Option<Month> {
    let (year, month) = (day.year(), day.month());
    let after = if month == 12 { Date::new(year + 1, 1, 1) } else { Date::new(year, month + 1, 1) };
    after.and_then(month_of)
}

/// The page.
#[derive(Template)]
#[template(path = "statement.html")]
pub struct View<'a> {
    shell: Shell<'a>,
    w: Words,
    lead: String,
    lines: Vec<Line<'a>>,
    /// What is to be paid in all, for each currency.
    sums: Vec<String>,
    /// What of it is open, where some of it is paid.
    open: Vec<String>,
    /// Whether the shopper has yet to approve some of it.
    is_asked: bool,
    before: Option<String>,
    after: Option<String>,
}

/// One payment on the page.
struct Line<'a> {
    due: String,
    shop: &'a str,
    item: &'a str,
    plan: String,
    /// "No. 2 of 12"; empty where there is only one.
    of: String,
    amount: String,
    /// What is paid of it; empty where nothing is.
    paid: String,
    is_asked: bool,
}

impl<'a> View<'a> {
    /// Of these payments in this month.
    pub fn new(shell: Shell<'a>, uri: &Uri, month: Month, lines: &'a [StatementLine]) -> Self {
        let w = shell.w;
        let here = uri.path();
        let locale = parameter(uri, "locale").map(|_| format!("&locale={}", w.tag()));
        let locale = locale.unwrap_or_default();
        let link = |(first, _): Month| {
            format!("{here}?month={:04}-{:02}{locale}", first.year(), first.month())
        };
        let name = texts::month(month.0, w.locale());
        Self {
            lead: w.fill("statement.lead", &[("month", &name)]),
            lines: lines.iter().map(|line| Line::new(line, w)).collect(),
            sums: sums(lines, |line| line.amount).into_iter().map(texts::amount).collect(),
            open: if lines.iter().any(|line| line.paid.minor > 0) {
                sums(lines, open).into_iter().map(texts::amount).collect()
            } else {
                Vec::new()
            },
            is_asked: lines.iter().any(|line| line.state == PurchaseState::Accepted),
            before: month_before(month.0).map(link),
            after: month_after(month.0).map(link),
            w,
            shell,
        }
    }
}

impl<'a> Line<'a> {
    fn new(line: &'a StatementLine, w: Words) -> Self {
        let (number, of) = (line.number.to_string(), line.of.to_string());
        let values = [("n", number.as_str()), ("of", of.as_str())];
        Self {
            due: texts::day_of_month(line.due, w.locale()),
            shop: line.merchant_name.get(w.locale()),
            item: line.item_name.get(w.locale()),
            plan: texts::plan_name(line.plan, w),
            of: if line.of > 1 { w.fill("statement.of", &values) } else { String::new() },
            amount: texts::amount(line.amount),
            paid: paid(line, w),
            is_asked: line.state == PurchaseState::Accepted,
        }
    }
}

/// What is owed for sure: purchases that the shopper has confirmed.
fn sums(lines: &[StatementLine], of: fn(&StatementLine) -> Amount) -> Vec<Amount> {
    let mut sums: Vec<Amount> = Vec::new();
    for line in lines.iter().filter(|line| line.state == PurchaseState::Confirmed) {
        let amount = of(line);
        match sums.iter_mut().find_map(|sum| sum.plus(amount).map(|more| (sum, more))) {
            Some((sum, more)) => *sum = more,
            None => sums.push(amount),
        }
    }
    sums
}

/// What is still to be paid of a payment.
fn open(line: &StatementLine) -> Amount {
    Amount { minor: line.amount.minor.saturating_sub(line.paid.minor), ..line.amount }
}

/// How much of a payment is paid, in words; empty for nothing.
fn paid(line: &StatementLine, w: Words) -> String {
    let (paid, open) = (line.paid, open(line));
    match (paid.minor, open.minor) {
        (0, _) => String::new(),
        (_, 0) => w.get("statement.paid").into(),
        _ => {
            let (paid, open) = (texts::amount(paid), texts::amount(open));
            w.fill("money.stands", &[("paid", paid.as_str()), ("open", open.as_str())])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_and_end_on_their_last_day() {
        let texts = |month: Option<Month>| month.map(|(a, b)| format!("{a} {b}"));
        let month = month_named("2027-12");
        assert_eq!(texts(month).as_deref(), Some("2027-12-01 2027-12-31"));
        let after = month_after(month.unwrap().0);
        assert_eq!(texts(after).as_deref(), Some("2028-01-01 2028-01-31"));
        assert_eq!(month_before(after.unwrap().0), month);
        let leap = month_after(after.unwrap().0);
        assert_eq!(texts(leap).as_deref(), Some("2028-02-01 2028-02-29"));
        assert_eq!(month_before(month_named("1970-01").unwrap().0), None);
        assert_eq!(month_after(month_named("9999-12").unwrap().0), None);
        for nonsense in ["", "2027", "2027-13", "2027-1", "2027-12-01", "%00"] {
            assert_eq!(month_named(nonsense), None, "{nonsense}");
        }
    }
}
