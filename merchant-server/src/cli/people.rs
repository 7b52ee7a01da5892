//! `people`: who may use the shop's desk. Somebody new gets a link, once, by which they register a
//! passkey; there are no passwords.

use std::io::Write;

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Verdict;
use super::orders::local;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::domain::desk::{self, Invitation, Role};
use crate::entropy::Entropy;
use crate::store::Store;

#[derive(Subcommand)]
pub(super) enum PeopleCommand {
    /// Add somebody, and print the link by which they register a passkey: good once, for a day
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
    /// Give somebody another role
    Role {
        /// Whom
        name: String,
        /// What they may do
        role: RoleName,
    },
    /// Take sessions, passkeys and links from somebody; what they did stays written down
    Remove {
        /// Whom
        name: String,
    },
    /// List them
    List,
    /// What they did, newest first
    Record {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// A role, by name.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    /// Reads and ships
    Clerk,
    /// Also claims, lets go and gives back
    Manager,
    /// Also says who may use the desk
    Owner,
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Clerk => Role::Clerk,
            Self::Manager => Role::Manager,
            Self::Owner => Role::Owner,
        }
    }
}

pub(super) async fn run(
    command: &PeopleCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let store = Store::open(&config.database_url()).await.context("opening the database")?;
    let said = act(command, &store, config).await;
    store.close().await;
    let (lines, document) = said?;
    match as_json {
        true => writeln!(out, "{document}")?,
        false => lines.iter().try_for_each(|line| writeln!(out, "{line}"))?,
    }
    Ok(Verdict::Fine)
}

type Said = (Vec<String>, Value);

async fn act(command: &PeopleCommand, store: &Store, config: &Config) -> anyhow::Result<Said> {
    let now = SystemClock.now();
    let done = |is_done: bool, name: &str, what: &str| match is_done {
        true => Ok((vec![format!("{name} {what}")], json!({ "name": name }))),
        false => bail!("there is nobody called {name}"),
    };
    match command {
        PeopleCommand::Add { name, role } => {
            let new = Invitation::New(name, role.role());
            link(store, config, new).await?.context("the name is taken")
        }
        PeopleCommand::Invite { name } => {
            let again = link(store, config, Invitation::Again(name)).await?;
            again.with_context(|| format!("there is nobody called {name}"))
        }
        PeopleCommand::Role { name, role } => {
            let role = role.role();
            let is_done = desk::give_role(store, (name, role), None, now).await?;
            done(is_done, name, &format!("is {}", role.name()))
        }
        PeopleCommand::Remove { name } => {
            done(desk::remove(store, name, None, now).await?, name, "is removed")
        }
        PeopleCommand::List => {
            let people = store.people().await?;
            let removed = |person: &desk::Person| person.removed.is_some();
            let line = |person: &desk::Person| {
                let state = if removed(person) { "  removed" } else { "" };
                format!("{}  {}{state}", person.name, person.role.name())
            };
            let shown = |person: &desk::Person| {
                let (name, role) = (&person.name, person.role.name());
                json!({ "name": name, "role": role, "removed": removed(person) })
            };
            Ok((people.iter().map(line).collect(), people.iter().map(shown).collect()))
        }
        PeopleCommand::Record { limit } => record(store, config, *limit).await,
    }
}

async fn record(store: &Store, config: &Config, limit: u32) -> anyhow::Result<Said> {
    let zone = &config.time_zone;
    let acts = store.acts(limit).await?;
    let line = |done: &desk::Done| {
        let name = done.name.as_deref().unwrap_or("(command line)");
        format!("{}  {name}  {}  {}", local(done.at, zone), done.act, done.about)
    };
    let shown = |done: &desk::Done| {
        let at = local(done.at, zone);
        json!({ "at": at, "name": done.name, "act": done.act, "about": done.about })
    };
    Ok((acts.iter().map(line).collect(), acts.iter().map(shown).collect()))
}

async fn link(store: &Store, config: &Config, who: Invitation<'_>) -> anyhow::Result<Option<Said>> {
    let (now, mut rng) = (SystemClock.now(), Entropy::system());
    let token = desk::invite(store, &mut rng, who, None, now).await?;
    Ok(token.map(|token| {
        let link = format!("{}/desk/enrol/{}", config.desk(), token.expose());
        (vec![link.clone()], json!({ "link": link }))
    }))
}
