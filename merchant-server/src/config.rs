//! What the shop's owner decides: one TOML file, environment variables over it, and files that
//! variables name. Unknown keys
//! are refused; `config.sample.toml` has a sentence on each and is read by a test.

mod files;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::domain::WebhookSecret;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use figment::value::UncasedStr;
use figment::value::magic::RelativePathBuf;
use jiff::tz::TimeZone;
use passkeys::RelyingParty;
use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize};
use shared_protocol::{AgentId, AgentKeys, Locale, Localized, MerchantId, Span, VerifyingKey};

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where shoppers' browsers and the agent reach this server: scheme, host, port, no path. Left
    /// out by a seller without a server, whose orders wait in a mailbox at the agent.
    #[serde(default)]
    pub public_url: Option<Origin>,
    /// The shop's name in the protocol, as its agent registered it (`mrc_…`).
    pub merchant_id: MerchantId,
    /// What people call the shop, at its desk; left out, the desk shows `merchant_id`.
    #[serde(default)]
    pub shop_name: Option<Localized>,
    /// The catalogue file: what is sold, at what price, on what terms.
    pub catalogue: RelativePathBuf,
    /// Folder of the database and of `keys/`; only this server may read it.
    pub data_dir: RelativePathBuf,
    /// `sqlite:<file>`; without it `merchant.sqlite` in `data_dir`.
    #[serde(default)]
    pub database_url: Option<String>,
    /// Folder of the pictures that Offers show, below `/warifu/v1/images/`; none if left out.
    #[serde(default)]
    pub images_dir: Option<RelativePathBuf>,
    /// Folder of the demo's shop page; served only in the demo.
    pub shop_dir: RelativePathBuf,
    /// Time zone of order references and lists (IANA name).
    #[serde(deserialize_with = "time_zone")]
    pub time_zone: TimeZone,
    /// First letters of order references: `Y` makes `Y-20261122-0001`.
    #[serde(deserialize_with = "prefix")]
    pub order_prefix: String,
    /// Whether this server is the agent's relay as well (Fig 1, both servers in one: ¶34).
    #[serde(default)]
    pub relay: bool,
    /// Where the shop's people reach the desk: scheme, host, port, and the path before `/desk` if
    /// there is one. Left out, it is `public_url`.
    #[serde(default, deserialize_with = "desk_url")]
    pub desk_url: Option<Url>,
    /// How many requests are worked on at the same time; half of it for what is only shown.
    pub requests_at_once: usize,
    /// Who settles the money.
    pub agent: AgentConfig,
    /// Whether the demo's shop page and `/_demo/` are served. Set by `--demo`, never by a file.
    #[serde(skip)]
    pub demo: bool,
}

/// Who settles the money, and how to know its voice.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// Where the agent is reached; also the only web origin that may read this server's answers.
    pub url: Origin,
    /// The agent's name in the protocol (`agt_…`).
    pub id: AgentId,
    /// Its public keys (base64url), newest first: more than one while they rotate.
    #[serde(default, deserialize_with = "verifying_keys")]
    pub verifying_keys: Vec<VerifyingKey>,
    /// Secrets of webhooks (`whsec_…`), newest first: more than one while they rotate. Not needed
    /// where the keys are.
    #[serde(default, deserialize_with = "webhook_secrets")]
    pub webhook_secrets: Vec<WebhookSecret>,
    /// Minutes after which the agent is asked about an order of which nothing was heard.
    pub ask_after_minutes: u32,
}

/// Why a configuration cannot be used, in words for its owner.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable does not say what it should.
    #[error("{0}")]
    Unreadable(#[from] Box<figment::Error>),
    /// There is no such file.
    #[error("there is no configuration file {0} (copy config.sample.toml to it)")]
    NoFile(PathBuf),
    /// A file that a variable names cannot be read.
    #[error("{0}: {1}: {2}")]
    File(String, PathBuf, #[source] std::io::Error),
    /// One thing is said twice.
    #[error("{0} and {0}_FILE are both set: only one of them can be meant")]
    Twice(String),
    /// The agent's keys are needed for this and are not there.
    #[error("agent.verifying_keys is empty: put in what the agent's operator gave you")]
    NoAgentKeys,
}

impl Config {
    /// Reads `file`, then `WARIFU_MERCHANT__…` variables (`WARIFU_MERCHANT__AGENT__URL`) and the
    /// files that `WARIFU_MERCHANT__…_FILE` name.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key at fault.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        if !file.is_file() {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        Self::from(Figment::new().merge(Toml::file_exact(file)))
    }

    /// Reads a configuration from TOML text; relative paths stay relative to the current folder.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key at fault.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from(Figment::new().merge(Toml::string(text)))
    }

    fn from(file: Figment) -> Result<Self, ConfigError> {
        let is_plain = |key: &UncasedStr| !key.as_str().to_ascii_uppercase().ends_with("_FILE");
        let environment = Env::prefixed(files::PREFIX).filter(is_plain).split("__");
        let mut figment =
            Figment::from(Serialized::defaults(Defaults::default())).merge(file).merge(environment);
        for (key, value) in files::of_files(std::env::vars_os())? {
            figment = figment.merge((key, value));
        }
        figment.extract().map_err(|error| ConfigError::Unreadable(Box::new(error)))
    }

    /// Who the agent is and by which keys it is known.
    ///
    /// # Errors
    /// [`ConfigError::NoAgentKeys`]: without them nothing that the agent says can be believed.
    pub fn agent_keys(&self) -> Result<AgentKeys, ConfigError> {
        if self.agent.verifying_keys.is_empty() {
            return Err(ConfigError::NoAgentKeys);
        }
        let verifying = self.agent.verifying_keys.clone();
        Ok(AgentKeys { agent: self.agent.id.clone(), verifying })
    }

    /// The database's address.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| {
            format!("sqlite:{}", self.data_dir.relative().join("merchant.sqlite").display())
        })
    }

    /// Where the desk is, without a slash at its end. Passkeys belong to a name (WebAuthn §5.1.2):
    /// where this machine is called by its number, the desk is at its name.
    pub fn desk(&self) -> String {
        if let Some(url) = &self.desk_url {
            return url.as_str().trim_end_matches('/').to_owned();
        }
        let public = self.public_url.as_ref().map_or("http://localhost", Origin::as_str);
        let by_number = ["http://127.0.0.1", "http://[::1]"];
        let rest = by_number.iter().find_map(|number| public.strip_prefix(number));
        rest.map_or_else(|| public.to_owned(), |rest| format!("http://localhost{rest}"))
    }

    /// The desk, as passkeys know it.
    pub fn desk_party(&self) -> RelyingParty {
        let url = Url::parse(&self.desk()).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("localhost").to_owned();
        let origin = url.map_or_else(String::new, |url| url.origin().ascii_serialization());
        RelyingParty { id: host, origin }
    }

    /// Where the private keys are.
    pub fn keys_dir(&self) -> PathBuf {
        self.data_dir.relative().join("keys")
    }

    /// What people call the shop.
    pub fn shop_name(&self, locale: Locale) -> &str {
        self.shop_name.as_ref().map_or(self.merchant_id.as_str(), |name| name.get(locale))
    }

    /// Where pictures are: as configured, and in the demo else with the shop page.
    pub fn images_dir(&self) -> Option<PathBuf> {
        let demo = || self.demo.then(|| self.shop_dir.relative());
        self.images_dir.as_ref().map(RelativePathBuf::relative).or_else(demo)
    }

    /// After which silence the agent is asked about an order.
    pub fn ask_after(&self) -> Span {
        Span::minutes(i64::from(self.agent.ask_after_minutes))
    }
}

/// What holds where the file says nothing.
#[derive(Serialize)]
struct Defaults {
    listen: &'static str,
    data_dir: &'static str,
    catalogue: &'static str,
    shop_dir: &'static str,
    time_zone: &'static str,
    order_prefix: &'static str,
    requests_at_once: usize,
    agent: AgentDefaults,
}

#[derive(Serialize)]
struct AgentDefaults {
    ask_after_minutes: u32,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080",
            data_dir: "merchant-data",
            catalogue: "catalogue.toml",
            shop_dir: "www/shop",
            time_zone: "Asia/Tokyo",
            order_prefix: "Y",
            requests_at_once: 512,
            agent: AgentDefaults { ask_after_minutes: 60 },
        }
    }
}

/// A web origin (RFC 6454): `https://host[:port]`, or `http://` on this very machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a path on it; `path` begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl std::str::FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "not a URL")?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err("must be scheme, host and port only, such as https://shop.example");
        }
        let at_home = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match url.scheme() {
            "https" => Ok(Self(url.origin().ascii_serialization())),
            "http" if at_home => Ok(Self(url.origin().ascii_serialization())),
            _ => Err("must be https (http only on this machine: localhost, 127.0.0.1)"),
        }
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn desk_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(from)?;
    let url = Url::parse(&text).map_err(|_| serde::de::Error::custom("not a URL"))?;
    let whole = url.origin().ascii_serialization();
    whole.parse::<Origin>().map_err(serde::de::Error::custom)?;
    let is_named = url.domain().is_some();
    let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match is_named && is_bare {
        true => Ok(Some(url)),
        false => Err(serde::de::Error::custom("must name a host, not a number, and no query")),
    }
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    TimeZone::get(&name).map_err(|_| serde::de::Error::custom("not a time zone such as Asia/Tokyo"))
}

fn prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(text).ok_or_else(|| serde::de::Error::custom("must be 1 to 8 letters or digits"))
}

fn verifying_keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<VerifyingKey>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let key = |text: &String| VerifyingKey::try_from(BASE64URL.decode(text).ok()?.as_slice()).ok();
    let keys: Option<Vec<_>> = texts.iter().map(key).collect();
    keys.ok_or_else(|| serde::de::Error::custom("each must be a base64url Ed25519 public key"))
}

fn webhook_secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<WebhookSecret>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

#[cfg(test)]
mod tests {
    use figment::error::Kind;

    use super::*;

    const SAMPLE: &str = include_str!("../config.sample.toml");
    const SELLER: &str = include_str!("../seller.sample.toml");

    #[test]
    fn the_sample_is_a_configuration() {
        let config = Config::from_toml(SAMPLE).unwrap();
        assert_eq!(config.merchant_id.as_str(), "mrc_tea");
        assert_eq!(config.shop_name(Locale::En), "Yamada Tea");
        assert_eq!(config.agent.url.as_str(), "http://localhost:7070");
        assert!(config.database_url().ends_with("merchant.sqlite"));
        assert!(!config.demo, "no file can start the demo");
    }

    #[test]
    fn every_key_of_the_sample_is_real_and_every_real_key_is_in_it() {
        let is_key =
            |line: &&str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let line = |line: &'static str| line.strip_prefix("# ").filter(is_key).unwrap_or(line);
        let whole: Vec<_> = SAMPLE.lines().map(line).collect();
        let sample = Figment::new().merge(Toml::string(&whole.join("\n")));
        sample.extract::<Config>().unwrap();
        for section in ["", "agent."] {
            let wrong = sample.clone().merge((format!("{section}no_such_key"), 1));
            let fault = wrong.extract::<Config>().unwrap_err();
            let Kind::UnknownField(_, keys) = fault.kind else { panic!("{section} {fault}") };
            for key in keys {
                assert!(sample.contains(&format!("{section}{key}")), "{section}{key}");
            }
        }
    }

    #[test]
    fn a_seller_without_a_server_needs_little() {
        let config = Config::from_toml(SELLER).unwrap();
        assert_eq!(config.merchant_id.as_str(), "mrc_suzuki");
        assert_eq!(config.shop_name(Locale::Ja), "mrc_suzuki", "it says no other name");
        assert!(config.public_url.is_none());
    }

    #[test]
    fn the_samples_say_a_sentence_on_every_key() {
        [SAMPLE, SELLER].into_iter().for_each(says_a_sentence_on_every_key);
    }

    fn says_a_sentence_on_every_key(sample: &str) {
        for line in sample.lines().filter(|line| line.contains(" = ")) {
            let key = line.trim_start_matches("# ").split(" = ").next().unwrap();
            let told = sample.lines().zip(sample.lines().skip(1));
            let before = told.into_iter().find(|(_, next)| *next == line).unwrap().0;
            assert!(before.starts_with("# ") && before.ends_with('.'), "{key} has no sentence");
        }
    }

    #[test]
    fn unknown_keys_and_bad_values_are_named() {
        let bad = [
            ("listn = \"127.0.0.1:1\"\n", "listn"),
            ("demo = true\n", "demo"),
            ("public_url = \"http://shop.example\"\n", "public_url"),
            ("public_url = \"https://shop.example/shop\"\n", "public_url"),
            ("desk_url = \"https://192.0.2.1\"\n", "desk_url"),
            ("desk_url = \"http://shop.example\"\n", "desk_url"),
            ("time_zone = \"Mars/Olympus\"\n", "time_zone"),
            ("order_prefix = \"Y-\"\n", "order_prefix"),
        ];
        for (line, key) in bad {
            let rest =
                SAMPLE.lines().filter(|l| !l.starts_with(key)).collect::<Vec<_>>().join("\n");
            let error = Config::from_toml(&format!("{line}{rest}")).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }

    #[test]
    fn the_desk_is_at_a_name() {
        let desk = |line: &str| {
            let config = Config::from_toml(&format!("{line}\n{SAMPLE}")).unwrap();
            (config.desk(), config.desk_party().id, config.desk_party().origin)
        };
        let local = "http://localhost:8080".to_owned();
        assert_eq!(desk(""), (local.clone(), "localhost".into(), local));
        let (url, id, origin) = desk("desk_url = \"https://staff.shop.example/stall/\"");
        assert_eq!(url, "https://staff.shop.example/stall");
        assert_eq!(
            (id.as_str(), origin.as_str()),
            ("staff.shop.example", "https://staff.shop.example")
        );
    }

    #[test]
    fn without_the_agents_keys_nothing_is_believed() {
        let mut config = Config::from_toml(SAMPLE).unwrap();
        config.agent.verifying_keys.clear();
        assert!(matches!(config.agent_keys(), Err(ConfigError::NoAgentKeys)));
    }
}
