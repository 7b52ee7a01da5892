//! `agent-server operators token`: by what operators' own programs read what the console shows, as
//! JSON.

use clap::{Subcommand, builder::PossibleValuesParser};
use serde_json::{Value, json};

use super::{Place, Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::operator::{KnownOperatorToken, OperatorToken, Section, token_name},
    entropy::Entropy,
    store::{NewToken, Store},
};

/// An operator's tokens.
#[derive(Subcommand)]
pub enum Token {
    /// Make one; it is shown now and never again
    Add {
        /// Whose
        name: String,
        /// What to call it, for example the program that will have it
        #[arg(long, default_value = "")]
        label: String,
        /// This part of the console alone; may be given several times
        #[arg(long, value_name = "SECTION", value_parser = sections())]
        only: Vec<String>,
    },
    /// List them
    List {
        /// Whose
        name: String,
    },
    /// Let one count no more
    Revoke {
        /// Whose
        name: String,
        /// otk_…
        #[arg(value_parser = number)]
        token: i64,
    },
}

impl Token {
    /// Runs it.
    pub async fn act(&self, place: &Place, store: &Store) -> Said {
        let now = SystemClock.now();
        match self {
            Self::Add { name, label, only } => {
                let token = OperatorToken::random(&Entropy::new());
                let mut sections = Section::ALL.to_vec();
                sections.retain(|known| only.is_empty() || only.iter().any(|n| n == known.name()));
                let (operator, label) = (name.clone(), label.clone());
                let new = NewToken { operator, label, sections, digest: token.digest() };
                let row = store.add_operator_token(new, now).await?;
                let row = row.ok_or_else(|| format!("there is no operator {name}"))?;
                let (name, token) = (token_name(row), token.expose());
                let json = match place.json {
                    true => json!({ "id": name, "token": *token }),
                    false => Value::Null,
                };
                Ok(Report::new(vec![name, token.to_string()], json))
            }
            Self::List { name } => {
                let all = store.operator_tokens(name).await?;
                let json: Vec<_> = all.iter().map(shown).collect();
                Ok(Report::new(all.iter().map(line).collect(), json!({ "tokens": json })))
            }
            Self::Revoke { name, token } => {
                if !store.revoke_operator_token(name.clone(), *token, now).await? {
                    return Err(format!("{name} has no {}", token_name(*token)).into());
                }
                let name = token_name(*token);
                Ok(Report::line(format!("{name} counts no more"), json!({ "id": name })))
            }
        }
    }
}

fn line(token: &KnownOperatorToken) -> String {
    let counts = if token.revoked_at.is_some() { "revoked" } else { "active" };
    format!("{}  {counts}  {}  {}", token.name(), Section::written(&token.sections), token.label)
}

fn shown(token: &KnownOperatorToken) -> Value {
    json!({
        "id": token.name(),
        "label": token.label,
        "sections": token.sections.iter().map(|section| section.name()).collect::<Vec<_>>(),
        "created_at": token.created_at.as_secs(),
        "revoked_at": token.revoked_at.map(|at| at.as_secs()),
    })
}

fn sections() -> PossibleValuesParser {
    PossibleValuesParser::new(Section::ALL.map(Section::name))
}

fn number(text: &str) -> Result<i64, String> {
    let row = text.strip_prefix("otk_").and_then(|row| row.parse().ok());
    row.ok_or_else(|| format!("{text}: a token's name is otk_ and a number"))
}
