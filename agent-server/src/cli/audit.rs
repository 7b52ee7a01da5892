//! `agent-server audit`: recomputes the books from what was signed and names every row that says
//! something else. Exit code 1 if there is one. It may run beside the server.

use serde_json::{Value, json};

use super::{Place, Said, say::Report};
use crate::{
    clock::SystemClock,
    domain::audit::{Finding, audit_and_note},
    keys::AgentKeyring,
};

/// Runs it.
pub async fn run(place: &Place) -> Said {
    let keys = AgentKeyring::load(&place.settings(None)?.keys_dir())?;
    let store = place.store().await?;
    let report = audit_and_note(&store, keys.history(), &SystemClock).await;
    store.close().await;
    let report = report?;
    let head: String = report.head.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut lines: Vec<_> = report.findings.iter().map(line).collect();
    let count = lines.len();
    lines.push(format!(
        "{} purchases, {} journal entries, {count} findings; journal {head}",
        report.purchases, report.entries
    ));
    let findings: Vec<_> = report.findings.iter().map(shown).collect();
    let json = json!({
        "purchases": report.purchases,
        "entries": report.entries,
        "journal": head,
        "findings": findings,
    });
    Ok(Report { lines, json, is_good: report.findings.is_empty() })
}

fn line(finding: &Finding) -> String {
    let Finding { damage, row, expected, found } = finding;
    format!("✗ {row}: {} (must be {expected}, is {found})", damage.says())
}

fn shown(finding: &Finding) -> Value {
    json!({
        "damage": finding.damage.name(),
        "row": finding.row,
        "expected": finding.expected,
        "found": finding.found,
    })
}
