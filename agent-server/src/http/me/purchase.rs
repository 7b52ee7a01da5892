//! One purchase: how it went, who has what of it, a yes or a no as long as it is time, an
//! objection.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State},
    http::{StatusCode, Uri},
    response::Response,
};
use serde::Deserialize;
use shared_protocol::{
    Problem, PurchaseEvent, PurchaseState, Remittance, Signed, Standing, Timestamp,
};

use super::{answer, money, shell, state, status_of};
use crate::{
    app::App,
    domain::{
        Unasked, account,
        confirm::{Wanted, decide_here},
        objection::{Reason, words},
        unavailable,
    },
    http::{
        form::own_page,
        html::{self, Inline},
        pages::{RECEIPT, Shell, rendered},
        policy::script_policy,
        problem::Refused,
        session::{Posted, SignedIn, see_other},
        statements::PlanPart,
    },
    store::OwnPurchase,
    texts::{self, Words},
};

pub(super) async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    by: SignedIn,
) -> Result<Response, Refused> {
    let own = own(&app, &by, &number).await?;
    Ok(page(&app, &uri, &by, &own, None).await?)
}

pub(super) async fn decide(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    Posted { by, form }: Posted<Decision>,
) -> Result<Response, Refused> {
    let before = own(&app, &by, &number).await?;
    let wanted = match form.decision.as_str() {
        "ok" => Wanted::Confirm,
        "cancel" => Wanted::Cancel,
        _ => return Err(Problem::MalformedMessage.into()),
    };
    match decide_here(&app, &before, wanted).await {
        Ok(()) => Ok(back(&uri, &before)),
        Err(Problem::Unavailable) => Err(Problem::Unavailable.into()),
        Err(problem) => {
            let after = own(&app, &by, &number).await?;
            Ok(page(&app, &uri, &by, &after, Some(problem)).await?)
        }
    }
}

pub(super) async fn object(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(number): Path<String>,
    Posted { by, form }: Posted<Objection>,
) -> Result<Response, Refused> {
    let own = own(&app, &by, &number).await?;
    let reason = Reason::from_name(&form.reason).ok_or(Problem::MalformedMessage)?;
    let said = app.store.object(own.purchase.row, reason, words(&form.words), app.clock.now());
    said.await.map_err(unavailable)?;
    Ok(back(&uri, &own))
}

/// The purchase of this number, if it is theirs: another's is as none.
async fn own(app: &App, by: &SignedIn, number: &str) -> Result<OwnPurchase, Problem> {
    let number = number.parse().map_err(|_| Problem::NotFound)?;
    let found = app.store.purchase_of(by.contract, &number).await.map_err(unavailable)?;
    found.ok_or(Problem::NotFound)
}

fn back(uri: &Uri, own: &OwnPurchase) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    see_other(&format!("/me/purchases/{}{query}", own.handling_number))
}

async fn page(
    app: &App,
    uri: &Uri,
    by: &SignedIn,
    own: &OwnPurchase,
    problem: Option<Problem>,
) -> Result<Response, Problem> {
    let account = account::of(app, by.contract).await?;
    let events = app.store.events_of(own.purchase.row).await.map_err(unavailable)?;
    let bill = app.store.bill(&own.purchase.id).await.map_err(unavailable)?;
    let here = format!("/me/purchases/{}?{}", own.handling_number, uri.query().unwrap_or_default());
    let shell = shell(app, &here.parse().map_err(|_| Problem::NotFound)?, &account);
    let status = problem.map_or(StatusCode::OK, status_of);
    let plan = bill.map(|bill| rendered(&PlanPart::new(&bill, shell.w))).unwrap_or_default();
    let money::Money { steps: moves, has_begun, paid } = money::of(app, own, shell.w).await?;
    let happened = events.iter().map(|(event, at)| (shell.w.get(what(*event)).to_owned(), *at));
    let mut steps: money::Steps = happened.chain(moves).collect();
    steps.sort_by_key(|(_, at)| *at);
    let open = Open::of(own, app.clock.now(), has_begun);
    let view = View::new(shell, own, steps, (problem, open));
    let copy = Inline::new(include_str!("../../../templates/copy.js"));
    let policy = view.waiting.is_some().then(|| script_policy(&copy));
    let nothing_moved = view.nothing_moved && !has_begun;
    let form_token = by.form_token(app);
    let view = View { form_token, plan, paid, nothing_moved, copy: &copy.text, ..view };
    Ok(match policy {
        Some(policy) => own_page(html::answer(status, &policy, rendered(&view))),
        None => answer(status, &view),
    })
}

impl<'a> View<'a> {
    fn new(
        shell: Shell<'a>,
        own: &'a OwnPurchase,
        steps: money::Steps,
        (problem, open): (Option<Problem>, Open),
    ) -> Self {
        let (w, locale, purchase) = (shell.w, shell.w.locale(), &own.purchase);
        Self {
            shop: own.shop.get(locale),
            item: purchase.item.get(locale),
            amount: texts::amount(purchase.amount),
            number: own.handling_number.to_string(),
            state: w.get(state(purchase.state)),
            state_name: purchase.state.name(),
            waiting: waiting(own, w),
            copy: "",
            nothing_moved: has_ended_in_nothing(purchase.state),
            paid: None,
            sending: own.purchase.remittance.as_ref().and_then(|said| sending(said, w)),
            by: own.deadline.filter(|_| open.may_confirm).map(|at| until(at, w)),
            open,
            steps: steps.into_iter().map(|(what, at)| (what, texts::minute(at, locale))).collect(),
            reasons: Reason::ALL.map(|reason| (reason.name(), w.get(why(reason)))),
            objection: objected(own, w),
            error: problem.map(|problem| problem.text(locale)),
            form_token: String::new(),
            plan: String::new(),
            shell,
        }
    }
}

/// How far the money of a transfer is, in words; nothing where it was not sent.
fn sending(said: &Signed<Remittance>, w: Words) -> Option<String> {
    match said.claimed().ok()?.standing {
        Standing::Received => Some(w.get("transfer.sent").into()),
        Standing::Scheduled(day) => {
            let day = texts::date(day, w.locale());
            Some(w.fill("transfer.scheduled", &[("day", &day)]))
        }
        Standing::NotReceived => None,
    }
}

/// A number that is to be read out.
struct WaitingNumber {
    lead: String,
    spelled: Vec<(char, &'static str)>,
}

fn waiting(own: &OwnPurchase, w: Words) -> Option<WaitingNumber> {
    let is_by_hand = own.purchase.unasked == Some(Unasked::ByHand);
    let expires = own.purchase.granted().ok()?.expires;
    let (until, amount) = (texts::minute(expires, w.locale()), texts::amount(own.purchase.amount));
    let values =
        [("shop", own.shop.get(w.locale())), ("amount", &amount), ("until", until.as_str())];
    (is_by_hand && own.purchase.state == PurchaseState::Granted).then(|| WaitingNumber {
        lead: w.fill("hand.waiting_lead", &values),
        spelled: texts::spelled(&own.handling_number, w.locale()),
    })
}

/// Whether it is over without anything to pay.
fn has_ended_in_nothing(state: PurchaseState) -> bool {
    matches!(
        state,
        PurchaseState::Declined
            | PurchaseState::Refused
            | PurchaseState::Cancelled
            | PurchaseState::Expired
    )
}

/// What can still be decided.
struct Open {
    may_confirm: bool,
    may_cancel: bool,
}

impl Open {
    fn of(own: &OwnPurchase, now: Timestamp, has_begun: bool) -> Self {
        let is_late = own.deadline.is_some_and(|deadline| now >= deadline);
        match own.purchase.state {
            // A scheduled transfer is called off until the bank opens.
            PurchaseState::Accepted if own.purchase.scheduled().is_some() => {
                Self { may_confirm: false, may_cancel: own.deadline.is_some() && !is_late }
            }
            PurchaseState::Accepted => Self { may_confirm: !is_late, may_cancel: !is_late },
            PurchaseState::Granted => Self { may_confirm: false, may_cancel: true },
            PurchaseState::Confirmed => Self {
                may_confirm: false,
                may_cancel: !has_begun && !own.purchase.is_by_transfer(),
            },
            _ => Self { may_confirm: false, may_cancel: false },
        }
    }
}

/// Until when it can be approved, in words.
fn until(at: Timestamp, w: Words) -> String {
    w.fill("mail.by_value", &[("deadline", &texts::minute(at, w.locale()))])
}

/// The objection that was made, in words.
fn objected(own: &OwnPurchase, w: Words) -> Option<String> {
    let reason = w.get(why(own.objection?));
    Some(w.fill("purchase.objected", &[("reason", reason)]))
}

/// What happened, in words, with the number of the seed's step.
fn what(event: PurchaseEvent) -> &'static str {
    match event {
        PurchaseEvent::OrderChecked => "event.checked",
        PurchaseEvent::GrantIssued => "event.granted",
        PurchaseEvent::GrantDeclined => "event.declined",
        PurchaseEvent::OrderAccepted => "event.accepted",
        PurchaseEvent::OrderRefused => "event.refused",
        PurchaseEvent::ShopperConfirmed => "event.confirmed",
        PurchaseEvent::ShopperCancelled => "event.cancelled",
        PurchaseEvent::TimedOut => "event.timed_out",
        PurchaseEvent::ShopperWithdrew => "event.withdrawn",
        PurchaseEvent::MerchantVoided => "event.voided",
        PurchaseEvent::TransferScheduled => "event.transfer_scheduled",
        PurchaseEvent::TransferReceived => "event.transfer_received",
        PurchaseEvent::TransferFailed => "event.transfer_failed",
    }
}

fn why(reason: Reason) -> &'static str {
    match reason {
        Reason::NotMine => "reason.not_mine",
        Reason::NotReceived => "reason.not_received",
        Reason::NotAsDescribed => "reason.not_as_described",
        Reason::WrongAmount => "reason.wrong_amount",
        Reason::Other => "reason.other",
    }
}

#[derive(Deserialize)]
pub(super) struct Decision {
    #[serde(default)]
    decision: String,
}

#[derive(Deserialize)]
pub(super) struct Objection {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    words: String,
}

#[derive(Template)]
#[template(path = "purchase.html")]
struct View<'a> {
    shell: Shell<'a>,
    shop: &'a str,
    item: &'a str,
    amount: String,
    number: String,
    state: &'static str,
    state_name: &'static str,
    /// A number that the shop has not handed in yet.
    waiting: Option<WaitingNumber>,
    /// The script that copies it.
    copy: &'a str,
    nothing_moved: bool,
    sending: Option<String>,
    /// What is paid, and open.
    paid: Option<String>,
    by: Option<String>,
    open: Open,
    steps: Vec<(String, String)>,
    reasons: [(&'static str, &'static str); 5],
    objection: Option<String>,
    error: Option<&'static str>,
    form_token: String,
    /// How it is paid, as HTML.
    plan: String,
}
