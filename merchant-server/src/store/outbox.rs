//! Work to send: what the agent must be told. Written with the change it tells of; the driver
//! sends it afterwards and writes down how that went.

use shared_protocol::{PurchaseId, Timestamp};

use super::{Fault, Store, Tx};
use crate::domain::OrderId;

/// Key, purchase, kind, attempts, body.
type ParcelRow = (i64, String, String, i64, Option<Vec<u8>>);

/// Something to tell the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its key.
    pub id: i64,
    /// About this purchase.
    pub purchase: PurchaseId,
    /// What kind of thing.
    pub kind: ParcelKind,
    /// The signed message, as it goes out.
    pub body: Vec<u8>,
    /// How often it was tried before.
    pub attempts: u32,
}

/// What the agent is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParcelKind {
    /// The order is taken.
    Acceptance,
    /// The order is not taken.
    Refusal,
}

/// How a try went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The agent has it.
    Sent,
    /// To be tried again at this moment.
    Later(Timestamp),
    /// The agent refuses it for good: for people to look at.
    Dead,
}

impl ParcelKind {
    /// Its name in the database and in the agent's addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::Refusal => "refusal",
        }
    }
}

impl Tx<'_> {
    /// Leaves word for the agent, to be sent as soon as this transaction is done.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn post(&mut self, order: OrderId, kind: ParcelKind) -> Result<(), Fault> {
        let sql = "INSERT INTO outbox (id, order_id, kind, state, attempts, due_at, created_at)
            VALUES ($1, $2, $3, 'waiting', 0, $4, $4)";
        sqlx::query(sql)
            .bind(self.next_id())
            .bind(order.0)
            .bind(kind.name())
            .bind(self.now.as_millis())
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }

    /// Writes down how sending went; `answer` is a status or a cause, never a body.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn tried(&mut self, parcel: i64, how: &Tried, answer: &str) -> Result<(), Fault> {
        let sql = "UPDATE outbox SET state = $1, attempts = attempts + 1, due_at = $2, answer = $3
            WHERE id = $4 AND state = 'waiting'";
        let (state, due) = match how {
            Tried::Sent => ("sent", self.now),
            Tried::Later(at) => ("waiting", *at),
            Tried::Dead => ("dead", self.now),
        };
        sqlx::query(sql)
            .bind(state)
            .bind(due.as_millis())
            .bind(answer)
            .bind(parcel)
            .execute(&mut *self.transaction)
            .await?;
        Ok(())
    }
}

impl Store {
    /// What is due at `now`, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn due_parcels(&self, now: Timestamp) -> Result<Vec<Parcel>, Fault> {
        let sql = "SELECT outbox.id, orders.purchase_id, outbox.kind, outbox.attempts,
                CASE outbox.kind WHEN 'acceptance' THEN orders.acceptance ELSE orders.refusal END
            FROM outbox JOIN orders ON orders.id = outbox.order_id
            WHERE outbox.state = 'waiting' AND outbox.due_at <= $1
            ORDER BY outbox.due_at LIMIT $2";
        let rows: Vec<ParcelRow> = sqlx::query_as(sql)
            .bind(now.as_millis())
            .bind(SENT_AT_ONCE)
            .fetch_all(&self.0.reading)
            .await?;
        rows.into_iter().map(parcel).collect()
    }
}

fn parcel(row: ParcelRow) -> Result<Parcel, Fault> {
    let (id, purchase, kind, attempts, body) = row;
    let kind = match kind.as_str() {
        "acceptance" => ParcelKind::Acceptance,
        "refusal" => ParcelKind::Refusal,
        _ => return Err(Fault::Damaged("kind")),
    };
    Ok(Parcel {
        id,
        purchase: purchase.parse().map_err(|_| Fault::Damaged("purchase_id"))?,
        kind,
        body: body.ok_or(Fault::Damaged("body"))?,
        attempts: u32::try_from(attempts).map_err(|_| Fault::Damaged("attempts"))?,
    })
}

const SENT_AT_ONCE: i64 = 50;
