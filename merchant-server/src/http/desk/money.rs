//! What people do with an order: ship a parcel at once, and ask for a movement of its money, which
//! is then signed for.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use shared_protocol::{Amount, Problem, PurchaseId, Reference};

use super::guard::By;
use super::shell::Asked;
use super::signing::{address, order_of};
use crate::app::App;
use crate::domain::desk::{Act, Money, Signed, Way};
use crate::domain::{Failure, Order, Parcel};
use crate::driver::{self, Unsaid};
use crate::texts::read_amount;

/// A parcel went.
pub(super) async fn ship(
    State(app): State<App>,
    asked: Asked,
    Path(id): Path<String>,
    by: By,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let order = find(&app, &id).await?;
    let (Ok(name), Ok(quantity)) = (typed.name.parse(), typed.quantity.trim().parse()) else {
        return Ok(asked.onward(&format!("/desk/orders/{id}?said=unlike")));
    };
    let parcel = Parcel::new(quantity, &typed.carrier, &typed.tracking);
    let said = match driver::ship(&app, &order, &name, &parcel).await {
        Ok(_) => {
            note(&app, by.person().id, "shipped", &format!("{id} {name}")).await?;
            "shipped".to_owned()
        }
        Err(unsaid) => why(unsaid)?,
    };
    Ok(asked.onward(&format!("/desk/orders/{id}?said={said}")))
}

/// Money is to move: leads to the page where it is signed for.
pub(super) async fn draft(
    State(app): State<App>,
    asked: Asked,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let order = find(&app, &id).await?;
    Ok(match typed.money(&order) {
        Some(money) => asked.onward(&address(&Act::Money(money))),
        None => asked.onward(&format!("/desk/orders/{id}?said=unlike")),
    })
}

/// Does what was signed for; where to read what became of it.
pub(super) async fn settled(app: &App, signed: &Signed, money: &Money) -> Result<String, Failure> {
    let order = order_of(app, money).await?;
    let said = match driver::settle(app, &order, &money.name, &money.step()).await {
        Ok(_) => {
            let act = signed.act().name();
            note(app, signed.by(), act, &format!("{} {}", money.purchase, money.name)).await?;
            act.to_owned()
        }
        Err(unsaid) => why(unsaid)?,
    };
    Ok(match said.as_str() {
        // The same can be signed for again.
        "silent" => format!("{}?said=silent", address(signed.act())),
        said => format!("/desk/orders/{}?said={said}", money.purchase),
    })
}

async fn note(app: &App, person: i64, act: &str, about: &str) -> Result<(), Failure> {
    let mut tx = app.store().begin("note-act", app.now()).await?;
    tx.note_act(Some(person), act, about).await?;
    Ok(tx.commit().await?)
}

fn why(unsaid: Unsaid) -> Result<String, Failure> {
    match unsaid {
        Unsaid::Problem(problem) => Ok(format!("p.{}", problem.code())),
        Unsaid::TooMany => Ok("too-many".into()),
        Unsaid::Silence(silence) => {
            tracing::warn!(%silence, "the agent did not answer the desk");
            Ok("silent".into())
        }
        Unsaid::Fault(fault) => Err(fault.into()),
    }
}

pub(super) async fn find(app: &App, id: &str) -> Result<Order, Failure> {
    let purchase: PurchaseId = id.parse().map_err(|_| Problem::NotFound)?;
    let order = app.store().order(purchase).await?;
    Ok(order.filter(|order| order.deal.is_some()).ok_or(Problem::NotFound)?)
}

/// What a form says. The name of what is done stands in it: sent twice, it is done once.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    quantity: String,
    #[serde(default)]
    carrier: String,
    #[serde(default)]
    tracking: String,
    #[serde(default)]
    way: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    shipment: String,
}

impl Typed {
    fn money(&self, order: &Order) -> Option<Money> {
        let currency = order.deal.as_ref()?.amount.currency;
        let amount: Amount = read_amount(&self.amount, currency).filter(|a| a.minor > 0)?;
        let shipment: Option<Reference> = match self.shipment.as_str() {
            "" => None,
            name => Some(name.parse().ok()?),
        };
        let way = match self.way.as_str() {
            "claim" => Way::Claim(shipment),
            "void" => Way::Void,
            "refund" => Way::Refund,
            _ => return None,
        };
        Some(Money { purchase: order.purchase, name: self.name.parse().ok()?, way, amount })
    }
}
