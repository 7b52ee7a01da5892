//! Settings in variables, and those that stand in files of their own, named by `WARIFU_…_FILE`:
//! passwords above all, which so appear neither in the settings nor in the environment.

use std::{env::VarError, ffi::OsString, fs, path::PathBuf};

use figment::providers::Env;

use super::ConfigFault;

/// What the files say that are named for these keys: key and content, without the line's end.
///
/// # Errors
/// [`ConfigFault::File`], [`ConfigFault::Twice`], each with the variable's name.
pub(super) fn of_files(
    keys: &[&'static str],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<(&'static str, String)>, ConfigFault> {
    let mut said = Vec::new();
    for key in keys {
        let plain = format!("WARIFU_{}", key.to_ascii_uppercase());
        let name = format!("{plain}_FILE");
        let Some(path) = variable(&name).map(PathBuf::from) else { continue };
        if variable(&plain).is_some() {
            return Err(ConfigFault::Twice(plain));
        }
        match fs::read_to_string(&path) {
            Ok(text) => said.push((*key, text.trim_end_matches(['\r', '\n']).to_owned())),
            Err(fault) => return Err(ConfigFault::File(name, path, fault)),
        }
    }
    Ok(said)
}

/// A variable of this process.
pub(super) fn of_process(name: &str) -> Option<OsString> {
    match std::env::var(name) {
        Ok(text) => Some(text.into()),
        Err(VarError::NotUnicode(text)) => Some(text),
        Err(VarError::NotPresent) => None,
    }
}

/// Only known keys: other programs' `WARIFU_*` variables are not ours to refuse.
pub(super) fn environment() -> Env {
    Env::prefixed("WARIFU_").only(&VARIABLES).map(|key| place(key.as_str()).into())
}

/// Where in the settings a variable's value stands.
pub(super) fn place(variable: &str) -> String {
    let key = variable.to_ascii_lowercase();
    match key.as_str() {
        "agent_name_ja" => "agent_name.ja".into(),
        "agent_name_en" => "agent_name.en".into(),
        "smtp_url" => "smtp.url".into(),
        "smtp_from" => "smtp.from".into(),
        _ => key,
    }
}

/// What can be set by `WARIFU_` and this, in capitals, and by a file that the same with `_FILE`
/// behind it names.
pub(super) const VARIABLES: [&str; 18] = [
    "listen",
    "public_url",
    "agent_id",
    "agent_name_ja",
    "agent_name_en",
    "data_dir",
    "database_url",
    "widget_dir",
    "smtp_url",
    "smtp_from",
    "confirmation_hours",
    "grant_minutes",
    "mailbox_hours",
    "mailbox_days",
    "by_hand_hours",
    "plans_file",
    "otlp_endpoint",
    "local_merchants",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_faults_name_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "smtps://a:b@mail.example\n").unwrap();
        let keys = ["smtp_url", "listen"];
        let named = |name: &str| (name == "WARIFU_SMTP_URL_FILE").then(|| path.clone().into());
        let said = of_files(&keys, named).unwrap();
        assert_eq!(said, [("smtp_url", "smtps://a:b@mail.example".to_owned())]);
        let both = |name: &str| name.starts_with("WARIFU_SMTP_URL").then(|| path.clone().into());
        let fault = of_files(&keys, both).unwrap_err().to_string();
        assert!(fault.contains("WARIFU_SMTP_URL and WARIFU_SMTP_URL_FILE"), "{fault}");
        let nowhere = |name: &str| name.ends_with("_FILE").then(|| "/nowhere/password".into());
        let fault = of_files(&keys, nowhere).unwrap_err().to_string();
        assert!(fault.contains("WARIFU_SMTP_URL_FILE: /nowhere/password"), "{fault}");
    }
}
