//! `agent-server events`: what merchants are told, what came of it, and another try. A merchant's
//! developer listens with `merchant-server events listen`, which has the merchant's key.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared_protocol::{MerchantId, PurchaseId, Timestamp};

use super::{
    Place, Said,
    say::{Report, at_once},
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::errand::Notice,
    store::{Attempt, EventsAsked, Store, ToldEvent},
};

/// What merchants are told of their purchases.
#[derive(Subcommand)]
pub enum Events {
    /// List the last ones
    List(Wanted),
    /// Show them as they come, until it is stopped
    Tail(Wanted),
    /// Show one, and each attempt to deliver it
    Show {
        /// evt_…
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Send one again at once, also one that was delivered
    Resend {
        /// evt_…
        #[arg(value_parser = number)]
        id: i64,
    },
    /// Tell a merchant something as if it had happened; only with --demo
    Trigger {
        /// For example purchase.confirmed
        #[arg(value_parser = notice)]
        what: Notice,
        /// pur_…; the newest one, if left out
        #[arg(long, value_parser = purchase)]
        purchase: Option<PurchaseId>,
    },
}

/// Which events.
#[derive(Args)]
pub struct Wanted {
    /// Of this merchant (mrc_…)
    #[arg(long, value_parser = merchant)]
    merchant: Option<MerchantId>,
    /// Of this purchase (pur_…)
    #[arg(long, value_parser = purchase)]
    purchase: Option<PurchaseId>,
    /// The last so many
    #[arg(long, default_value_t = 20)]
    most: u32,
}

impl Events {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = self.act(place, &store).await;
        store.close().await;
        said
    }

    async fn act(&self, place: &Place, store: &Store) -> Said {
        match self {
            Self::List(wanted) => {
                let told = store.events(&wanted.asked(store).await?).await?;
                let json: Vec<_> = told.iter().map(shown).collect();
                Ok(Report::new(told.iter().map(line).collect(), json!({ "events": json })))
            }
            Self::Tail(wanted) => tail(store, wanted.asked(store).await?, place.json).await,
            Self::Show { id } => show(store, *id).await,
            Self::Resend { id } => {
                if !store.resend(*id, SystemClock.now()).await? {
                    return Err(format!("evt_{id} has no webhook").into());
                }
                let event = format!("evt_{id}");
                Ok(Report::line(format!("{event} will be sent"), json!({ "id": event })))
            }
            Self::Trigger { what, purchase } => {
                if !place.demo {
                    return Err("nothing is triggered but in a demo: --demo".into());
                }
                let id = store.trigger(*purchase, *what, SystemClock.now()).await?;
                let event = format!("evt_{}", id.ok_or("there is no such purchase")?);
                let line = format!("{event}  {}", what.name());
                Ok(Report::line(line, json!({ "id": event })))
            }
        }
    }
}

impl Wanted {
    /// The last ones; of one purchase there are few.
    async fn asked(&self, store: &Store) -> Result<EventsAsked, crate::store::Fault> {
        let is_all = self.merchant.is_none() && self.purchase.is_none();
        let after = if is_all { store.events_before_last(self.most).await? } else { 0 };
        let (merchant, purchase) = (self.merchant.clone(), self.purchase);
        Ok(EventsAsked { merchant, purchase, after, most: if is_all { self.most } else { MOST } })
    }
}

async fn tail(store: &Store, mut asked: EventsAsked, as_json: bool) -> Said {
    loop {
        for told in store.events(&asked).await? {
            asked.after = told.event.id;
            let line = if as_json { shown(&told).to_string() } else { line(&told) };
            if !at_once(&line) {
                return Ok(Report::silent());
            }
        }
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => {
                stopped?;
                return Ok(Report::silent());
            }
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn show(store: &Store, id: i64) -> Said {
    let told = store.event(id).await?.ok_or_else(|| format!("there is no evt_{id}"))?;
    let attempts = store.attempts(id).await?;
    let lines = [line(&told), told.event.body()].into_iter().chain(attempts.iter().map(tried));
    let mut json = shown(&told);
    json["attempts"] = attempts.iter().map(tried_json).collect();
    Ok(Report::new(lines.collect(), json))
}

fn line(told: &ToldEvent) -> String {
    let event = &told.event;
    let (name, at, what) = (event.name(), moment(event.at), event.what.name());
    let state = told.state.as_deref().unwrap_or("listed");
    let fault = told.last_fault.as_deref().unwrap_or("");
    let (purchase, sequence) = (event.purchase, event.sequence);
    let (merchant, tries) = (&event.merchant, told.attempts);
    format!("{name}  {at}  {what}  {merchant}  {purchase} #{sequence}  {state} {tries}  {fault}")
}

fn shown(told: &ToldEvent) -> Value {
    let event = &told.event;
    json!({
        "id": event.name(),
        "at": moment(event.at),
        "type": event.what.name(),
        "merchant": event.merchant.as_str(),
        "purchase": event.purchase.to_string(),
        "sequence": event.sequence,
        "state": told.state,
        "tries": told.attempts,
        "last_fault": told.last_fault,
    })
}

fn tried(attempt: &Attempt) -> String {
    let status = attempt.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let (at, millis) = (moment(attempt.at), attempt.millis);
    format!("  {at}  {status}  {millis} ms  {}", attempt.fault.as_deref().unwrap_or("delivered"))
}

fn tried_json(attempt: &Attempt) -> Value {
    let Attempt { at, millis, status, fault, .. } = attempt;
    json!({ "at": moment(*at), "millis": millis, "status": status, "fault": fault })
}

fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default().to_string()
}

fn number(text: &str) -> Result<i64, String> {
    let number = text.strip_prefix("evt_").unwrap_or(text).parse();
    number.map_err(|_| format!("{text}: an event is evt_ and a number"))
}

fn notice(text: &str) -> Result<Notice, String> {
    let known = Notice::ALL.map(Notice::name).join(", ");
    Notice::from_name(text).ok_or_else(|| format!("{text} is none of: {known}"))
}

fn merchant(text: &str) -> Result<MerchantId, String> {
    text.parse().map_err(|_| format!("{text}: an id is mrc_ and a-z 0-9 _"))
}

fn purchase(text: &str) -> Result<PurchaseId, String> {
    text.parse().map_err(|_| format!("{text} is no purchase (pur_…)"))
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of one merchant or purchase, at most so many at a time.
const MOST: u32 = 1000;
