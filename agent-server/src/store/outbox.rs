//! The outbox: what is owed to others, from the transaction that is its reason until somebody has
//! it. At least once; receivers tell repetitions by the id.

use shared_protocol::{PurchaseId, Timestamp};

use super::{
    Fault, Store,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::errand::Errand;

/// What an errand is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A purchase.
    Purchase(PurchaseId),
    /// A code that was asked for.
    MailedCode(i64),
    /// A contract.
    Contract(i64),
}

/// An errand on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Names it for good.
    pub id: i64,
    /// What it is about.
    pub about: About,
    /// What it is.
    pub errand: Errand,
    /// Its place in the purchase's story.
    pub sequence: u32,
    /// Deliveries begun, this one included.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The other side has it.
    Done,
    /// To be tried again.
    Again {
        /// Not before.
        at: Timestamp,
        /// Why, without addresses.
        fault: String,
    },
    /// Given up: the operator sees it.
    Dead {
        /// Why, without addresses.
        fault: String,
    },
}

impl Store {
    /// Whether anything is to be delivered now.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn has_errands(&self, now: Timestamp) -> Result<bool, Fault> {
        let row = sqlx::query(
            "SELECT id FROM outbox WHERE state = 'waiting' AND next_at <= $1
                 AND (lease_until IS NULL OR lease_until <= $1) LIMIT 1",
        )
        .bind(now.as_millis())
        .fetch_optional(&self.0.reads)
        .await?;
        Ok(row.is_some())
    }

    /// Takes errands to deliver, at most so many, few of them to one merchant; nobody else gets
    /// them until `lease_until`.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn lease(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        most: u32,
    ) -> Result<Vec<Parcel>, Fault> {
        self.0.writer.write(Lease { now, lease_until, most }).await
    }

    /// Notes what became of a delivery.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn settle(&self, id: i64, delivery: Delivery, now: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(Settle { id, delivery, now }).await
    }

    /// Keeps an errand that is being delivered still until then.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn keep_lease(&self, id: i64, lease_until: Timestamp) -> Result<(), Fault> {
        self.0.writer.write(Keep { id, lease_until }).await
    }

    /// Writes nothing, durably: whether this database can be written at all.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn try_write(&self) -> Result<(), Fault> {
        let nothing = Delivery::Done;
        self.settle(NO_ERRAND, nothing, Timestamp::from_millis(0)).await
    }
}

/// Writes an errand down.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    purchase: i64,
    errand: Errand,
    sequence: u32,
    now: Timestamp,
) -> Result<(), Fault> {
    sqlx::query(
        "INSERT INTO outbox (id, purchase, kind, what, sequence, state, attempts, next_at,
             created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, $6, $6)",
    )
    .bind(tx.id(now))
    .bind(purchase)
    .bind(errand.kind())
    .bind(errand.name())
    .bind(i64::from(sequence))
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// Whose letter it is that is not about a purchase.
pub(super) enum Addressee {
    /// Whoever asked for this code.
    MailedCode(i64),
    /// Whoever holds this contract.
    Contract(i64),
}

/// Writes down a letter that is not about a purchase.
pub(super) async fn add_letter(
    tx: &mut Tx<'_>,
    to: Addressee,
    errand: Errand,
    now: Timestamp,
) -> Result<(), Fault> {
    let (mailed_code, contract) = match to {
        Addressee::MailedCode(code) => (Some(code), None),
        Addressee::Contract(contract) => (None, Some(contract)),
    };
    sqlx::query(
        "INSERT INTO outbox (id, mailed_code, contract, kind, what, sequence, state, attempts,
             next_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, 0, 'waiting', 0, $6, $6, $6)",
    )
    .bind(tx.id(now))
    .bind(mailed_code)
    .bind(contract)
    .bind(errand.kind())
    .bind(errand.name())
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

struct Lease {
    now: Timestamp,
    lease_until: Timestamp,
    most: u32,
}

impl Work for Lease {
    type Answer = Vec<Parcel>;
    const NAME: &'static str = "lease-errands";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<Parcel>, Fault> {
        let rows = sqlx::query(
            "UPDATE outbox SET lease_until = $2, attempts = attempts + 1, updated_at = $1
             WHERE id IN (SELECT d.id FROM (
                     SELECT id, merchant, ROW_NUMBER() OVER (PARTITION BY merchant ORDER BY id)
                         AS place FROM outbox WHERE state = 'waiting' AND next_at <= $1
                         AND (lease_until IS NULL OR lease_until <= $1)) d
                 WHERE d.merchant IS NULL OR d.place + (SELECT COUNT(*) FROM outbox u
                     WHERE u.merchant = d.merchant AND u.state = 'waiting'
                         AND u.lease_until > $1) <= $4
                 ORDER BY d.id LIMIT $3)
             RETURNING id, mailed_code, contract, kind, what, sequence, attempts, created_at,
                 (SELECT purchase_id FROM purchases p WHERE p.id = outbox.purchase) AS purchase_id",
        )
        .bind(self.now.as_millis())
        .bind(self.lease_until.as_millis())
        .bind(i64::from(self.most))
        .bind(AT_ONCE_TO_A_MERCHANT)
        .fetch_all(&mut *tx.connection)
        .await?;
        let mut parcels = rows.iter().map(parcel).collect::<Result<Vec<_>, _>>()?;
        parcels.sort_by_key(|parcel| parcel.id);
        Ok(parcels)
    }
}

struct Settle {
    id: i64,
    delivery: Delivery,
    now: Timestamp,
}

impl Work for Settle {
    type Answer = ();
    const NAME: &'static str = "settle-errand";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (state, next_at, fault) = match &self.delivery {
            Delivery::Done => ("done", self.now, None),
            Delivery::Again { at, fault } => ("waiting", *at, Some(fault)),
            Delivery::Dead { fault } => ("dead", self.now, Some(fault)),
        };
        sqlx::query(
            "UPDATE outbox SET state = $2, next_at = $3, last_fault = $4, lease_until = NULL,
                 updated_at = $5
             WHERE id = $1",
        )
        .bind(self.id)
        .bind(state)
        .bind(next_at.as_millis())
        .bind(fault)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

struct Keep {
    id: i64,
    lease_until: Timestamp,
}

impl Work for Keep {
    type Answer = ();
    const NAME: &'static str = "keep-lease";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        sqlx::query(
            "UPDATE outbox SET lease_until = $2
             WHERE id = $1 AND state = 'waiting' AND lease_until IS NOT NULL",
        )
        .bind(self.id)
        .bind(self.lease_until.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        Ok(())
    }
}

/// One that does not answer holds up its own webhooks only.
const AT_ONCE_TO_A_MERCHANT: i64 = 2;
/// Keys are positive: this one is nobody's.
const NO_ERRAND: i64 = -1;

pub(super) fn parcel(row: &Row) -> Result<Parcel, Fault> {
    let (kind, what): (&str, &str) = (row.cell("kind")?, row.cell("what")?);
    let about = match (row.cell("mailed_code")?, row.cell("contract")?) {
        (Some(code), _) => About::MailedCode(code),
        (None, Some(contract)) => About::Contract(contract),
        (None, None) => About::Purchase(row.exact("purchase_id")?),
    };
    Ok(Parcel {
        id: row.cell("id")?,
        about,
        errand: Errand::from_names(kind, what).ok_or(Fault::Damaged("what"))?,
        sequence: row.count("sequence")?,
        attempts: row.count("attempts")?,
        created_at: row.moment("created_at")?,
    })
}
