//! What the operator of a stand-alone relay decides: one TOML file, and environment variables over
//! it. Unknown keys are refused; `relay.sample.toml` has a sentence on each.

use std::net::SocketAddr;
use std::path::Path;

use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use serde::Deserialize;

use crate::config::{ConfigError, Origin};

/// The whole configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the agent is reached.
    pub agent: Origin,
    /// Where the shop's server is reached.
    pub shop: Origin,
}

impl RelayConfig {
    /// Reads `file`, then `WARIFU_RELAY__…` variables (`WARIFU_RELAY__AGENT`).
    ///
    /// # Errors
    /// [`ConfigError`], naming the key at fault.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        if !file.is_file() {
            return Err(ConfigError::NoFile(file.to_owned()));
        }
        Self::from(Figment::new().merge(Toml::file_exact(file)))
    }

    fn from(file: Figment) -> Result<Self, ConfigError> {
        file.merge(Env::prefixed("WARIFU_RELAY__"))
            .extract()
            .map_err(|error| ConfigError::Unreadable(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_configuration_and_says_a_sentence_on_every_key() {
        let sample = include_str!("../../relay.sample.toml");
        let config = RelayConfig::from(Figment::new().merge(Toml::string(sample))).unwrap();
        assert_eq!(config.agent.as_str(), "http://localhost:7070");
        for (before, line) in sample.lines().zip(sample.lines().skip(1)) {
            let told = !line.contains(" = ") || (before.starts_with("# ") && before.ends_with('.'));
            assert!(told, "{line} has no sentence");
        }
        let more = format!("{sample}keys = 1\n");
        assert!(RelayConfig::from(Figment::new().merge(Toml::string(&more))).is_err());
    }
}
