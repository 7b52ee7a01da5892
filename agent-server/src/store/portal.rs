//! Purchases as their shopper sees them, and what shoppers say is wrong with them.

use shared_protocol::{HandlingNumber, Localized, PurchaseEvent, Timestamp};

use super::{
    Fault, Store, events,
    merchants::localized,
    purchases,
    row::{Cells as _, Row},
    writer::{Tx, Work},
};
use crate::domain::{
    errand::Notice,
    objection::{Objection, Reason},
    purchase::Purchase,
};

/// A purchase of a contract.
#[derive(Clone, Debug)]
pub struct OwnPurchase {
    /// The purchase.
    pub purchase: Purchase,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The shop's name.
    pub shop: Localized,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Until when this state may last.
    pub deadline: Option<Timestamp>,
    /// What the shopper objects to.
    pub objection: Option<Reason>,
}

impl Store {
    /// The purchases of a contract that got a number, newest first, at most so many.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn purchases_of(&self, contract: i64, most: u32) -> Result<Vec<OwnPurchase>, Fault> {
        let rows =
            sqlx::query(OF_CONTRACT).bind(contract).bind(i64::from(most)).fetch_all(&self.0.reads);
        rows.await?.iter().map(own).collect()
    }

    /// The purchase of this number, if it is one of this contract.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn purchase_of(
        &self,
        contract: i64,
        number: &HandlingNumber,
    ) -> Result<Option<OwnPurchase>, Fault> {
        let row = sqlx::query(OF_NUMBER)
            .bind(contract)
            .bind(number.compact())
            .fetch_optional(&self.0.reads)
            .await?;
        row.as_ref().map(own).transpose()
    }

    /// What happened to a purchase and when, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn events_of(&self, purchase: i64) -> Result<Vec<(PurchaseEvent, Timestamp)>, Fault> {
        let rows = sqlx::query(
            "SELECT event, at FROM purchase_events WHERE purchase = $1 ORDER BY number",
        )
        .bind(purchase)
        .fetch_all(&self.0.reads);
        let event = |name: &str| PurchaseEvent::ALL.into_iter().find(|event| event.name() == name);
        let read = |row: &Row| Ok((row.named("event", event)?, row.moment("at")?));
        rows.await?.iter().map(read).collect()
    }

    /// Writes down an objection; the first one to a purchase stays.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn object(
        &self,
        purchase: i64,
        reason: Reason,
        words: String,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(Object { purchase, reason, words, now }).await
    }

    /// All objections, oldest first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn objections(&self) -> Result<Vec<Objection>, Fault> {
        let rows = sqlx::query(
            "SELECT o.reason, o.words, o.created_at, p.handling_number, p.merchant, p.state
             FROM objections o JOIN purchases p ON p.id = o.purchase ORDER BY o.id",
        )
        .fetch_all(&self.0.reads);
        rows.await?.iter().map(objection).collect()
    }
}

struct Object {
    purchase: i64,
    reason: Reason,
    words: String,
    now: Timestamp,
}

impl Work for Object {
    type Answer = ();
    const NAME: &'static str = "object";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let done = sqlx::query(
            "INSERT INTO objections (id, purchase, reason, words, created_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (purchase) DO NOTHING",
        )
        .bind(tx.id(self.now))
        .bind(self.purchase)
        .bind(self.reason.name())
        .bind(&self.words)
        .bind(self.now.as_millis())
        .execute(&mut *tx.connection)
        .await?;
        if done.rows_affected() == 1 {
            events::add(tx, self.purchase, Notice::Objected, self.now).await?;
        }
        Ok(())
    }
}

pub(super) fn own(row: &Row) -> Result<OwnPurchase, Fault> {
    let objection: Option<&str> = row.cell("objection")?;
    let reason = |name| Reason::from_name(name).ok_or(Fault::Damaged("objection"));
    Ok(OwnPurchase {
        purchase: purchases::read(row)?,
        handling_number: row.named("handling_number", |text| text.parse().ok())?,
        shop: localized(row, "name_ja", "name_en")?,
        created_at: row.moment("created_at")?,
        deadline: row.moment_or_none("deadline")?,
        objection: objection.map(reason).transpose()?,
    })
}

fn objection(row: &Row) -> Result<Objection, Fault> {
    Ok(Objection {
        handling_number: row.named("handling_number", |text| text.parse().ok())?,
        merchant: row.cell("merchant")?,
        state: row.cell("state")?,
        reason: row.named("reason", Reason::from_name)?,
        words: row.cell("words")?,
        at: row.moment("created_at")?,
    })
}

/// The columns of `purchases::read` and a little more.
macro_rules! own {
    ($($rest:literal)*) => {
        concat!(
            "SELECT p.*, COALESCE(p.total, p.amount) AS held, m.name_ja, m.name_en,
                 o.reason AS objection
             FROM purchases p
             JOIN merchants m ON m.id = p.merchant
             LEFT JOIN objections o ON o.purchase = p.id
             WHERE ",
            $($rest)*
        )
    };
}

const OF_CONTRACT: &str = own!(
    "p.contract = $1 AND p.handling_number IS NOT NULL
     ORDER BY p.created_at DESC, p.id DESC LIMIT $2"
);
const OF_NUMBER: &str = own!("p.contract = $1 AND p.handling_number = $2");
pub(super) const BY_NUMBER: &str = own!("p.handling_number = $1");
