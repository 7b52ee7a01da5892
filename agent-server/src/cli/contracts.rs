//! `agent-server contracts`: shoppers' contracts. Numbers and codes are entered and never shown.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared_protocol::{
    Amount, ContractNumber, Field, Locale, PlanClass, SecurityCode, Timestamp, read_field,
};

use super::{Place, Said, merchants::class, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Config,
    domain::{
        account::{new_code, random_number},
        code::CodeHash,
        contract::{Claim, ContractStatus, NumberHash},
        enrolment::written,
        transfer::{Deposit, Rail},
    },
    entropy::Entropy,
    keys::AgentKeyring,
    seed::tail,
    store::{Change, ContractRow, NewContract, NewNumber, Store},
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
    /// Show one, without its number
    Show(Which),
    /// Stop a contract, for example because its number was lost
    Suspend(Which),
    /// Say by which classes of plan it may pay; without --plan, by all
    Plans {
        /// Which contract
        #[command(flatten)]
        which: Which,
        /// single, instalments, revolving, bonus or bonus-instalments; may be given several times
        #[arg(long, value_name = "CLASS", value_parser = class)]
        plan: Vec<PlanClass>,
    },
    /// Pay into its account at this bank, from which it sends transfers; opens it at first
    PayIn {
        /// Which contract
        #[command(flatten)]
        which: Which,
        /// How much, in minor units
        #[arg(long)]
        amount: u64,
        /// Of this currency, ISO 4217
        #[arg(long, default_value = "JPY")]
        currency: String,
        /// When it sends: around-the-clock, banking-hours or next-day
        #[arg(long, default_value = "around-the-clock", value_parser = rail)]
        rail: Rail,
    },
    /// Open it again, also after five wrong codes
    Resume(Which),
    /// End it
    Lapse(Which),
    /// Forgive its wrong codes
    Unlock(Which),
    /// Give it a new number and print that once; the old one opens nothing any more
    Replace {
        /// Which contract
        #[command(flatten)]
        which: Which,
        /// The code that goes with the new number, 4 to 8 digits
        #[arg(long)]
        code: String,
    },
}

/// Reads the name of a rail.
fn rail(name: &str) -> Result<Rail, String> {
    let known = Rail::ALL.map(Rail::name).join(", ");
    Rail::from_name(name).ok_or_else(|| format!("{name} is none of: {known}"))
}

/// Shows the account of a contract.
async fn account(contract: i64, store: &Store) -> Said {
    let deposit = store.deposit(contract).await?.ok_or("it has no account")?;
    let Deposit { currency, balance, held, rail } = deposit;
    let line = format!("{balance} {} in it, {held} held, {}", currency.code(), rail.name());
    let json = json!({
        "currency": currency.code(),
        "balance": balance,
        "held": held,
        "rail": rail.name(),
    });
    Ok(Report::line(line, json))
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Which contract.
#[derive(Args)]
pub struct Which {
    /// Its number, or its id from `contracts list`
    contract: String,
}

impl Contracts {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let config = place.settings(None)?;
        let keys = AgentKeyring::load(&config.keys_dir())?;
        let store = place.store().await?;
        let said = self.act(&config, &keys, &store).await;
        store.close().await;
        said
    }

    async fn act(&self, config: &Config, keys: &AgentKeyring, store: &Store) -> Said {
        let now = SystemClock.now();
        match self {
            Self::Add { .. } => {
                let contract = self.read(config, keys, store.fresh_id(now))?;
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
            Self::Show(which) => show(which.find(keys, store).await?, store).await,
            Self::Plans { which, plan } => {
                let plans = if plan.is_empty() { PlanClass::ALL.to_vec() } else { plan.clone() };
                change_it(which.find(keys, store).await?, Change::Plans(plans), store).await
            }
            Self::PayIn { which, amount, currency, rail } => {
                let contract = which.find(keys, store).await?;
                let currency =
                    currency.parse().map_err(|_| format!("{currency} is no currency"))?;
                let amount = Amount::new(*amount, currency).ok_or("there is no such amount")?;
                if !store.pay_in(contract, amount, *rail, now).await? {
                    return Err("nothing was paid in: the account is in another currency".into());
                }
                account(contract, store).await
            }
            Self::Suspend(which) => {
                let change = Change::Status(ContractStatus::Suspended);
                change_it(which.find(keys, store).await?, change, store).await
            }
            Self::Resume(which) => {
                let change = Change::Status(ContractStatus::Active);
                change_it(which.find(keys, store).await?, change, store).await
            }
            Self::Lapse(which) => {
                let change = Change::Status(ContractStatus::Lapsed);
                change_it(which.find(keys, store).await?, change, store).await
            }
            Self::Unlock(which) => {
                change_it(which.find(keys, store).await?, Change::Unlock, store).await
            }
            Self::Replace { which, code } => {
                let contract = which.find(keys, store).await?;
                replace(contract, code, config, keys, store).await
            }
        }
    }

    fn read(&self, config: &Config, keys: &AgentKeyring, id: i64) -> Result<NewContract, String> {
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
        let claim = Claim::of_code(&number, &SecurityCode::new(code), keys);
        let entropy = Entropy::new();
        Ok(NewContract {
            id,
            number_hash: claim.number_hash,
            number_sealed: keys.seal_number(&number, id, entropy.bytes()),
            code_hash: CodeHash::new(&claim.code_mac, config.code_cost, entropy.bytes()),
            number_tail: tail(number.expose()),
            credit_limit: limit,
            valid_until: valid_until.map(|s| Timestamp::from_millis(s.saturating_mul(1000))),
            email,
            locale,
        })
    }
}

impl Which {
    async fn find(&self, keys: &AgentKeyring, store: &Store) -> Result<i64, Fault> {
        if let Ok(id) = self.contract.parse() {
            return Ok(id);
        }
        let number = read_number(&self.contract)?;
        let hash = NumberHash::of(&number, keys);
        Ok(store.contract_of_number(&hash).await?.ok_or("no contract has this number")?)
    }
}

async fn show(contract: i64, store: &Store) -> Said {
    let all = store.contracts().await?;
    let row = all.iter().find(|row| row.facts.id == contract).ok_or("no contract has this id")?;
    Ok(Report::line(line(row), shown(row)))
}

async fn change_it(contract: i64, change: Change, store: &Store) -> Said {
    if !store.change(contract, change, SystemClock.now()).await? {
        return Err("no contract has this id".into());
    }
    show(contract, store).await
}

async fn replace(
    contract: i64,
    code: &str,
    config: &Config,
    keys: &AgentKeyring,
    store: &Store,
) -> Said {
    let code = new_code(code).map_err(|_| "the code is 4 to 8 digits, and not easy to guess")?;
    let entropy = Entropy::new();
    let number = random_number(&mut entropy.clone());
    let claim = Claim::of_code(&number, &code, keys);
    let new = NewNumber {
        number_hash: claim.number_hash,
        number_sealed: keys.seal_number(&number, contract, entropy.bytes()),
        number_tail: tail(number.expose()),
        code_hash: CodeHash::new(&claim.code_mac, config.code_cost, entropy.bytes()),
    };
    if !store.change(contract, Change::Number(new), SystemClock.now()).await? {
        return Err("no contract has this id, or the number was taken; try again".into());
    }
    let number = written(&number);
    Ok(Report::line(&number, json!({ "number": number })))
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
        "{}  …{}  {}  {} of {} {}  wrong codes {}",
        facts.id,
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
        "id": facts.id,
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
