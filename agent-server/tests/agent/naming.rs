//! Damages a sound market, and looks whether the audit names each damage with its row.

use agent_server::domain::audit::audit;
use shared_protocol::Signer as _;

use crate::{
    damage::{Sound, Way, damage, named, report},
    market::{Market, database_url},
};

/// Damages a sound market in each of these ways; each must be named with its row.
pub async fn each_is_named(market: Market, rows: &[(&str, i64)], ways: &[Way]) {
    let Market { agent, folder, .. } = market;
    let store = agent.app.store.clone();
    let key = agent.app.keys.verifying_key();
    let live = audit(&store, &key).await.unwrap();
    assert!(live.findings.is_empty(), "beside the running server: {:#?}", live.findings);
    agent.shutdown().await;
    let keys = folder.path().join("agent/keys");
    let stopped = report(&database_url(folder.path()), &keys).await;
    assert!(stopped.findings.is_empty(), "{:#?}", stopped.findings);
    assert_eq!((stopped.head, stopped.entries), (live.head, live.entries));
    assert_eq!(stopped.purchases, u64::try_from(rows.len()).unwrap());

    let sound = Sound::of(folder.path()).await;
    let mut missed = Vec::new();
    for way in ways {
        let copy = sound.copy().await;
        let how = named(way.how, rows);
        damage(&copy, &how).await;
        let report = report(&copy, &keys).await;
        let row = named(way.row, rows);
        let is_named = report.findings.iter().any(|finding| {
            finding.damage == way.damage
                && finding.row.starts_with(&row)
                && finding.expected.contains(way.says.0)
                && finding.found.contains(way.says.1)
        });
        if !is_named {
            missed.push(format!("{:?} {row}: {how}\n{:#?}", way.damage, report.findings));
        }
    }
    assert!(missed.is_empty(), "{} not named: {}", missed.len(), missed.join("\n"));
}
