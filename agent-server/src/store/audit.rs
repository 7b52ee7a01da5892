//! Everything that an audit reads, as it stood at one moment. Rows are read as they are: what is
//! damaged is a finding for the audit, not a fault.

use std::collections::BTreeMap;

use shared_protocol::{Amount, MerchantId, PlanQuote, Signed, SignedTally, Timestamp};
use sqlx::{Any, Transaction};

use super::{
    Fault, Store,
    journal::{self, StoredEntry},
    purchases,
    row::{Cells as _, Row},
};
use crate::domain::{Purchase, key_history::KeyHistory};

/// The database at one moment.
pub struct Snapshot(pub(super) Transaction<'static, Any>);

/// A purchase and all that hangs on it.
#[derive(Debug)]
pub struct PurchaseBooks {
    /// The purchase.
    pub purchase: Purchase,
    /// Its number as it stands.
    pub handling_number: Option<String>,
    /// Both halves bound together.
    pub tally: SignedTally,
    /// The merchant's keys.
    pub merchant_keys: KeyHistory,
    /// How it is paid; `None` if it was declined.
    pub plan: Option<PlanColumns>,
    /// What falls due when.
    pub instalments: Vec<StoredInstalment>,
    /// What happened.
    pub events: Vec<StoredEvent>,
    /// How its money stands.
    pub sums: Option<StoredSums>,
    /// What was said of its money.
    pub words: Vec<StoredWord>,
    /// What was billed.
    pub bills: Vec<StoredBill>,
    /// What was paid of them in parts.
    pub parts: Vec<StoredPart>,
    /// How the objection to it was resolved, if there was one.
    pub resolution: Option<String>,
    /// What staff wrote down as the shopper's answer, if they did.
    pub recorded: Option<String>,
    /// Entries that words and bills name.
    pub entries: BTreeMap<i64, StoredEntry>,
}

/// Columns of `purchases`.
#[derive(Debug)]
#[allow(missing_docs, reason = "migrations and statements say what each column holds")]
pub struct PlanColumns {
    pub plan: String,
    pub fee: i64,
    pub total: i64,
    pub quote: Option<Signed<PlanQuote>>,
}

/// Rows as they are stored, each read by its columns' names.
macro_rules! stored {
    ($($(#[$doc:meta])* $name:ident { $($column:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs, reason = "migrations and statements say what each column holds")]
        pub struct $name {
            $(pub $column: $type,)*
        }

        impl $name {
            fn read(row: &Row) -> Result<Self, Fault> {
                Ok(Self { $($column: row.cell(stringify!($column))?,)* })
            }
        }
    )*};
}
pub(super) use stored;

stored! {
    /// A row of `instalments`.
    StoredInstalment { number: i64, due: String, amount: i64, }
    /// A row of `purchase_events`.
    StoredEvent { number: i64, event: String, state: String, at: i64, }
    /// A row of `settlements`.
    StoredSums {
        claimed: i64, voided: i64, refunded: i64, billed: i64, paid: i64, fee_rate: i64,
        words: i64,
    }
    /// A row of `bills`.
    StoredBill { number: i64, amount: i64, entry: i64, payment: Option<i64>, }
    /// A row of `bill_parts`.
    StoredPart { bill: i64, number: i64, amount: i64, entry: i64, }
}

/// A row of `settlement_words`.
#[derive(Debug)]
#[allow(missing_docs, reason = "migrations and statements say what each column holds")]
pub struct StoredWord {
    pub kind: String,
    pub name: String,
    pub number: i64,
    pub said: Option<Vec<u8>>,
    pub digest: Vec<u8>,
    pub claimed: i64,
    pub voided: i64,
    pub refunded: i64,
    pub share: i64,
    pub entry: Option<i64>,
    pub head: i64,
    pub payout: Option<i64>,
    pub at: Timestamp,
}

/// A row of `payouts`.
#[derive(Debug)]
#[allow(missing_docs, reason = "migrations and statements say what each column holds")]
pub struct StoredPayout {
    pub id: i64,
    pub merchant: MerchantId,
    pub amount: Amount,
    pub cutoff: Timestamp,
    pub entry: i64,
}

impl Store {
    /// The database as it stands now, whatever is written while it is read.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn snapshot(&self) -> Result<Snapshot, Fault> {
        Ok(Snapshot(self.0.reads.begin_with(self.0.engine.begin_snapshot()).await?))
    }
}

impl Snapshot {
    /// The purchase after this one, by row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn next_purchase(&mut self, after: Option<i64>) -> Result<Option<i64>, Fault> {
        let row = sqlx::query("SELECT id FROM purchases WHERE id > $1 ORDER BY id LIMIT 1")
            .bind(after.unwrap_or(i64::MIN))
            .fetch_optional(&mut *self.0)
            .await?;
        row.as_ref().map(|row| row.cell("id")).transpose()
    }

    /// All about one purchase.
    ///
    /// # Errors
    /// [`Fault::Damaged`] with the column that cannot be read.
    pub async fn purchase_books(
        &mut self,
        id: i64,
        keys: &BTreeMap<String, KeyHistory>,
    ) -> Result<PurchaseBooks, Fault> {
        let row = sqlx::query(
            "SELECT p.*, COALESCE(p.total, p.amount) AS held, o.resolution,
                 r.outcome AS recorded
             FROM purchases p LEFT JOIN objections o ON o.purchase = p.id
             LEFT JOIN recorded_answers r ON r.purchase = p.id WHERE p.id = $1",
        )
        .bind(id)
        .fetch_one(&mut *self.0)
        .await?;
        let purchase = purchases::read(&row)?;
        let keys = keys.get(purchase.merchant.as_str()).cloned();
        let words = self.rows(WORDS, id, word).await?;
        let bills = self.rows(BILLS, id, StoredBill::read).await?;
        let parts = self.rows(PARTS, id, StoredPart::read).await?;
        let named = words.iter().filter_map(|word| word.entry);
        let named = named.chain(bills.iter().map(|bill| bill.entry));
        let named = named.chain(parts.iter().map(|part| part.entry));
        let named: Vec<_> = named.chain(bills.iter().filter_map(|bill| bill.payment)).collect();
        let mut entries = BTreeMap::new();
        for number in named {
            if let Some(entry) = journal::entry(&mut self.0, number).await? {
                entries.insert(number, entry);
            }
        }
        Ok(PurchaseBooks {
            handling_number: row.cell("handling_number")?,
            tally: row.message("tally")?.ok_or(Fault::Damaged("tally"))?,
            merchant_keys: keys.ok_or(Fault::Damaged("merchant"))?,
            plan: plan(&row)?,
            instalments: self.rows(INSTALMENTS, id, StoredInstalment::read).await?,
            events: self.rows(EVENTS, id, StoredEvent::read).await?,
            sums: self.rows(SUMS, id, StoredSums::read).await?.pop(),
            resolution: row.cell("resolution")?,
            recorded: row.cell("recorded")?,
            purchase,
            words,
            bills,
            parts,
            entries,
        })
    }

    async fn rows<T>(
        &mut self,
        statement: &'static str,
        purchase: i64,
        read: impl Fn(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let rows = sqlx::query(statement).bind(purchase).fetch_all(&mut *self.0).await?;
        rows.iter().map(read).collect()
    }

    /// What each contract holds for its purchases.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn reserved(&mut self) -> Result<Vec<(i64, i64)>, Fault> {
        let rows = sqlx::query("SELECT id, reserved FROM contracts").fetch_all(&mut *self.0);
        let read = |row: &Row| Ok((row.cell("id")?, row.cell("reserved")?));
        rows.await?.iter().map(read).collect()
    }

    /// All batches, by row.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn payouts(&mut self) -> Result<Vec<i64>, Fault> {
        let rows = sqlx::query("SELECT id FROM payouts ORDER BY id").fetch_all(&mut *self.0);
        rows.await?.iter().map(|row| row.cell("id")).collect()
    }

    /// A batch with its entry.
    ///
    /// # Errors
    /// [`Fault::Damaged`] with the column that cannot be read.
    pub async fn payout(&mut self, id: i64) -> Result<(StoredPayout, Option<StoredEntry>), Fault> {
        let row = sqlx::query("SELECT * FROM payouts WHERE id = $1").bind(id);
        let row = row.fetch_one(&mut *self.0).await?;
        let stored = StoredPayout {
            id,
            merchant: row.named("merchant", |id| id.parse().ok())?,
            amount: row.amount("amount", "currency")?,
            cutoff: row.moment("cutoff")?,
            entry: row.cell("entry")?,
        };
        let entry = journal::entry(&mut self.0, stored.entry).await?;
        Ok((stored, entry))
    }

    /// The first entry of the journal after this number.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn entry_after(&mut self, number: i64) -> Result<Option<StoredEntry>, Fault> {
        Ok(journal::after(&mut self.0, number, 1).await?.pop())
    }

    /// Rows that belong to nothing, by name.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn orphans(&mut self) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        for (table, statement) in ORPHANS.iter().copied() {
            for row in sqlx::query(statement).fetch_all(&mut *self.0).await? {
                found.push(format!("{table} {}", row.cell::<i64>("child")?));
            }
        }
        Ok(found)
    }
}

fn plan(row: &Row) -> Result<Option<PlanColumns>, Fault> {
    let Some(plan) = row.cell("plan")? else { return Ok(None) };
    let (fee, total) = (row.cell("fee")?, row.cell("total")?);
    Ok(Some(PlanColumns { plan, fee, total, quote: row.message("quote")? }))
}

fn word(row: &Row) -> Result<StoredWord, Fault> {
    Ok(StoredWord {
        kind: row.cell("kind")?,
        name: row.cell("name")?,
        number: row.cell("number")?,
        said: row.cell("said")?,
        digest: row.cell("digest")?,
        claimed: row.cell("claimed")?,
        voided: row.cell("voided")?,
        refunded: row.cell("refunded")?,
        share: row.cell("share")?,
        entry: row.cell("entry")?,
        head: row.cell("head")?,
        payout: row.cell("payout")?,
        at: row.moment("at")?,
    })
}

const WORDS: &str = "SELECT * FROM settlement_words WHERE purchase = $1 ORDER BY number";
const BILLS: &str = "SELECT * FROM bills WHERE purchase = $1 ORDER BY number";
const PARTS: &str = "SELECT * FROM bill_parts WHERE purchase = $1 ORDER BY bill, number";
const INSTALMENTS: &str = "SELECT * FROM instalments WHERE purchase = $1 ORDER BY number";
const EVENTS: &str = "SELECT * FROM purchase_events WHERE purchase = $1 ORDER BY number";
const SUMS: &str = "SELECT * FROM settlements WHERE purchase = $1";

macro_rules! orphans {
    ($($table:literal $column:literal $parent:literal $key:literal;)*) => {
        &[$((
            $table,
            concat!(
                "SELECT DISTINCT c.", $column, " AS child FROM ", $table, " c LEFT JOIN ",
                $parent, " p ON p.", $key, " = c.", $column, " WHERE c.", $column,
                " IS NOT NULL AND p.", $key, " IS NULL"
            ),
        ),)*]
    };
}

/// Each table with whatever its rows belong to: the child is named by its parent's key.
const ORPHANS: &[(&str, &str)] = orphans! {
    "purchases" "contract" "contracts" "id";
    "instalments" "purchase" "purchases" "id";
    "purchase_events" "purchase" "purchases" "id";
    "settlements" "purchase" "purchases" "id";
    "settlement_words" "purchase" "purchases" "id";
    "bills" "purchase" "purchases" "id";
    "bill_parts" "purchase" "purchases" "id";
    "payout_returns" "payout" "payouts" "id";
    "objections" "purchase" "purchases" "id";
    "recorded_answers" "purchase" "purchases" "id";
    "by_hand" "purchase" "purchases" "id";
    "journal" "purchase" "purchases" "id";
    "transfers" "entry" "journal" "number";
    "payouts" "file" "payout_files" "id";
    "statement_lines" "statement" "statements" "id";
    "remittances" "purchase" "purchases" "id";
    "remittances" "contract" "deposits" "contract";
    "deposits" "contract" "contracts" "id";
};
