//! Settings that stand in files of their own, named by `WARIFU_MERCHANT__…_FILE`: secrets above
//! all, which so appear neither in the configuration nor in the environment.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use figment::value::Value;

use super::ConfigError;

/// How all variables of this server begin.
pub(super) const PREFIX: &str = "WARIFU_MERCHANT__";

/// What the files say that these variables name: key and value.
///
/// # Errors
/// [`ConfigError::File`], [`ConfigError::Twice`], each with the variable's name.
pub(super) fn of_files(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, Value)>, ConfigError> {
    let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
    let all: Vec<_> = variables.into_iter().filter_map(named).collect();
    let mut said = Vec::new();
    for (name, path) in &all {
        let Some(plain) = name.strip_suffix("_FILE") else { continue };
        let Some(key) = plain.strip_prefix(PREFIX) else { continue };
        if all.iter().any(|(other, _)| other == plain) {
            return Err(ConfigError::Twice(plain.to_owned()));
        }
        let path = PathBuf::from(path);
        let text = fs::read_to_string(&path)
            .map_err(|error| ConfigError::File(name.clone(), path, error))?;
        let key = key.to_ascii_lowercase().replace("__", ".");
        let value = match LISTS.contains(&key.as_str()) {
            true => Value::from(text.lines().collect::<Vec<_>>()),
            false => Value::from(text.trim_end_matches(['\r', '\n'])),
        };
        said.push((key, value));
    }
    Ok(said)
}

/// Keys that hold several values: one a line.
const LISTS: [&str; 2] = ["agent.verifying_keys", "agent.webhook_secrets"];

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, value: &str) -> (OsString, OsString) {
        (name.into(), value.into())
    }

    #[test]
    fn a_file_is_read_and_faults_name_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        fs::write(&path, "whsec_a\nwhsec_b\n").unwrap();
        let path = path.to_str().unwrap();
        let name = "WARIFU_MERCHANT__AGENT__WEBHOOK_SECRETS_FILE";
        let said = of_files([set(name, path), set("OTHER_FILE", "/nowhere")]).unwrap();
        let both = Value::from(vec!["whsec_a", "whsec_b"]);
        assert_eq!(said, [("agent.webhook_secrets".to_owned(), both)]);
        let said = of_files([set("WARIFU_MERCHANT__DATABASE_URL_FILE", path)]).unwrap();
        assert_eq!(said[0].1, Value::from("whsec_a\nwhsec_b"));
        let plain = name.strip_suffix("_FILE").unwrap();
        let fault = of_files([set(name, path), set(plain, "[]")]).unwrap_err().to_string();
        assert!(fault.contains(&format!("{plain} and {name}")), "{fault}");
        let fault = of_files([set(name, "/nowhere/secrets")]).unwrap_err().to_string();
        assert!(fault.contains(&format!("{name}: /nowhere/secrets")), "{fault}");
    }
}
