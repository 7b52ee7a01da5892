//! What is done only by a passkey's signature over exactly it: shown, signed, done.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use passkeys::{SaidAssertion, descriptor, request};
use serde_json::json;
use shared_protocol::{Problem, decode, encode};

use super::guard::By;
use super::shell::{Asked, Shell, role_key};
use super::{money, people};
use crate::app::App;
use crate::domain::desk::{self, Act, Money, Power, Way};
use crate::domain::{Failure, Order};
use crate::texts::{Words, amount};

/// Where an act is shown and signed.
pub(super) fn address(act: &Act) -> String {
    let room = if act.power() == Power::Money { "money" } else { "staff" };
    format!("/desk/{room}/{}", BASE64URL.encode(encode(act)))
}

/// Exactly what will be signed for.
pub(super) async fn show(
    State(app): State<App>,
    asked: Asked,
    Path(act): Path<String>,
    by: By,
) -> Result<Response, Failure> {
    let act = read(&act, &by)?;
    let keys = app.store().person_passkeys(by.person().id).await?;
    let has_passkey = !keys.is_empty();
    let section = if act.power() == Power::Money { "orders" } else { "people" };
    let shell = Shell::of(&app, &by, &asked, section).with_script(has_passkey);
    let (rows, back) = match &act {
        Act::Money(money) => {
            let order = order_of(&app, money).await?;
            (of_money(money, &order, shell.w), format!("/desk/orders/{}", money.purchase))
        }
        other => (of_person(other, shell.w), "/desk/people".to_owned()),
    };
    let (title, at) = (shell.w.get(title(&act)), shell.at(&address(&act)));
    let page = Page { title, rows, at, back: shell.to(&back), has_passkey, shell };
    Ok(Shell::answer(has_passkey, &page))
}

/// What the script asks the browser for.
pub(super) async fn options(
    State(app): State<App>,
    Path(act): Path<String>,
    by: By,
) -> Result<impl IntoResponse, Failure> {
    let act = read(&act, &by)?;
    let keys = app.store().person_passkeys(by.person().id).await?;
    let keys: Vec<_> =
        keys.iter().map(|key| descriptor(&key.credential_id, &key.transports)).collect();
    let challenge = app.challenge(act.purpose(by.person()));
    Ok(Json(request(app.desk_party(), &keys, &challenge)))
}

/// What the browser answered: it is done.
pub(super) async fn sign(
    State(app): State<App>,
    asked: Asked,
    Path(act): Path<String>,
    by: By,
    Json(said): Json<SaidAssertion>,
) -> Result<impl IntoResponse, Failure> {
    let act = read(&act, &by)?;
    let signed = desk::sign(&app.door(), by.person(), act, &said.read()?).await?;
    let next = match signed.act() {
        Act::Money(money) => money::settled(&app, &signed, money).await?,
        act => people::done(&app, &signed, act).await?,
    };
    let and = if next.contains('?') { "&" } else { "?" };
    let locale = asked.words().tag();
    Ok(Json(json!({ "next": format!("{}{next}{and}locale={locale}", asked.base) })))
}

/// The act that an address names, if it is theirs to do.
fn read(text: &str, by: &By) -> Result<Act, Problem> {
    let bytes = BASE64URL.decode(text).map_err(|_| Problem::NotFound)?;
    let act: Act = decode(&bytes).map_err(|_| Problem::NotFound)?;
    let may = by.person().role.may(act.power());
    may.then_some(act).ok_or(Problem::RoleNotAllowed)
}

pub(super) async fn order_of(app: &App, money: &Money) -> Result<Order, Failure> {
    let order = app.store().order(money.purchase).await?;
    Ok(order.filter(|order| order.deal.is_some()).ok_or(Problem::NotFound)?)
}

fn title(act: &Act) -> &'static str {
    match act {
        Act::Money(Money { way: Way::Claim(_), .. }) => "desk.claim",
        Act::Money(Money { way: Way::Void, .. }) => "desk.void",
        Act::Money(Money { way: Way::Refund, .. }) => "desk.refund",
        Act::Invite { .. } => "desk.invite",
        Act::InviteAgain { .. } => "desk.invite_again",
        Act::GiveRole { .. } => "desk.give_role",
        Act::Remove { .. } => "desk.remove",
    }
}

type Rows = Vec<(&'static str, String)>;

fn of_money(money: &Money, order: &Order, w: Words) -> Rows {
    let reference = order.deal.as_ref().and_then(|deal| deal.reference.clone());
    let mut rows = vec![
        (w.get("desk.order"), reference.unwrap_or_else(|| money.purchase.to_string())),
        (w.get("desk.amount"), amount(money.amount)),
        (w.get("desk.name"), money.name.to_string()),
    ];
    if let Way::Claim(Some(shipment)) = &money.way {
        rows.push((w.get("desk.for_parcel"), shipment.to_string()));
    }
    rows
}

fn of_person(act: &Act, w: Words) -> Rows {
    let (name, role) = match act {
        Act::Invite { name, role } | Act::GiveRole { name, role } => (name, Some(*role)),
        Act::InviteAgain { name } | Act::Remove { name } => (name, None),
        Act::Money(_) => return Vec::new(),
    };
    let role = role.map(|role| (w.get("desk.role"), w.get(role_key(role)).to_owned()));
    [Some((w.get("desk.person"), name.clone())), role].into_iter().flatten().collect()
}

#[derive(Template)]
#[template(path = "sign.html")]
struct Page {
    shell: Shell,
    title: &'static str,
    rows: Rows,
    at: String,
    back: String,
    has_passkey: bool,
}
