//! What merchants are told of their purchases: appended in the transaction that is the reason,
//! numbered within each purchase.

use shared_protocol::{MerchantId, PurchaseId, Timestamp};

use super::{
    Engine, Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{errand::Notice, webhook::Event};

/// Events with what became of them.
macro_rules! told {
    ($($rest:literal),+) => {
        concat!(
            "SELECT e.id, e.merchant, e.sequence, e.what, e.at, p.purchase_id, o.state,
                 COALESCE(o.attempts, 0) AS attempts, o.last_fault
             FROM merchant_events e JOIN purchases p ON p.id = e.purchase
             LEFT JOIN outbox o ON o.id = e.id ",
            $($rest),+
        )
    };
}

/// The same in the order of keys. Whoever reads on from the last one must not miss one that was
/// written beside it: SQLite's are committed in the order of their keys; of PostgreSQL's those are
/// left for later that are newer than a transaction that is open still.
macro_rules! in_order {
    ($store:expr, $which:literal, $most:literal) => {
        match $store.0.engine {
            Engine::Sqlite => told!($which, " ORDER BY e.id LIMIT ", $most),
            Engine::Postgres => told!(
                $which,
                " AND age(e.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)",
                " ORDER BY e.id LIMIT ",
                $most
            ),
        }
    };
}

/// An event, and what became of its webhook.
#[derive(Clone, Debug)]
pub struct ToldEvent {
    /// The event.
    pub event: Event,
    /// `waiting`, `done` or `dead`; `None`: it is only listed.
    pub state: Option<String>,
    /// Deliveries begun.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_fault: Option<String>,
}

/// Which events are looked for.
#[derive(Clone, Debug, Default)]
pub struct EventsAsked {
    /// Of this merchant; `None`: of all.
    pub merchant: Option<MerchantId>,
    /// Of this purchase; `None`: of all.
    pub purchase: Option<PurchaseId>,
    /// Newer than this one.
    pub after: i64,
    /// At most so many, oldest first.
    pub most: u32,
}

impl Store {
    /// Events, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn events(&self, asked: &EventsAsked) -> Result<Vec<ToldEvent>, Fault> {
        let rows = sqlx::query(in_order!(
            self,
            "WHERE e.id > $1 AND (CAST($2 AS TEXT) IS NULL OR e.merchant = $2)
                 AND (CAST($3 AS BYTEA) IS NULL OR p.purchase_id = $3)",
            "$4"
        ))
        .bind(asked.after)
        .bind(asked.merchant.as_ref().map(MerchantId::as_str))
        .bind(asked.purchase.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(i64::from(asked.most))
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(read).collect()
    }

    /// A merchant's events after this one, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn merchant_events(
        &self,
        merchant: &MerchantId,
        after: i64,
        most: u32,
    ) -> Result<Vec<Event>, Fault> {
        let rows = sqlx::query(in_order!(self, "WHERE e.merchant = $1 AND e.id > $2", "$3"))
            .bind(merchant.as_str())
            .bind(after)
            .bind(i64::from(most))
            .fetch_all(&self.0.reads);
        rows.await?.iter().map(|row| Ok(read(row)?.event)).collect()
    }

    /// The number of a merchant's newest event; 0 if there is none.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn newest_event_of(&self, merchant: &MerchantId) -> Result<i64, Fault> {
        let newest = match self.0.engine {
            Engine::Sqlite => {
                "SELECT COALESCE(MAX(e.id), 0) AS id FROM merchant_events e WHERE e.merchant = $1"
            }
            Engine::Postgres => {
                "SELECT COALESCE(MAX(e.id), 0) AS id FROM merchant_events e WHERE e.merchant = $1
                     AND age(e.xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)"
            }
        };
        let row = sqlx::query(newest).bind(merchant.as_str()).fetch_one(&self.0.reads).await?;
        row.cell("id")
    }

    /// The event of this number.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn event(&self, id: i64) -> Result<Option<ToldEvent>, Fault> {
        let row = sqlx::query(told!("WHERE e.id = $1")).bind(id).fetch_optional(&self.0.reads);
        row.await?.as_ref().map(read).transpose()
    }

    /// The number before that of the last `most` events; 0 if there are fewer.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn events_before_last(&self, most: u32) -> Result<i64, Fault> {
        let row = sqlx::query("SELECT id FROM merchant_events ORDER BY id DESC LIMIT 1 OFFSET $1")
            .bind(i64::from(most))
            .fetch_optional(&self.0.reads)
            .await?;
        row.map_or(Ok(0), |row| row.cell("id"))
    }

    /// Tells the merchant of a purchase, or of the newest one, of something as if it had happened:
    /// to try things. Events say nothing themselves, so that it does no harm.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn trigger(
        &self,
        purchase: Option<PurchaseId>,
        what: Notice,
        now: Timestamp,
    ) -> Result<Option<i64>, Fault> {
        self.0.writer.write(Trigger { purchase, what, now }).await
    }
}

/// Appends an event, and its webhook where it has one and the merchant has a server to hear it;
/// returns its number.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    purchase: i64,
    what: Notice,
    now: Timestamp,
) -> Result<i64, Fault> {
    let id = tx.id(now);
    sqlx::query(
        "INSERT INTO merchant_events (id, merchant, purchase, sequence, what, at)
         SELECT CAST($1 AS BIGINT), p.merchant, p.id,
             (SELECT COALESCE(MAX(e.sequence), 0) + 1 FROM merchant_events e
              WHERE e.purchase = p.id),
             CAST($3 AS TEXT), CAST($4 AS BIGINT)
         FROM purchases p WHERE p.id = $2",
    )
    .bind(id)
    .bind(purchase)
    .bind(what.name())
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    if what.is_pushed() {
        sqlx::query(
            "INSERT INTO outbox (id, purchase, merchant, kind, what, sequence, state, attempts,
                 next_at, created_at, updated_at)
             SELECT id, purchase, merchant, 'webhook', what, sequence, 'waiting', 0, at, at, at
             FROM merchant_events WHERE id = $1 AND NOT EXISTS
                 (SELECT 1 FROM merchants m WHERE m.id = merchant_events.merchant
                  AND m.server = '')",
        )
        .bind(id)
        .execute(&mut *tx.connection)
        .await?;
    }
    Ok(id)
}

struct Trigger {
    purchase: Option<PurchaseId>,
    what: Notice,
    now: Timestamp,
}

impl Work for Trigger {
    type Answer = Option<i64>;
    const NAME: &'static str = "trigger-event";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let row = sqlx::query(
            "SELECT id FROM purchases WHERE CAST($1 AS BYTEA) IS NULL OR purchase_id = $1
             ORDER BY id DESC LIMIT 1",
        )
        .bind(self.purchase.as_ref().map(|id| id.as_bytes().as_slice()))
        .fetch_optional(&mut *tx.connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        add(tx, row.cell("id")?, self.what, self.now).await.map(Some)
    }
}

fn read(row: &Row) -> Result<ToldEvent, Fault> {
    Ok(ToldEvent {
        event: Event {
            id: row.cell("id")?,
            merchant: row.named("merchant", |id| id.parse().ok())?,
            purchase: row.exact("purchase_id")?,
            sequence: row.count("sequence")?,
            what: row.named("what", Notice::from_name)?,
            at: row.moment("at")?,
        },
        state: row.cell("state")?,
        attempts: row.count("attempts")?,
        last_fault: row.cell("last_fault")?,
    })
}
