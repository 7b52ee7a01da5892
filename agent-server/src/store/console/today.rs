//! The figures of the console's first page.

use shared_protocol::Timestamp;

use crate::store::{Fault, Store, ids, row::Cells as _};

/// How it stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Today {
    /// Purchases that were asked for since the day began.
    pub asked: u64,
    /// Of these: granted.
    pub granted: u64,
    /// Of these: taken by their shops.
    pub accepted: u64,
    /// Granted, and not taken by their shop for a while.
    pub waiting: u64,
    /// Questions to shoppers that are open.
    pub unanswered: u64,
    /// Letters and webhooks that are on their way.
    pub on_their_way: u64,
    /// Letters and webhooks that were given up.
    pub given_up: u64,
    /// Objections that are not resolved.
    pub objections: u64,
    /// Lines of the bank's that nothing matched.
    pub parked: u64,
    /// Payouts that are in no file.
    pub unfiled: u64,
    /// Proposals that wait for another operator.
    pub proposals: u64,
}

impl Store {
    /// How it stands: of purchases since `began`, waiting since before `late`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn today(
        &self,
        began: Timestamp,
        late: Timestamp,
        now: Timestamp,
    ) -> Result<Today, Fault> {
        let row = sqlx::query(TODAY)
            .bind(ids::first(began))
            .bind(late.as_millis())
            .bind(now.as_millis())
            .fetch_one(&self.0.reads)
            .await?;
        Ok(Today {
            asked: row.count("asked")?,
            granted: row.count("granted")?,
            accepted: row.count("accepted")?,
            waiting: row.count("waiting")?,
            unanswered: row.count("unanswered")?,
            on_their_way: row.count("on_their_way")?,
            given_up: row.count("given_up")?,
            objections: row.count("objections")?,
            parked: row.count("parked")?,
            unfiled: row.count("unfiled")?,
            proposals: row.count("proposals")?,
        })
    }
}

/// Purchases are found by their keys, which are in the order of time; what is open has an index.
const TODAY: &str = "SELECT
    (SELECT COUNT(*) FROM purchases WHERE id >= $1) AS asked,
    (SELECT COUNT(*) FROM purchases WHERE id >= $1 AND state <> 'declined') AS granted,
    (SELECT COUNT(*) FROM purchases WHERE id >= $1 AND acceptance IS NOT NULL) AS accepted,
    (SELECT COUNT(*) FROM purchases WHERE deadline IS NOT NULL AND state = 'granted'
        AND created_at < $2) AS waiting,
    (SELECT COUNT(*) FROM purchases WHERE deadline IS NOT NULL AND state = 'accepted')
        AS unanswered,
    (SELECT COUNT(*) FROM outbox WHERE state = 'waiting') AS on_their_way,
    (SELECT COUNT(*) FROM outbox WHERE state = 'dead') AS given_up,
    (SELECT COUNT(*) FROM objections WHERE resolved_at IS NULL) AS objections,
    (SELECT COUNT(*) FROM statement_lines WHERE matched IS NULL) AS parked,
    (SELECT COUNT(*) FROM payouts WHERE file IS NULL) AS unfiled,
    (SELECT COUNT(*) FROM proposals WHERE decision IS NULL AND signed_at IS NOT NULL
        AND lapses_at > $3) AS proposals";
