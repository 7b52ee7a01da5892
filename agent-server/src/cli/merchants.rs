//! `agent-server merchants`: who has a contract, where their widget may appear, with which keys.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared_protocol::{
    Amount, Currency, Localized, MerchantId, PlanClass, SealingKey, Timestamp, VerifyingKey,
};

use super::{
    Place, Said, hand_over::HandOver, merchant_bank::Bank, merchant_keys::MerchantKeys,
    merchant_statement::MerchantStatement, merchant_token::Token, relay::RelayCommand, say::Report,
    webhook::Webhook,
};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        Merchant, MerchantStatus,
        mark::WhyRevoked,
        merchant_keys::{Pair, read_key, read_pair},
        origins::{check_form, check_hand_over, check_nobody_elses},
    },
    files::{BankAccount, JapaneseAccount, Kana},
    store::{AccountNames, Store},
};

/// Merchants with a contract.
#[derive(Subcommand)]
pub enum Merchants {
    /// Add a merchant, or change what is known of it
    Add(Box<Add>),
    /// List them
    List,
    /// Stop standing for a merchant's sales
    Suspend {
        /// mrc_…
        id: String,
    },
    /// Stand for them again
    Resume {
        /// mrc_…
        id: String,
    },
    /// Take its Mark back: open widgets say so within a minute; `resume` gives it a new one
    RevokeMark {
        /// mrc_…
        id: String,
        /// keys, misuse, ended or asked: for the agent's own books
        #[arg(long, value_parser = why_revoked)]
        why: WhyRevoked,
    },
    /// Ask no shopper to confirm up to an amount (¶61), or ask all of them again
    Waive {
        /// mrc_…
        id: String,
        /// This amount included, in minor units; without it everybody is asked
        #[arg(long, value_name = "MINOR", requires = "currency")]
        up_to: Option<u64>,
        /// ISO 4217
        #[arg(long, value_parser = currency)]
        currency: Option<Currency>,
    },
    /// Show, add or remove web origins where the widget may appear
    Origins {
        /// mrc_…
        id: String,
        /// Add this one, for example https://shop.example
        #[arg(long)]
        add: Vec<String>,
        /// Remove this one
        #[arg(long)]
        remove: Vec<String>,
    },
    /// Through whom its shoppers speak with this agent
    Relay(RelayCommand),
    /// Show, set or remove where an ordinary form hands over its orders
    HandOver(HandOver),
    /// Where it is paid
    Bank(Box<Bank>),
    /// Where its webhooks go, and the secret that signs them
    #[command(subcommand)]
    Webhook(Webhook),
    /// Its keys, and when each of them counts
    #[command(subcommand)]
    Keys(MerchantKeys),
    /// By what its own programs read what is theirs
    #[command(subcommand)]
    Token(Token),
    /// What it was owed, what it claimed and gave back, what was paid, for some days
    Statement(MerchantStatement),
}

/// All that a Mark says of a merchant. What is not given stays as it was.
#[derive(Args)]
pub struct Add {
    /// mrc_…
    #[arg(value_name = "ID", required_unless_present = "id")]
    positional_id: Option<String>,
    /// The same, by name
    #[arg(long, conflicts_with = "positional_id")]
    id: Option<String>,
    /// The shop's name, Japanese
    #[arg(long)]
    name_ja: Option<String>,
    /// The shop's name, English
    #[arg(long)]
    name_en: Option<String>,
    /// Seller's name, address, representative, contact (特定商取引法), Japanese
    #[arg(long)]
    legal_ja: Option<String>,
    /// The same, English
    #[arg(long)]
    legal_en: Option<String>,
    /// Base URL of its server
    #[arg(long)]
    server_url: Option<String>,
    /// It has no server: its orders wait in a mailbox here
    #[arg(long, conflicts_with = "server_url")]
    mailbox: bool,
    /// Web origin where its widget may appear; may be given several times
    #[arg(long)]
    origin: Vec<String>,
    /// Ed25519 public key, base64url
    #[arg(long, allow_hyphen_values = true)]
    verifying_key: Option<String>,
    /// X25519 public key, base64url
    #[arg(long, allow_hyphen_values = true)]
    sealing_key: Option<String>,
    /// Both keys, as `merchant-server keys show --json` prints them
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// How it is paid out
    #[arg(long)]
    payout_class: Option<String>,
    /// Class of plan that it takes (single, instalments, revolving, bonus, bonus-instalments,
    /// transfer); may be given several times; all at first
    #[arg(long, value_name = "CLASS", value_parser = class)]
    plan: Vec<PlanClass>,
    /// Until when its contract runs, epoch seconds
    #[arg(long, value_name = "SECONDS")]
    valid_until: Option<i64>,
}

impl Merchants {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = self.act(place, &store).await;
        store.close().await;
        said
    }

    async fn act(&self, place: &Place, store: &Store) -> Said {
        match self {
            Self::Add(add) => add.run(place, store).await,
            Self::List => {
                let all = store.merchants().await?;
                let json: Vec<_> = all.iter().map(shown).collect();
                Ok(Report::new(all.iter().map(line).collect(), json!({ "merchants": json })))
            }
            Self::Suspend { id } => set_status(store, id, MerchantStatus::Suspended).await,
            Self::Resume { id } => set_status(store, id, MerchantStatus::Active).await,
            Self::Relay(relay) => relay.run(store).await,
            Self::RevokeMark { id, why } => {
                let merchant = find(store, id).await?;
                store.revoke_marks(merchant.id, *why, SystemClock.now()).await?;
                let merchant = find(store, id).await?;
                Ok(Report::line(line(&merchant), shown(&merchant)))
            }
            Self::Waive { id, up_to, currency } => {
                let waives = match up_to.zip(*currency) {
                    Some((minor, currency)) if minor > 0 => Amount::new(minor, currency),
                    _ => None,
                };
                let merchant = Merchant { waives, ..find(store, id).await? };
                store.put_merchant(merchant.clone(), SystemClock.now()).await?;
                Ok(Report::line(line(&merchant), shown(&merchant)))
            }
            Self::HandOver(hand_over) => hand_over.run(store).await,
            Self::Bank(bank) => bank.run(store).await,
            Self::Webhook(webhook) => webhook.act(place, store).await,
            Self::Keys(keys) => keys.act(store).await,
            Self::Token(token) => token.act(place, store).await,
            Self::Statement(statement) => statement.run(place, store).await,
            Self::Origins { id, add, remove } => {
                let mut merchant = find(store, id).await?;
                for origin in add {
                    check_form(origin)?;
                    check_nobody_elses(store, origin, &merchant.id).await?;
                    if !merchant.origins.contains(origin) {
                        merchant.origins.push(origin.clone());
                    }
                }
                merchant.origins.retain(|origin| !remove.contains(origin));
                check_hand_over(&merchant)?;
                if !(add.is_empty() && remove.is_empty()) {
                    store.put_merchant(merchant.clone(), SystemClock.now()).await?;
                }
                Ok(Report::new(merchant.origins.clone(), shown(&merchant)))
            }
        }
    }
}

impl Add {
    async fn run(&self, place: &Place, store: &Store) -> Said {
        let id = self.id.as_ref().or(self.positional_id.as_ref()).ok_or("which merchant?")?;
        let id: MerchantId =
            id.parse().map_err(|_| format!("{id}: an id is mrc_ and a-z 0-9 _"))?;
        let known = store.merchant(&id).await?;
        let known = known.or_else(|| (place.demo && id.as_str() == DEMO).then(|| demo(id.clone())));
        let merchant = self.over(id, known)?;
        for origin in &self.origin {
            check_nobody_elses(store, origin, &merchant.id).await?;
        }
        store.put_merchant(merchant.clone(), SystemClock.now()).await?;
        if place.demo && merchant.id.as_str() == DEMO {
            demo_account(store, merchant.id.clone()).await?;
        }
        Ok(Report::line(format!("added {}", line(&merchant)), shown(&merchant)))
    }

    /// What is given, over what is known.
    fn over(&self, id: MerchantId, known: Option<Merchant>) -> Result<Merchant, String> {
        let known = known.as_ref();
        let text = |given: &Option<String>, known: Option<&String>, option: &str| {
            given.clone().or(known.cloned()).ok_or_else(|| format!("--{option} is missing"))
        };
        let (verifying, sealing) = self.both_keys()?;
        let ja = text(&self.name_ja, known.map(|m| &m.name.ja), "name-ja")?;
        let en = text(&self.name_en, known.map(|m| &m.name.en), "name-en")?;
        let legal_ja = self.legal_ja.clone().or(known.map(|m| m.legal_notice.ja.clone()));
        let legal_en = self.legal_en.clone().or(known.map(|m| m.legal_notice.en.clone()));
        let origins = match (self.origin.is_empty(), known) {
            (true, Some(known)) => known.origins.clone(),
            _ => self.origin.clone(),
        };
        let sound = origins.iter().try_for_each(|origin| check_form(origin));
        sound.map_err(|fault| fault.to_string())?;
        let server = match self.mailbox {
            true => String::new(),
            false => text(&self.server_url, known.map(|m| &m.server), "server-url, or --mailbox,")?,
        };
        let class = self.payout_class.clone().or(known.map(|m| m.payout_class.clone()));
        let until = self.valid_until.map(|s| Timestamp::from_millis(s.saturating_mul(1000)));
        Ok(Merchant {
            legal_notice: Localized {
                ja: legal_ja.unwrap_or_else(|| ja.clone()),
                en: legal_en.unwrap_or_else(|| en.clone()),
            },
            name: Localized { ja, en },
            origins,
            server: server.trim_end_matches('/').into(),
            hand_over: known.and_then(|m| m.hand_over.clone()),
            verifying_key: verifying.or(known.map(|m| m.verifying_key)).ok_or(NO_KEYS)?,
            sealing_key: sealing.or(known.map(|m| m.sealing_key)).ok_or(NO_KEYS)?,
            relay: known.and_then(|m| m.relay.clone()),
            plans: match (self.plan.is_empty(), known) {
                (false, _) => self.plan.clone(),
                (true, Some(known)) => known.plans.clone(),
                (true, None) => PlanClass::ALL.into(),
            },
            payee: None,
            payout_class: class.unwrap_or_else(|| "standard".into()),
            waives: known.and_then(|m| m.waives),
            status: known.map_or(MerchantStatus::Active, |m| m.status),
            valid_until: until.or(known.and_then(|m| m.valid_until)),
            serial: known.map_or(1, |m| m.serial),
            id,
        })
    }

    fn both_keys(&self) -> Result<(Option<VerifyingKey>, Option<SealingKey>), String> {
        let of_file = self.keys.as_deref().map(pair_of_file).transpose()?;
        let (verifying, sealing) = of_file.unwrap_or_default();
        let given = |text: &Option<String>| text.as_deref().map(read_key).transpose();
        let verifying = given(&self.verifying_key)?.or(verifying);
        let sealing = given(&self.sealing_key)?.or(sealing);
        Ok((verifying.map(VerifyingKey::new), sealing.map(SealingKey::new)))
    }
}

/// Reads what `merchant-server keys show --json` printed.
pub(super) fn pair_of_file(path: &Path) -> Result<Pair, String> {
    let text = fs::read(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    read_pair(&text).map_err(|fault| format!("{}: {fault}", path.display()))
}

pub(super) async fn find(
    store: &Store,
    id: &str,
) -> Result<Merchant, Box<dyn std::error::Error + Send + Sync>> {
    let parsed = id.parse().map_err(|_| format!("{id}: an id is mrc_ and a-z 0-9 _"))?;
    Ok(store.merchant(&parsed).await?.ok_or_else(|| format!("{id} is not registered"))?)
}

async fn set_status(store: &Store, id: &str, status: MerchantStatus) -> Said {
    let merchant = Merchant { status, ..find(store, id).await? };
    store.put_merchant(merchant.clone(), SystemClock.now()).await?;
    Ok(Report::line(line(&merchant), shown(&merchant)))
}

fn currency(name: &str) -> Result<Currency, String> {
    name.parse().map_err(|_| "three letters, as JPY".into())
}

fn why_revoked(name: &str) -> Result<WhyRevoked, String> {
    let found = WhyRevoked::ALL.into_iter().find(|why| why.name() == name);
    found.ok_or_else(|| "keys, misuse, ended or asked".into())
}

/// Reads a class of plan.
pub(super) fn class(name: &str) -> Result<PlanClass, String> {
    let known = PlanClass::ALL.map(PlanClass::name).join(", ");
    PlanClass::from_name(name).ok_or_else(|| format!("{name} is none of: {known}"))
}

fn line(merchant: &Merchant) -> String {
    let status = merchant.status.name();
    let origins = merchant.origins.join(" ");
    format!("{}  {status}  {}  {origins}", merchant.id, merchant.name.en)
}

pub(super) fn shown(merchant: &Merchant) -> Value {
    json!({
        "id": merchant.id.as_str(),
        "name": { "ja": merchant.name.ja, "en": merchant.name.en },
        "status": merchant.status.name(),
        "valid_until": merchant.valid_until.map(Timestamp::as_secs),
        "server": merchant.server,
        "relay": merchant.relay.as_ref().map(|relay| &relay.url),
        "hand_over": merchant.hand_over,
        "origins": merchant.origins,
        "verifying_key": BASE64URL.encode(merchant.verifying_key.as_bytes()),
        "sealing_key": BASE64URL.encode(merchant.sealing_key.as_bytes()),
        "plans": merchant.plans.iter().map(|class| class.name()).collect::<Vec<_>>(),
        "payout_class": merchant.payout_class,
        "waives": merchant.waives.map(|most| {
            json!({ "up_to": most.minor, "currency": most.currency.code() })
        }),
        "serial": merchant.serial,
    })
}

/// What the demo's shop is, but for its keys, which are its own.
fn demo(id: MerchantId) -> Merchant {
    Merchant {
        id,
        name: Localized::new("山田茶舗", "Yamada Tea"),
        legal_notice: Localized::new(
            "山田茶舗　代表 山田太郎　岩手県盛岡市茶町1-2　電話 019-000-0000（架空の店です）",
            "Yamada Tea, represented by Taro Yamada, 1-2 Chamachi, Morioka, Iwate, Japan. \
             Phone +81-19-000-0000. A fictional shop.",
        ),
        origins: vec!["http://127.0.0.1:8080".into()],
        server: "http://127.0.0.1:8080".into(),
        hand_over: None,
        verifying_key: VerifyingKey::new([0; 32]),
        sealing_key: SealingKey::new([0; 32]),
        relay: None,
        plans: PlanClass::ALL.into(),
        payee: None,
        payout_class: "standard".into(),
        status: MerchantStatus::Active,
        valid_until: None,
        waives: None,
        serial: 1,
    }
}

/// Where the demo's shop is paid, unless somebody has said otherwise. There is no such bank.
async fn demo_account(store: &Store, id: MerchantId) -> Result<(), crate::store::Fault> {
    if store.merchant_account(&id).await?.is_some() {
        return Ok(());
    }
    let Ok(holder) = Kana::new("ヤマダチャホ", Kana::PAYEE) else { return Ok(()) };
    let parts = ["0999", "123", "ordinary", "7654321"];
    let Ok(account) = JapaneseAccount::new(parts, holder) else { return Ok(()) };
    let names = AccountNames {
        bank: Localized::new("みほん銀行", "Mihon Bank"),
        branch: Localized::new("盛岡支店", "Morioka branch"),
    };
    let account = BankAccount::Japanese(account);
    store.put_merchant_account(id, account, Some(names), SystemClock.now()).await
}

const DEMO: &str = "mrc_tea";
const NO_KEYS: &str = "--keys FILE, or --verifying-key and --sealing-key, are missing";
