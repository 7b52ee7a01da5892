//! What enters a purchase into the database: its row, its first event, what it holds of its
//! contract, and its first payment.

use shared_protocol::{Problem, PurchaseEvent, PurchaseState, encode};
use sqlx::{Any, any::AnyArguments, query::Query};

use super::{
    Engine, Fault, Filing, Promise, instalments,
    row::{Cells as _, minor},
    writer::Tx,
};

/// What differs between a granted and a declined purchase.
pub(super) struct Row<'a> {
    pub(super) id: i64,
    pub(super) contract: Option<i64>,
    pub(super) state: PurchaseState,
    pub(super) event: PurchaseEvent,
    pub(super) promise: Option<&'a Promise>,
    pub(super) problem: Option<Problem>,
}

impl Row<'_> {
    /// Runs the statements; returns how many rows they changed.
    pub(super) async fn enter(
        &self,
        statements: &Statements,
        filing: &Filing,
        tx: &mut Tx<'_>,
    ) -> Result<u64, Fault> {
        match tx.engine {
            Engine::Sqlite => {
                let call = self.bind(statements.in_turn, filing);
                Ok(call.execute(&mut *tx.connection).await?.rows_affected())
            }
            Engine::Postgres => {
                let call = self.bind(statements.in_one, filing);
                call.fetch_one(&mut *tx.connection).await?.count("changed")
            }
        }
    }

    /// The parameters of all of them, whichever a call has.
    fn bind(&self, call: &'static str, filing: &Filing) -> Query<'static, Any, AnyArguments> {
        let bill = self.promise.map(|promise| &promise.bill);
        let first = bill.and_then(|bill| bill.schedule.first());
        sqlx::query(call)
            .bind(self.id)
            .bind(filing.purchase.as_bytes().as_slice())
            .bind(self.promise.map(|promise| promise.handling_number.compact()))
            .bind(filing.merchant.as_str())
            .bind(self.contract)
            .bind(filing.request_digest.as_slice())
            .bind(self.state.name())
            .bind(self.problem.map(|problem| i64::from(problem.number())))
            .bind(minor(filing.amount))
            .bind(filing.amount.currency.code())
            .bind(i64::from(filing.quantity))
            .bind(&filing.item.ja)
            .bind(&filing.item.en)
            .bind(filing.locale.tag())
            .bind(encode(&filing.tally))
            .bind(self.promise.map(|promise| encode(&promise.grant)))
            .bind(self.promise.map(|promise| promise.deadline.as_millis()))
            .bind(filing.now.as_millis())
            .bind(BY)
            .bind(self.event.name())
            .bind(bill.map(|bill| bill.plan.to_string()))
            .bind(bill.map(|bill| minor(bill.fee)))
            .bind(bill.map(|bill| minor(bill.total)))
            .bind(self.promise.and_then(|promise| promise.quote.as_ref().map(encode)))
            .bind(first.map(|first| first.due.to_string()))
            .bind(first.map(instalments::minor))
    }
}

/// What enters a purchase, in one call, because each call costs more than what it does. Numbered
/// parameters are the same in all statements. The first one changes nothing if the purchase's id is
/// taken, and then the others do not either.
pub(super) struct Statements {
    /// One after the other, for SQLite. The others look whether the first one has entered it.
    in_turn: &'static str,
    /// As one statement, for PostgreSQL, which says how many rows it `changed`. The others read
    /// what the first one returns, not the table: whoever reads that conflicts with whoever enters
    /// another purchase at the same time.
    in_one: &'static str,
}

macro_rules! statements {
    ($($more:ident)*) => {
        Statements {
            in_turn: concat!(
                purchase!(), ";", event!("(SELECT id FROM purchases WHERE id = $1) entered")
                $(, ";", $more!("(SELECT id FROM purchases WHERE id = $1) entered"))*
            ),
            in_one: concat!(
                "WITH entered AS (", purchase!(), " RETURNING id), noted AS (", event!("entered"),
                " RETURNING 1)" $(, ", ", stringify!($more), " AS (", $more!("entered"),
                " RETURNING 1)")*,
                " SELECT (SELECT COUNT(*) FROM entered) + (SELECT COUNT(*) FROM noted)"
                $(, " + (SELECT COUNT(*) FROM ", stringify!($more), ")")*, " AS changed"
            ),
        }
    };
}

macro_rules! purchase {
    () => {
        "INSERT INTO purchases (id, purchase_id, handling_number, merchant, contract,
             request_digest, state, problem, amount, currency, quantity, item_ja, item_en,
             locale, tally, grant_signed, events, deadline, created_at, updated_at, updated_by,
             plan, fee, total, quote)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1,
             $17, $18, $18, $19, $21, $22, $23, $24)
         ON CONFLICT (purchase_id) DO NOTHING"
    };
}

macro_rules! event {
    ($entered:literal) => {
        concat!(
            "INSERT INTO purchase_events (purchase, number, event, state, at, created_by)
             SELECT $1, 1, $20, $7, $18, $19 FROM ",
            $entered
        )
    };
}

/// What the purchase holds of its contract, by code: wrong ones are forgiven.
macro_rules! held {
    ($entered:literal) => {
        concat!(
            "UPDATE contracts SET reserved = reserved + $23, code_failures = 0, updated_at = $18,
                 updated_by = $19
             WHERE id = $5 AND status = 'active' AND reserved + $23 <= credit_limit
                 AND EXISTS (SELECT 1 FROM ",
            $entered,
            ")"
        )
    };
}

/// The same by passkey: codes that others tried for the contract stay counted.
macro_rules! held_by_passkey {
    ($entered:literal) => {
        concat!(
            "UPDATE contracts SET reserved = reserved + $23, updated_at = $18, updated_by = $19
             WHERE id = $5 AND status = 'active' AND reserved + $23 <= credit_limit
                 AND EXISTS (SELECT 1 FROM ",
            $entered,
            ")"
        )
    };
}

/// Its first payment. Few have more.
macro_rules! payment {
    ($entered:literal) => {
        concat!(
            "INSERT INTO instalments (purchase, number, due, amount)
             SELECT $1, 1, $25, $26 FROM ",
            $entered
        )
    };
}

/// The purchase and its first event, nothing else.
pub(super) const ENTER: Statements = statements!();
/// By code.
pub(super) const GRANT: Statements = statements!(held payment);
/// By passkey.
pub(super) const GRANT_BY_PASSKEY: Statements = statements!(held_by_passkey payment);

/// Who is written down as having entered it.
pub(super) const BY: &str = "grant";
