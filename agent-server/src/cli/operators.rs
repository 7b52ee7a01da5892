//! `agent-server operators`: who may use the console. A new operator gets a link, once, by which
//! they register a passkey; there are no passwords.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Place, Said, operator_token::Token, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::operator::{self, Act, Invitation, Operator, Role},
    entropy::Entropy,
    store::Store,
};

/// Who may use the console.
#[derive(Subcommand)]
pub enum Operators {
    /// Add one, and print the link by which they register a passkey: good once, for a day
    Add {
        /// As the others call them
        name: String,
        /// What they may do
        #[arg(long)]
        role: RoleName,
    },
    /// Print another link, for one more passkey
    Invite {
        /// Whose
        name: String,
    },
    /// Give one another role
    Role {
        /// Whom
        name: String,
        /// What they may do
        role: RoleName,
    },
    /// Take sessions, passkeys, links and tokens from one; what they did stays written down
    Remove {
        /// Whom
        name: String,
    },
    /// List them
    List,
    /// By what their own programs read what the console shows
    #[command(subcommand)]
    Token(Token),
    /// What they did, newest first
    Record {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        most: u32,
    },
}

/// A role, by name.
#[derive(Clone, Copy, ValueEnum)]
pub enum RoleName {
    /// Looks on
    Viewer,
    /// Sends again, stops and opens contracts
    Support,
    /// Proposes and approves movements of money
    Finance,
    /// All of it, and stops merchants
    Admin,
}

impl Operators {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = self.act(place, &store).await;
        store.close().await;
        said
    }

    async fn act(&self, place: &Place, store: &Store) -> Said {
        let now = SystemClock.now();
        let done = |is_done: bool, name: &str, what: &str| match is_done {
            true => Ok(Report::line(format!("{name} {what}"), json!({ "name": name }))),
            false => Err(format!("there is no operator {name}").into()),
        };
        match self {
            Self::Add { name, role } => {
                link(place, store, Invitation::New(name, role.role()), "the name is taken").await
            }
            Self::Invite { name } => {
                link(place, store, Invitation::Again(name), "there is no such operator").await
            }
            Self::Role { name, role } => {
                let is_done = store.set_role(name.clone(), role.role(), now).await?;
                done(is_done, name, &format!("is {}", role.role().name()))
            }
            Self::Remove { name } => {
                done(operator::remove(store, name, now).await?, name, "is removed")
            }
            Self::List => {
                let all = store.operators().await?;
                let json: Vec<_> = all.iter().map(shown).collect();
                Ok(Report::new(all.iter().map(line).collect(), json!({ "operators": json })))
            }
            Self::Token(token) => token.act(place, store).await,
            Self::Record { most } => {
                let acts = store.acts(i64::MAX, *most).await?;
                let json: Vec<_> = acts.iter().map(shown_act).collect();
                Ok(Report::new(acts.iter().map(act_line).collect(), json!({ "record": json })))
            }
        }
    }
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Viewer => Role::Viewer,
            Self::Support => Role::Support,
            Self::Finance => Role::Finance,
            Self::Admin => Role::Admin,
        }
    }
}

async fn link(place: &Place, store: &Store, who: Invitation<'_>, not: &str) -> Said {
    let token = operator::invite(store, &Entropy::new(), who, SystemClock.now()).await?;
    let token = token.ok_or(not)?;
    let url = place.settings(None)?.public_url;
    let link = format!("{url}/console/enrol/{}", token.expose());
    Ok(Report::line(&link, json!({ "link": link })))
}

fn line(operator: &Operator) -> String {
    let state = if operator.removed_at.is_some() { "  removed" } else { "" };
    format!("{}  {}{state}", operator.name, operator.role.name())
}

fn shown(operator: &Operator) -> Value {
    json!({
        "name": operator.name,
        "role": operator.role.name(),
        "removed": operator.removed_at.is_some(),
        "created_at": operator.created_at.as_secs(),
    })
}

fn act_line(act: &Act) -> String {
    let at = jiff::Timestamp::from_millisecond(act.at.as_millis()).unwrap_or_default();
    format!("{}  {at}  {}  {}  {}", act.number, act.name, act.act, act.about)
}

fn shown_act(act: &Act) -> Value {
    json!({
        "number": act.number,
        "at": act.at.as_secs(),
        "operator": act.name,
        "act": act.act,
        "about": act.about,
    })
}
