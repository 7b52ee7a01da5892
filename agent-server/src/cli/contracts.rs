//! `agent-server contracts`: shoppers' contracts. Numbers and codes are entered and never shown.

use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{
    Amount, ContractNumber, Field, Locale, PlanClass, SecurityCode, Timestamp, read_field,
};

use super::{Place, Said, merchants::class, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::contract::{Claim, ContractStatus},
    keys::AgentKeyring,
    seed::tail,
    store::{ContractRow, NewContract, Store},
};

/// Shoppers' contracts.
#[derive(Subcommand)]
pub enum Contracts {
    /// Enter a contract
    Add {
        /// A letter and twelve digits
        #[arg(long)]
        number: String,
        /// 4 to 8 digits
        #[arg(long)]
        code: String,
        /// Where questions go
        #[arg(long)]
        email: String,
        /// The most that may be owed at once, in minor units
        #[arg(long)]
        limit: u64,
        /// Of this currency, ISO 4217
        #[arg(long, default_value = "JPY")]
        currency: String,
        /// The language of its letters
        #[arg(long, default_value = "ja")]
        locale: String,
        /// Until when it runs, epoch seconds
        #[arg(long, value_name = "SECONDS")]
        valid_until: Option<i64>,
    },
    /// List them, without their numbers
    List,
    /// Stop a contract, for example because its number was lost
    Suspend {
        /// Its number
        number: String,
    },
    /// Say by which classes of plan it may pay; without --plan, by all
    Plans {
        /// Its number
        number: String,
        /// single, instalments, revolving, bonus or bonus-instalments; may be given several times
        #[arg(long, value_name = "CLASS", value_parser = class)]
        plan: Vec<PlanClass>,
    },
    /// Open it again, also after five wrong codes
    Resume {
        /// Its number
        number: String,
    },
}

impl Contracts {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let keys = AgentKeyring::load(&place.settings(None)?.keys_dir())?;
        let store = place.store().await?;
        let said = self.act(&keys, &store).await;
        store.close().await;
        said
    }

    async fn act(&self, keys: &AgentKeyring, store: &Store) -> Said {
        let now = SystemClock.now();
        match self {
            Self::Add { .. } => {
                let contract = self.read(keys)?;
                let tail = contract.number_tail.clone();
                if !store.add_contract(contract, now).await? {
                    return Err("a contract with this number exists".into());
                }
                Ok(Report::line(format!("added …{tail}"), json!({ "number_tail": tail })))
            }
            Self::List => {
                let all = store.contracts().await?;
                let json: Vec<_> = all.iter().map(shown).collect();
                Ok(Report::new(all.iter().map(line).collect(), json!({ "contracts": json })))
            }
            Self::Plans { number, plan } => set_plans(keys, store, number, plan).await,
            Self::Suspend { number } => {
                set_status(keys, store, number, ContractStatus::Suspended).await
            }
            Self::Resume { number } => {
                set_status(keys, store, number, ContractStatus::Active).await
            }
        }
    }

    fn read(&self, keys: &AgentKeyring) -> Result<NewContract, String> {
        let Self::Add { number, code, email, limit, currency, locale, valid_until } = self else {
            return Err("not an addition".into());
        };
        let number = read_number(number)?;
        let code = read_field(Field::PaymentCode, code, str::to_owned);
        let code = code.map_err(|problem| problem.text(Field::PaymentCode, Locale::En))?;
        let email = read_field(Field::ContactEmail, email, str::to_owned);
        let email = email.map_err(|problem| problem.text(Field::ContactEmail, Locale::En))?;
        let currency = currency.parse().map_err(|_| format!("{currency} is no currency"))?;
        let limit = Amount::new(*limit, currency).ok_or("that limit is too high")?;
        let locale: Locale = locale.parse().map_err(|_| "the language is ja or en")?;
        Ok(NewContract {
            claim: Claim::of_code(&number, &SecurityCode::new(code), keys),
            number_tail: tail(number.expose()),
            credit_limit: limit,
            valid_until: valid_until.map(|s| Timestamp::from_millis(s.saturating_mul(1000))),
            email,
            locale,
        })
    }
}

async fn set_status(
    keys: &AgentKeyring,
    store: &Store,
    number: &str,
    status: ContractStatus,
) -> Said {
    let number = read_number(number)?;
    let hash = Claim::of_code(&number, &SecurityCode::new(""), keys).number_hash;
    if !store.set_contract_status(hash, status, SystemClock.now()).await? {
        return Err("no contract has this number".into());
    }
    let (tail, status) = (tail(number.expose()), status.name());
    Ok(Report::line(format!("…{tail}  {status}"), json!({ "number_tail": tail, "status": status })))
}

async fn set_plans(keys: &AgentKeyring, store: &Store, number: &str, plans: &[PlanClass]) -> Said {
    let number = read_number(number)?;
    let hash = Claim::of_code(&number, &SecurityCode::new(""), keys).number_hash;
    let plans = if plans.is_empty() { PlanClass::ALL.to_vec() } else { plans.to_vec() };
    let names: Vec<_> = plans.iter().map(|class| class.name()).collect();
    if !store.set_contract_plans(hash, plans, SystemClock.now()).await? {
        return Err("no contract has this number".into());
    }
    let tail = tail(number.expose());
    let line = format!("…{tail}  {}", names.join(" "));
    Ok(Report::line(line, json!({ "number_tail": tail, "plans": names })))
}

/// As the form reads it: hyphens, spaces and case do not matter.
fn read_number(typed: &str) -> Result<ContractNumber, String> {
    let field = Field::PaymentContractNumber;
    let number = read_field(field, typed, str::to_owned);
    number.map(ContractNumber::new).map_err(|problem| problem.text(field, Locale::En))
}

fn line(contract: &ContractRow) -> String {
    let facts = &contract.facts;
    format!(
        "…{}  {}  {} of {} {}  wrong codes {}",
        contract.number_tail,
        facts.status.name(),
        facts.reserved,
        facts.credit_limit.minor,
        facts.credit_limit.currency,
        facts.code_failures,
    )
}

fn shown(contract: &ContractRow) -> Value {
    let facts = &contract.facts;
    json!({
        "number_tail": contract.number_tail,
        "status": facts.status.name(),
        "credit_limit": facts.credit_limit.minor,
        "reserved": facts.reserved,
        "currency": facts.credit_limit.currency.code(),
        "code_failures": facts.code_failures,
        "plans": facts.plans.iter().map(|class| class.name()).collect::<Vec<_>>(),
        "valid_until": facts.valid_until.map(Timestamp::as_secs),
        "created_at": contract.created_at.as_secs(),
    })
}
