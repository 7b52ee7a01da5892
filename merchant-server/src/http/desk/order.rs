//! One order: what it is, where it goes, what happened to it, how its money stands, and the forms
//! for what comes next.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use shared_protocol::{
    Address, Amount, Delivery, PlanClass, Problem, PurchaseState, Settlement, Standing, prefectures,
};

use super::guard::By;
use super::money;
use super::orders::item_name;
use super::shell::{Asked, Shell};
use super::steps::{Step, steps};
use crate::app::App;
use crate::domain::desk::Power;
use crate::domain::{Deal, Failure, Order, Parcel, Recipient, stands};
use crate::store::{KeptWord, Told};
use crate::texts::{Words, amount, minute, number, plan_key, state_key};

/// It.
pub(super) async fn show(
    State(app): State<App>,
    asked: Asked,
    Path(id): Path<String>,
    by: By,
) -> Result<Response, Failure> {
    let order = money::find(&app, &id).await?;
    let deal = order.deal.clone().ok_or(Problem::NotFound)?;
    let shell = Shell::of(&app, &by, &asked, "orders");
    let store = app.store();
    let (words, parcels) = (store.words(order.id).await?, store.parcels(order.id).await?);
    let (events, to) = (store.order_events(order.id).await?, store.recipient(order.id).await?);
    let told = store.remittance(order.purchase).await?;
    let may_move = by.person().role.may(Power::Money);
    let item = item_name(&order, &*app.shelf().catalogue().await, shell.w.locale());
    let settlement = stands(deal.amount, words.iter().filter_map(|word| word.receipt.as_deref()));
    let page = Page {
        id,
        title: deal.reference.clone().unwrap_or_else(|| deal.handling_number.to_string()),
        state: (order.state.name(), shell.w.get(state_key(order.state.name()))),
        rows: rows(&app, &order, &deal, item, shell.w),
        money: sums(settlement, told.as_ref(), (&deal, has_shipped(&words)), shell.w),
        to: to.map(|to| of_recipient(&to, shell.w)).unwrap_or_default(),
        steps: steps(&app, (&order, &shell, may_move), &events, &words),
        next: Next::of((&order, &deal), settlement, &words, &parcels, may_move),
        parcels: parcels.into_iter().map(|parcel| Shown::of(parcel, &words)).collect(),
        shell,
    };
    Ok(Shell::answer(false, &page))
}

/// Whether the agent was told that goods went.
fn has_shipped(words: &[KeptWord]) -> bool {
    words.iter().any(|word| word.kind == "shipment" && word.receipt.is_some())
}

type Rows = Vec<(&'static str, String)>;

fn rows(app: &App, order: &Order, deal: &Deal, item: String, w: Words) -> Rows {
    vec![
        (w.get("desk.item"), format!("{item} × {}", deal.quantity)),
        (w.get("desk.amount"), amount(deal.amount)),
        (w.get("desk.plan"), w.get(plan_key(deal.plan_class)).to_owned()),
        (w.get("desk.number"), deal.handling_number.to_string()),
        (w.get("desk.ordered"), minute(order.created, &app.config().time_zone)),
    ]
}

/// How the money stands; nothing before anything was said of it.
fn sums(
    settlement: Settlement,
    told: Option<&Told>,
    (deal, has_shipped): (&Deal, bool),
    w: Words,
) -> Rows {
    if let Some(told) = told {
        let says = match told.said.claimed().map(|word| word.standing) {
            Ok(Standing::Received) => w.get("desk.money_received").to_owned(),
            Ok(Standing::Scheduled(day)) => {
                w.fill("desk.money_scheduled", &[("day", &day.to_string())])
            }
            _ if has_shipped => w.get("desk.money_came_back").to_owned(),
            _ => w.get("desk.money_not_received").to_owned(),
        };
        return vec![(w.get("desk.transfer"), says)];
    }
    if deal.plan_class == PlanClass::Transfer {
        return Vec::new();
    }
    let sums = [
        ("desk.claimed", settlement.claimed()),
        ("desk.refunded", settlement.refunded()),
        ("desk.voided", settlement.voided()),
        ("desk.open", settlement.open()),
    ];
    sums.map(|(key, sum)| (w.get(key), amount(sum))).to_vec()
}

/// Who ordered and where it goes.
fn of_recipient(to: &Recipient, w: Words) -> Rows {
    let Recipient { contact, delivery } = to;
    let mut rows = match delivery {
        Delivery::Intangible => vec![(w.get("desk.delivery"), w.get("desk.by_mail").to_owned())],
        Delivery::Physical(address) => {
            vec![
                (w.get("desk.delivery"), written(address)),
                (w.get("desk.recipient"), address.name.expose().to_owned()),
                (w.get("desk.phone_there"), address.phone.expose().to_owned()),
            ]
        }
    };
    rows.extend([
        (w.get("desk.contact"), contact.name.expose().to_owned()),
        (w.get("desk.kana"), contact.kana.expose().to_owned()),
        (w.get("desk.phone"), contact.phone.expose().to_owned()),
        (w.get("desk.mail"), contact.email.expose().to_owned()),
    ]);
    rows.retain(|(_, value)| !value.is_empty());
    rows
}

/// As it is written on a parcel: in Japan with the sign of the post and the prefecture's name.
fn written(address: &Address) -> String {
    let (code, region) = (address.postal_code.expose(), address.region.as_str());
    let prefecture = prefectures().find(|(known, ..)| *known == region);
    let code = match (prefecture, code.split_at_checked(3)) {
        (Some(_), Some((area, rest))) if code.len() == 7 => format!("〒{area}-{rest}"),
        _ => code.to_owned(),
    };
    let region = prefecture.map_or(region, |(_, name, _)| name);
    let (locality, line1) = (address.locality.expose(), address.line1.expose());
    let lines = [code.as_str(), region, locality, line1, address.line2.expose()];
    lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What can be done now, with the name under which it would be done.
struct Next {
    /// How many are left to be shipped.
    ship: Option<(u32, String)>,
    claim: Option<(String, String)>,
    refund: Option<(String, String)>,
    void: Option<(String, String)>,
}

impl Next {
    fn of(
        (order, deal): (&Order, &Deal),
        settlement: Settlement,
        words: &[KeptWord],
        parcels: &[(String, Parcel)],
        may_move: bool,
    ) -> Self {
        let is_sold = order.state == PurchaseState::Confirmed;
        let gone: u32 = parcels.iter().map(|(_, parcel)| parcel.quantity).sum();
        let is_whole = |word: &&KeptWord| {
            word.kind == "shipment" && parcels.iter().all(|(name, _)| *name != word.name)
        };
        let all_went = words.iter().any(|word| is_whole(&word));
        let left = if all_went { 0 } else { deal.quantity.saturating_sub(gone) };
        let moves = is_sold && may_move && deal.plan_class != PlanClass::Transfer;
        let name = |kind, letter| unused(words, kind, letter);
        let some = |sum: Amount, kind, letter| {
            (moves && sum.minor > 0).then(|| (number(sum), name(kind, letter)))
        };
        Self {
            ship: (is_sold && left > 0).then(|| (left, name("shipment", 'S'))),
            claim: some(settlement.open(), "claim", 'C'),
            refund: some(settlement.kept(), "refund", 'R'),
            void: some(settlement.open(), "void", 'V'),
        }
    }

    fn has_money(&self) -> bool {
        self.claim.is_some() || self.refund.is_some() || self.void.is_some()
    }
}

/// C-1, C-2 …: the first name that is free.
fn unused(words: &[KeptWord], kind: &str, letter: char) -> String {
    let of_kind = || words.iter().filter(|word| word.kind == kind);
    let is_free = |name: &String| of_kind().all(|word| word.name != *name);
    let names = (1..=of_kind().count() + 1).map(|count| format!("{letter}-{count}"));
    names.into_iter().find(is_free).unwrap_or_default()
}

/// A parcel that went.
struct Shown {
    name: String,
    parcel: Parcel,
    /// Whether the agent has yet to answer.
    is_open: bool,
}

impl Shown {
    fn of((name, parcel): (String, Parcel), words: &[KeptWord]) -> Self {
        let heard = |word: &KeptWord| word.name == name && word.receipt.is_some();
        let is_open = !words.iter().any(|word| word.kind == "shipment" && heard(word));
        Self { name, parcel, is_open }
    }
}

#[derive(Template)]
#[template(path = "order.html")]
struct Page {
    shell: Shell,
    id: String,
    title: String,
    /// By its name, and in words.
    state: (&'static str, &'static str),
    rows: Rows,
    money: Rows,
    to: Rows,
    steps: Vec<Step>,
    parcels: Vec<Shown>,
    next: Next,
}
