//! Where merchants' webhooks go, by which secret, and the log of what came of sending them.

use shared_protocol::{MerchantId, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::webhook::Endpoint;

/// One delivery that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Of which event.
    pub event: i64,
    /// When.
    pub at: Timestamp,
    /// How long it took.
    pub millis: i64,
    /// What the merchant's server answered; `None`: nothing.
    pub status: Option<u16>,
    /// Why it failed; `None`: it did not.
    pub fault: Option<String>,
}

/// What becomes of an endpoint.
#[derive(Clone, Copy, Debug)]
pub enum EndpointChange {
    /// The next secret signs; the one now until then as well.
    Rotate(Timestamp),
    /// Nothing is sent any more.
    Disable,
    /// Webhooks are sent again.
    Enable,
}

impl Store {
    /// How this merchant's webhooks are sent.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn endpoint(&self, merchant: &MerchantId) -> Result<Endpoint, Fault> {
        let row = sqlx::query("SELECT * FROM webhook_endpoints WHERE merchant = $1")
            .bind(merchant.as_str())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map_or(Ok(Endpoint::default()), endpoint)
    }

    /// Changes how a merchant's webhooks are sent.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn change_endpoint(
        &self,
        merchant: MerchantId,
        change: EndpointChange,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(ChangeEndpoint { merchant, change, now }).await
    }

    /// Notes a delivery that was begun.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn log_attempt(&self, attempt: Attempt) -> Result<(), Fault> {
        self.0.writer.write(LogAttempt(attempt)).await
    }

    /// The deliveries of an event, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn attempts(&self, event: i64) -> Result<Vec<Attempt>, Fault> {
        let rows = sqlx::query("SELECT * FROM webhook_attempts WHERE event = $1 ORDER BY id")
            .bind(event)
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(attempt).collect()
    }

    /// Drops what the log says of deliveries before this moment.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn prune_attempts(&self, before: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(PruneAttempts(before)).await
    }
}

struct ChangeEndpoint {
    merchant: MerchantId,
    change: EndpointChange,
    now: Timestamp,
}

impl Work for ChangeEndpoint {
    type Answer = ();
    const NAME: &'static str = "change-endpoint";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "INSERT INTO webhook_endpoints (merchant, secret, updated_at) VALUES ($1, 0, $2)
             ON CONFLICT (merchant) DO NOTHING",
        )
        .bind(self.merchant.as_str())
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        let (statement, moment) = match self.change {
            EndpointChange::Rotate(until) => (
                "UPDATE webhook_endpoints SET secret = secret + 1, old_until = $2, updated_at = $3
                 WHERE merchant = $1",
                Some(until),
            ),
            EndpointChange::Disable => (DISABLED_AT, Some(self.now)),
            EndpointChange::Enable => (DISABLED_AT, None),
        };
        sqlx::query(statement)
            .bind(self.merchant.as_str())
            .bind(moment.map(Timestamp::as_millis))
            .bind(self.now.as_millis())
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

const DISABLED_AT: &str =
    "UPDATE webhook_endpoints SET disabled_at = $2, updated_at = $3 WHERE merchant = $1";

struct LogAttempt(Attempt);

impl Work for LogAttempt {
    type Answer = ();
    const NAME: &'static str = "log-attempt";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Attempt { event, at, millis, status, fault } = &self.0;
        sqlx::query(
            "INSERT INTO webhook_attempts (id, event, at, duration, status, fault)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(tx.id(*at))
        .bind(event)
        .bind(at.as_millis())
        .bind(millis)
        .bind(status.map(i64::from))
        .bind(fault)
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

struct PruneAttempts(Timestamp);

impl Work for PruneAttempts {
    type Answer = ();
    const NAME: &'static str = "prune-attempts";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query("DELETE FROM webhook_attempts WHERE id < $1")
            .bind(super::ids::first(self.0))
            .execute(&mut *tx.connection)
            .await?;
        Ok(())
    }
}

fn endpoint(row: &Row) -> Result<Endpoint, Fault> {
    Ok(Endpoint {
        secret: row.count("secret")?,
        old_until: row.moment_or_none("old_until")?,
        disabled_at: row.moment_or_none("disabled_at")?,
    })
}

fn attempt(row: &Row) -> Result<Attempt, Fault> {
    let status: Option<i64> = row.cell("status")?;
    let known = |status: i64| u16::try_from(status).map_err(|_| Fault::Damaged("status"));
    Ok(Attempt {
        event: row.cell("event")?,
        at: row.moment("at")?,
        millis: row.cell("duration")?,
        status: status.map(known).transpose()?,
        fault: row.cell("fault")?,
    })
}
