//! `agent-server doctor`: looks whether everything is in place; each ✗ says what to do.

use std::time::Duration;

use serde_json::json;
use shared_protocol::{PlanClass, Span, Timestamp};
use tokio::net::TcpStream;

use super::{Place, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Config,
    domain::plan::{Calendar, PlanRules},
    keys::AgentKeyring,
    mail::{SmtpMailer, SmtpSettings},
    store::{self, Store},
    widget::Widget,
};

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    found: Result<String, String>,
}

/// Looks at everything, also where something before it is wrong.
pub async fn examine(place: &Place) -> Report {
    let config = place.settings(None);
    let mut findings = Vec::new();
    let mut note = |what, found| findings.push(Finding { what, found });
    note("clock", clock());
    note("sqlite", sqlite().await);
    match &config {
        Err(fault) => note("settings", Err(fault.to_string())),
        Ok(config) => {
            note("settings", Ok(format!("{} at {}", config.agent_id, config.public_url)));
            note("keys", keys(config));
            note("database", database(config).await);
            note("plans", plans(config));
            note("calendar", bank_days(config));
            note("widget", widget(config));
            note("mail", mail(config).await);
        }
    }
    report(&findings)
}

fn report(findings: &[Finding]) -> Report {
    let line = |finding: &Finding| match &finding.found {
        Ok(good) => format!("✓ {:9} {good}", finding.what),
        Err(bad) => format!("✗ {:9} {bad}", finding.what),
    };
    let shown = |finding: &Finding| {
        let (is_good, says) = match &finding.found {
            Ok(good) => (true, good),
            Err(bad) => (false, bad),
        };
        json!({ "what": finding.what, "ok": is_good, "says": says })
    };
    Report {
        lines: findings.iter().map(line).collect(),
        json: json!({ "findings": findings.iter().map(shown).collect::<Vec<_>>() }),
        is_good: findings.iter().all(|finding| finding.found.is_ok()),
    }
}

fn clock() -> Result<String, String> {
    let now = SystemClock.now();
    let shown = jiff::Timestamp::from_millisecond(now.as_millis()).map_err(|f| f.to_string())?;
    if now < BUILT_AFTER {
        return Err(format!("{shown} is before this program was written: set the clock (NTP)"));
    }
    Ok(shown.to_string())
}

async fn sqlite() -> Result<String, String> {
    match store::sqlite_version().await {
        Ok(version) => Ok(format!("{version} (at least {} keeps commits)", store::SQLITE_OLDEST)),
        Err(fault) => Err(fault.to_string()),
    }
}

fn keys(config: &Config) -> Result<String, String> {
    let dir = config.keys_dir();
    AgentKeyring::load(&dir).map_err(|fault| fault.to_string())?;
    Ok(format!("three in {}, readable by their owner alone", dir.display()))
}

async fn database(config: &Config) -> Result<String, String> {
    let url = store::shown(&config.database());
    let words = |fault: store::Fault| match config.database_url {
        Some(_) => format!("{fault}: {url}"),
        None => format!("{fault}: is {} there and writable?", config.data_dir.display()),
    };
    let store = Store::open(&config.database()).await.map_err(words)?;
    let (written, looked) = (store.try_write().await, store.examine().await);
    store.close().await;
    written.map_err(words)?;
    let what = looked.map_err(words)??;
    Ok(format!("{url} ({what}) opens and can be written"))
}

fn plans(config: &Config) -> Result<String, String> {
    let rules = PlanRules::of(config.plans_file.as_deref(), config.demo);
    let plans = rules.map_err(|fault| fault.to_string())?.plans(&PlanClass::ALL);
    let names: Vec<_> = plans.iter().map(ToString::to_string).collect();
    Ok(names.join(" "))
}

/// Whether the holidays of the next months are listed: else nobody would be paid then.
fn bank_days(config: &Config) -> Result<String, String> {
    let rules = PlanRules::of(config.plans_file.as_deref(), config.demo);
    listed(&rules.map_err(|fault| fault.to_string())?.calendar, SystemClock.now())
}

fn listed(calendar: &Calendar, now: Timestamp) -> Result<String, String> {
    let Some(until) = calendar.known_until() else {
        return Ok("no holidays are listed: weekends and days of every year alone".into());
    };
    match calendar.knows(now.plus(AHEAD)) {
        true => Ok(format!("bank holidays are listed until {until}")),
        false => Err(format!(
            "bank holidays are listed until {until} only: add those of the next year to \
             [calendar] holidays in the plans file, else merchants are not paid from then on"
        )),
    }
}

fn widget(config: &Config) -> Result<String, String> {
    let widget = Widget::open(&config.widget_dir, false).map_err(|fault| fault.to_string())?;
    let files = widget.files();
    match files.is_whole {
        true => Ok(format!("build {} in {}", files.build, config.widget_dir.display())),
        false => Err(format!("none in {}: cargo xtask widget", config.widget_dir.display())),
    }
}

async fn mail(config: &Config) -> Result<String, String> {
    let Some(smtp) = &config.smtp else { return Ok("the demo's own mailbox".into()) };
    let settings = SmtpSettings {
        url: smtp.url.clone(),
        from: smtp.from.clone(),
        host: config.public_host().into(),
    };
    SmtpMailer::new(&settings)?;
    let host = authority(&smtp.url);
    match tokio::time::timeout(PATIENCE, TcpStream::connect(&host)).await {
        Ok(Ok(_)) => Ok(format!("{host} answers")),
        Ok(Err(fault)) => Err(format!("{host}: {fault}")),
        Err(_) => Err(format!("{host} is silent: is a firewall in between?")),
    }
}

/// `host:port` of a mail server's address, without user and password.
fn authority(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("smtp", url));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or(rest);
    match (rest.contains(':'), scheme) {
        (true, _) => rest.into(),
        (false, "smtps") => format!("{rest}:465"),
        (false, _) => format!("{rest}:25"),
    }
}

/// So long before the calendar ends it is time to say so.
const AHEAD: Span = Span::hours(24 * 60);
const PATIENCE: Duration = Duration::from_secs(5);
/// 2026-11-01.
const BUILT_AFTER: Timestamp = Timestamp::from_millis(1_793_491_200_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_that_is_about_to_end_is_said() {
        let at = |text: &str| {
            Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
        };
        let calendar = PlanRules::sample().calendar;
        let says = |now| listed(&calendar, at(now));
        assert!(says("2028-10-01T00:00:00Z").unwrap().ends_with("until 2028-12-31"));
        for now in ["2028-11-15T00:00:00Z", "2029-01-01T00:00:00Z"] {
            assert!(says(now).unwrap_err().contains("add those of the next year"));
        }
    }

    #[test]
    fn a_mail_server_is_named_without_its_password() {
        assert_eq!(authority("smtp://127.0.0.1:1025"), "127.0.0.1:1025");
        assert_eq!(authority("smtps://me:secret@mail.example"), "mail.example:465");
        assert_eq!(authority("smtp://mail.example?tls=required"), "mail.example:25");
    }
}
