//! `agent-server outbox`: letters and webhooks that wait or were given up, and another try.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Place, Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    store::{About, OutboxEntry, Parcel, Store},
};

/// Letters and webhooks that are owed.
#[derive(Subcommand)]
pub enum Outbox {
    /// List them
    List {
        /// waiting, dead or done
        #[arg(long, default_value = "dead")]
        state: String,
        /// At most so many
        #[arg(long, default_value_t = 100)]
        most: u32,
    },
    /// Try one again at once
    Resend {
        /// Its id
        id: i64,
    },
}

impl Outbox {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = self.act(&store).await;
        store.close().await;
        said
    }

    async fn act(&self, store: &Store) -> Said {
        match self {
            Self::List { state, most } => {
                let all = store.outbox(state, *most).await?;
                let json: Vec<_> = all.iter().map(shown).collect();
                Ok(Report::new(all.iter().map(line).collect(), json!({ "outbox": json })))
            }
            Self::Resend { id } => {
                if !store.resend(*id, SystemClock.now()).await? {
                    return Err(format!("{id} does not wait and was not given up").into());
                }
                Ok(Report::line(format!("{id} will be tried again"), json!({ "id": id })))
            }
        }
    }
}

fn line(entry: &OutboxEntry) -> String {
    let parcel = &entry.parcel;
    let (what, kind) = (parcel.errand.name(), parcel.errand.kind());
    let fault = entry.last_fault.as_deref().unwrap_or("");
    let (id, state, tries) = (parcel.id, &entry.state, parcel.attempts);
    format!("{id}  {state}  {kind} {what}  {}  tries {tries}  {fault}", about(parcel))
}

fn shown(entry: &OutboxEntry) -> Value {
    json!({
        "id": entry.parcel.id,
        "state": entry.state,
        "kind": entry.parcel.errand.kind(),
        "what": entry.parcel.errand.name(),
        "purchase": about(&entry.parcel),
        "sequence": entry.parcel.sequence,
        "attempts": entry.parcel.attempts,
        "next_at": entry.next_at.as_secs(),
        "last_fault": entry.last_fault,
    })
}

/// The purchase that it is about; of a code, only that it is one.
fn about(parcel: &Parcel) -> String {
    match &parcel.about {
        About::Purchase(purchase) => purchase.to_string(),
        About::MailedCode(_) => "code".into(),
        About::Contract(_) => "contract".into(),
    }
}
