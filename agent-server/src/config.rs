//! What an operator sets: a TOML file, then `WARIFU_*` variables and the files that `WARIFU_*_FILE`
//! name, then the command line.
//! Unknown keys are refused, so that a misspelt one is noticed.

mod files;

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Format as _, Toml},
};
use serde::Deserialize;
use shared_protocol::{AgentId, Amount, Localized, Span};

use crate::{
    domain::{code::CodeCost, passkey::RelyingParty, settlement, transfer},
    files::{AccountFault, OwnBank},
    guard::Limits,
};

/// The settings of one agent server. `config.sample.toml` shows each of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port on which it listens, `host:port`; port 0 takes a free one.
    #[serde(default = "default_listen")]
    pub listen: String,
    /// The address by which browsers and merchants reach it, without a slash at the end. Passkeys
    /// belong to its host, which must be a name for that, not numbers (WebAuthn L3 §5.1.2).
    pub public_url: String,
    /// Its name in the protocol, `agt_…`.
    pub agent_id: AgentId,
    /// Its name as shoppers know it, in both languages.
    pub agent_name: Localized,
    /// The folder of keys and, unless `database_url` says otherwise, of the database.
    pub data_dir: PathBuf,
    /// Where the database is, `sqlite:PATH` or `postgres://…`; absent: `agent.sqlite` in
    /// `data_dir`.
    #[serde(default)]
    pub database_url: Option<String>,
    /// The folder of the built widget: loader, frame script, Wasm, and their manifest.
    pub widget_dir: PathBuf,
    /// The file of the plans by which shoppers may pay (`plans.sample.toml`); absent: a lump sum
    /// only, and in a demo the sample.
    #[serde(default)]
    pub plans_file: Option<PathBuf>,
    /// How letters are sent; absent only in a demo, which keeps them in its own mailbox.
    #[serde(default)]
    pub smtp: Option<SmtpConfig>,
    /// Hours within which a confirmation mail can be answered (step 64, ¶60).
    #[serde(default = "default_confirmation_hours")]
    pub confirmation_hours: u32,
    /// Minutes within which a Grant can be redeemed (step 61).
    #[serde(default = "default_grant_minutes")]
    pub grant_minutes: u32,
    /// Hours within which a seller without a server can take an order out of its mailbox.
    #[serde(default = "default_mailbox_hours")]
    pub mailbox_hours: u32,
    /// Days for which the mailbox keeps an order after it was read, or could no longer be taken.
    #[serde(default = "default_mailbox_days")]
    pub mailbox_days: u32,
    /// Hours within which a shop can hand in a number that was read out to it.
    #[serde(default = "default_by_hand_hours")]
    pub by_hand_hours: u32,
    /// What one trial of a security code costs (argon2id).
    #[serde(default = "default_code_cost")]
    pub code_cost: CodeCost,
    /// How many codes are compared at the same time; 0: as many as there are processors.
    #[serde(default)]
    pub codes_at_once: usize,
    /// How many requests are worked on at the same time; lists are refused from half of it on,
    /// pages from three quarters.
    #[serde(default = "default_requests_at_once")]
    pub requests_at_once: usize,
    /// How much may go wrong an hour before nothing is tried any more.
    #[serde(default)]
    pub guessing: Limits,
    /// Another server stands in front and appends the caller's address to `X-Forwarded-For`.
    #[serde(default)]
    pub behind_proxy: bool,
    /// What a contract that was enrolled for begins with.
    #[serde(default)]
    pub enrolment: Enrolment,
    /// What merchants pay for being paid, and when they are.
    #[serde(default)]
    pub settlement: settlement::Rules,
    /// Our own account, for files that the bank takes and gives; absent: there are none.
    #[serde(default)]
    pub bank: OwnBank,
    /// When shoppers' transfers are sent, where the agent is a bank; absent: it is none.
    #[serde(default)]
    pub transfers: Option<transfer::Rules>,
    /// Merchants' servers may be on this very machine, without TLS: for trying things.
    #[serde(default)]
    pub local_merchants: bool,
    /// Where traces are sent (OTLP over HTTP); absent: nowhere.
    #[serde(default)]
    pub otlp_endpoint: Option<String>,
    /// Where a day begins and ends, for limits and statements; an IANA name.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// Set by `--demo` alone: mounts `/_demo/*`, seeds the demo's contracts.
    #[serde(skip)]
    pub demo: bool,
    /// Set by `--bench-no-storage` alone: grants are checked and signed but not stored.
    #[serde(skip)]
    pub bench_no_storage: bool,
}

/// The way to a mail server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// `smtp://host:port`, `smtps://user:password@host`.
    pub url: String,
    /// The sender's address on all letters; people answer to it.
    pub from: String,
}

/// What a contract that was enrolled for begins with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Whether anybody may enrol.
    pub open: bool,
    /// The most that may be owed at once, in minor units.
    pub credit_limit: u64,
    /// Of this currency, ISO 4217.
    pub currency: String,
}

impl Default for Enrolment {
    fn default() -> Self {
        Self { open: true, credit_limit: 100_000, currency: "JPY".into() }
    }
}

impl Enrolment {
    /// The limit as money; `None` if there is no such amount.
    pub fn limit(&self) -> Option<Amount> {
        Amount::new(self.credit_limit, self.currency.parse().ok()?)
    }
}

impl Config {
    /// Reads the file, if there is one, and the environment.
    ///
    /// # Errors
    /// [`ConfigFault`] with the key that is wrong or missing.
    pub fn load(file: &Path, overrides: &Overrides) -> Result<Self, ConfigFault> {
        let mut figment = Figment::new();
        if overrides.demo {
            figment = figment.merge(Toml::string(DEMO));
        }
        if file.exists() {
            figment = figment.merge(Toml::file(file));
        } else if overrides.file_is_named {
            return Err(ConfigFault::NoFile(file.into()));
        }
        figment = figment.merge(files::environment());
        for (key, text) in files::of_files(&files::VARIABLES, files::of_process)? {
            figment = figment.merge((files::place(key), text));
        }
        let paths = [("data_dir", &overrides.data_dir), ("widget_dir", &overrides.widget_dir)];
        for (key, path) in paths {
            if let Some(path) = path {
                figment = figment.merge((key, path));
            }
        }
        let mut config: Self = figment.extract().map_err(|fault| ConfigFault::Key(fault.into()))?;
        config.demo = overrides.demo;
        config.check()
    }

    /// The settings of a demo whose data is in `data_dir`; nothing else is read.
    ///
    /// # Panics
    /// Never: the demo's settings are part of this file and tested.
    pub fn demo(data_dir: &Path, widget_dir: &Path) -> Self {
        let figment = Figment::new()
            .merge(Toml::string(DEMO))
            .merge(("data_dir", data_dir))
            .merge(("widget_dir", widget_dir));
        let config: Self = figment.extract().expect("the demo's own settings are complete");
        Self { demo: true, ..config }
    }

    /// Makes the data folder, for its owner alone, if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make_data_dir(&self) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.data_dir)
    }

    /// Where the keys are.
    pub fn keys_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }

    /// The database's URL.
    pub fn database(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data_dir.join("agent.sqlite").display()))
    }

    /// The host in `public_url`, without a port.
    pub fn public_host(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or(rest);
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        }
    }

    /// This agent, as passkeys know it: the host and the web origin in `public_url`.
    pub fn relying_party(&self) -> RelyingParty {
        let (scheme, rest) = self.public_url.split_once("://").unwrap_or_default();
        let authority = rest.split('/').next().unwrap_or(rest);
        RelyingParty { id: self.public_host().into(), origin: format!("{scheme}://{authority}") }
    }

    /// How long a confirmation mail can be answered.
    pub fn confirmation_lifetime(&self) -> Span {
        Span::hours(i64::from(self.confirmation_hours))
    }

    /// How long a Grant can be redeemed.
    pub fn grant_lifetime(&self) -> Span {
        Span::minutes(i64::from(self.grant_minutes))
    }

    /// How long a Grant can be redeemed whose order waits in a mailbox.
    pub fn mailbox_lifetime(&self) -> Span {
        Span::hours(i64::from(self.mailbox_hours))
    }

    /// How long a mailbox keeps what was read, or can no longer be taken.
    pub fn mailbox_retention(&self) -> Span {
        Span::hours(i64::from(self.mailbox_days) * 24)
    }

    /// How long a number that was read out can be handed in.
    pub fn by_hand_lifetime(&self) -> Span {
        Span::hours(i64::from(self.by_hand_hours))
    }

    /// Whether merchants' servers may be on this very machine; in a demo they are.
    pub fn has_local_merchants(&self) -> bool {
        self.demo || self.local_merchants
    }

    /// Where a day begins and ends.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        zone(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    fn check(mut self) -> Result<Self, ConfigFault> {
        while self.public_url.ends_with('/') {
            self.public_url.pop();
        }
        if !(self.public_url.starts_with("https://") || self.public_url.starts_with("http://")) {
            return Err(ConfigFault::PublicUrl);
        }
        if self.smtp.is_none() && !self.demo {
            return Err(ConfigFault::NoSmtp);
        }
        if !self.code_cost.is_possible() {
            return Err(ConfigFault::CodeCost);
        }
        if self.enrolment.limit().is_none() {
            return Err(ConfigFault::CreditLimit);
        }
        if !self.settlement.are_sound() {
            return Err(ConfigFault::Settlement);
        }
        self.bank.check()?;
        if let Some(rules) = &self.transfers {
            rules.hours()?;
        }
        if zone(&self.time_zone).is_none() {
            return Err(ConfigFault::TimeZone(self.time_zone));
        }
        Ok(self)
    }
}

/// What the command line says over file and environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config` was given, so the file must exist.
    pub file_is_named: bool,
    /// `--data`
    pub data_dir: Option<PathBuf>,
    /// `--widget-dir`
    pub widget_dir: Option<PathBuf>,
    /// `--demo`
    pub demo: bool,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The file that was named is not there.
    #[error("{0} does not exist (agent-server/config.sample.toml is an example)")]
    NoFile(PathBuf),
    /// A file that a variable names cannot be read.
    #[error("{0}: {1}: {2}")]
    File(String, PathBuf, #[source] std::io::Error),
    /// One thing is said twice.
    #[error("{0} and {0}_FILE are both set: only one of them can be meant")]
    Twice(String),
    /// A key is missing, unknown or of the wrong kind.
    #[error(transparent)]
    Key(Box<figment::Error>),
    /// `public_url` is no web address.
    #[error("public_url must begin with https:// (or http:// on this machine)")]
    PublicUrl,
    /// There is no way to send the letters on which every purchase depends.
    #[error("smtp.url and smtp.from are missing: without them no shopper can confirm")]
    NoSmtp,
    /// argon2id cannot be run like this.
    #[error("code_cost: memory_kib must be 8 for each lane at least, passes and lanes 1")]
    CodeCost,
    /// No amount of that currency.
    #[error("enrolment: the limit is too high, or the currency unknown")]
    CreditLimit,
    /// Nobody could be paid like this.
    #[error("settlement: a fee is 10000 at most, for a merchant (mrc_…); payout_days 60")]
    Settlement,
    /// Our own account is none.
    #[error("bank: {0}")]
    Bank(#[from] AccountFault),
    /// No bank has such hours.
    #[error("transfers: {0}")]
    Transfers(#[from] transfer::HoursFault),
    /// This machine knows no such zone.
    #[error("time_zone: {0} is not known here")]
    TimeZone(String),
}

fn default_requests_at_once() -> usize {
    512
}

fn default_listen() -> String {
    "127.0.0.1:7070".into()
}

/// Tokyo's rules are compiled in, so that a machine without a zone database knows them.
fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    const TOKYO: jiff::tz::TimeZone = jiff::tz::get!("Asia/Tokyo");
    if name == "Asia/Tokyo" { Some(TOKYO) } else { jiff::tz::TimeZone::get(name).ok() }
}

fn default_time_zone() -> String {
    "Asia/Tokyo".into()
}

fn default_code_cost() -> CodeCost {
    CodeCost::DEFAULT
}

fn default_confirmation_hours() -> u32 {
    72
}

fn default_mailbox_hours() -> u32 {
    48
}

fn default_mailbox_days() -> u32 {
    14
}

fn default_grant_minutes() -> u32 {
    10
}

fn default_by_hand_hours() -> u32 {
    24
}

/// What a demo needs no file for.
const DEMO: &str = r#"
listen = "127.0.0.1:7070"
public_url = "http://localhost:7070"
agent_id = "agt_demo"
agent_name = { ja = "割符決済", en = "Warifu Settlement" }
data_dir = "warifu-demo/agent"
widget_dir = "target/widget"
# Everybody knows the demo's codes.
code_cost = { memory_kib = 8, passes = 1, lanes = 1 }

# It is a bank too, at which the demo's shop has its account (a bank of this code does not exist).
[transfers]
opens = "08:30"
closes = "15:30"
around_the_clock = ["0999"]
"#;

#[cfg(test)]
mod tests {
    use figment::error::Kind;

    use super::*;

    #[test]
    fn the_sample_is_read() {
        let sample = include_str!("../config.sample.toml");
        let config: Config = Figment::new().merge(Toml::string(sample)).extract().unwrap();
        let config = config.check().unwrap();
        assert_eq!(config.public_host(), "agent.example");
        assert_eq!(config.confirmation_lifetime(), Span::hours(72));
    }

    /// With each line that is only an example taken as said.
    fn whole_sample() -> Figment {
        let sample = include_str!("../config.sample.toml");
        let is_key =
            |line: &&str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let line = |line: &'static str| line.strip_prefix("# ").filter(is_key).unwrap_or(line);
        let whole: Vec<_> = sample.lines().map(line).collect();
        Figment::new().merge(Toml::string(&whole.join("\n")))
    }

    #[test]
    fn every_key_of_the_sample_is_real_and_every_real_key_is_in_it() {
        let sample = whole_sample();
        sample.extract::<Config>().unwrap();
        for section in [
            "",
            "smtp.",
            "enrolment.",
            "settlement.",
            "bank.",
            "transfers.",
            "guessing.",
            "code_cost.",
        ] {
            let wrong = sample.clone().merge((format!("{section}no_such_key"), 1));
            let fault = wrong.extract::<Config>().unwrap_err();
            let Kind::UnknownField(_, keys) = fault.kind else { panic!("{section} {fault}") };
            for key in keys {
                assert!(sample.contains(&format!("{section}{key}")), "{section}{key}");
            }
        }
    }

    #[test]
    fn a_misspelt_key_is_noticed() {
        let sample = include_str!("../config.sample.toml").replace("listen", "lisen");
        let read: Result<Config, _> = Figment::new().merge(Toml::string(&sample)).extract();
        assert!(read.unwrap_err().to_string().contains("lisen"));
    }

    #[test]
    fn without_a_way_to_send_letters_only_a_demo_starts() {
        let config = Config::demo(Path::new("data"), Path::new("widget"));
        assert!(config.clone().check().is_ok());
        assert!(matches!(Config { demo: false, ..config }.check(), Err(ConfigFault::NoSmtp)));
    }

    #[test]
    fn a_host_is_read_out_of_an_address() {
        let mut config = Config::demo(Path::new("data"), Path::new("widget"));
        assert_eq!(config.public_host(), "localhost");
        config.public_url = "http://[::1]:7070".into();
        assert_eq!(config.public_host(), "[::1]");
    }
}
