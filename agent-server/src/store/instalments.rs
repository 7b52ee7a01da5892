//! What falls due when: written with the Grant, read for letters, pages and statements.

use shared_protocol::{
    Amount, Date, Instalment, Localized, Plan, PlanQuote, PurchaseId, PurchaseState, Signed,
};
use sqlx::AssertSqlSafe;

use super::{
    Fault, Store,
    merchants::localized,
    row::{Cells as _, Row},
    settlements,
    writer::Tx,
};
use crate::domain::{plan::Bill, settlement::most_owed};

/// One payment on a statement, with the purchase that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The purchase.
    pub purchase: PurchaseId,
    /// How it stands: confirmed, or still asked for.
    pub state: PurchaseState,
    /// The shop.
    pub merchant_name: Localized,
    /// The goods; empty where the agent saw only their digest.
    pub item_name: Localized,
    /// How it is paid.
    pub plan: Plan,
    /// Which payment this is, from 1.
    pub number: u32,
    /// Of so many.
    pub of: u32,
    /// When it falls due.
    pub due: Date,
    /// How much.
    pub amount: Amount,
    /// What is paid of it: payments count for the first ones first.
    pub paid: Amount,
}

impl Store {
    /// What falls due for a purchase, the first first.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn instalments(&self, purchase: &PurchaseId) -> Result<Vec<Instalment>, Fault> {
        let rows = sqlx::query(
            "SELECT i.due, i.amount FROM instalments i JOIN purchases p ON p.id = i.purchase
             WHERE p.purchase_id = $1 ORDER BY i.number",
        )
        .bind(purchase.as_bytes().as_slice())
        .fetch_all(&self.0.reads);
        let read = |row: &Row| {
            let due = row.named("due", |day| day.parse().ok())?;
            Ok(Instalment { due, minor: row.count("amount")? })
        };
        rows.await?.iter().map(read).collect()
    }

    /// What a purchase comes to, and when; `None` if it was declined or is not known.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn bill(&self, purchase: &PurchaseId) -> Result<Option<Bill>, Fault> {
        let row = sqlx::query(
            "SELECT plan, fee, total, currency, quote FROM purchases
             WHERE purchase_id = $1 AND plan IS NOT NULL",
        )
        .bind(purchase.as_bytes().as_slice())
        .fetch_optional(&self.0.reads);
        match row.await? {
            Some(row) => bill(&row, self.instalments(purchase).await?).map(Some),
            None => Ok(None),
        }
    }

    /// What a contract owes from one day to another, both included, the first first: of purchases
    /// that the shopper confirmed, or is still asked about, as far as the merchant has claimed it
    /// and keeps it, or may claim it yet.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn statement(
        &self,
        contract: i64,
        (from, until): (Date, Date),
    ) -> Result<Vec<StatementLine>, Fault> {
        let rows = sqlx::query(STATEMENT)
            .bind(contract)
            .bind(from.to_string())
            .bind(until.to_string())
            .fetch_all(&self.0.reads);
        let lines = rows.await?.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        // Of what was let go or given back nothing falls due.
        Ok(lines.into_iter().filter(|line| line.amount.minor > 0).collect())
    }
}

/// What a purchase comes to; the columns are those of `purchases`.
pub(super) fn bill(row: &Row, schedule: Vec<Instalment>) -> Result<Bill, Fault> {
    let quote: Option<Signed<PlanQuote>> = row.message("quote")?;
    let quote = quote.map(|quote| quote.claimed().map_err(|_| Fault::Damaged("quote")));
    Ok(Bill {
        plan: row.named("plan", |name| name.parse().ok())?,
        fee: row.amount("fee", "currency")?,
        total: row.amount("total", "currency")?,
        yearly_rate: quote.transpose()?.and_then(|quote| quote.yearly_rate),
        schedule,
    })
}

/// All payments of a bill but the first, which is written with the purchase.
pub(super) async fn add_later(tx: &mut Tx<'_>, purchase: i64, bill: &Bill) -> Result<(), Fault> {
    let later: Vec<_> = (1_i64..).zip(&bill.schedule).skip(1).collect();
    if later.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = (0..later.len())
        .map(|row| format!("($1, ${}, ${}, ${})", row * 3 + 2, row * 3 + 3, row * 3 + 4))
        .collect();
    let insert = format!(
        "INSERT INTO instalments (purchase, number, due, amount) VALUES {}",
        rows.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(insert)).bind(purchase);
    for (number, instalment) in later {
        query = query.bind(number).bind(instalment.due.to_string()).bind(minor(instalment));
    }
    query.execute(&mut *tx.connection).await?;
    Ok(())
}

/// A payment as a column holds it.
pub(super) fn minor(instalment: &Instalment) -> i64 {
    i64::try_from(instalment.minor).expect("a payment is no more than its total")
}

fn line(row: &Row) -> Result<StatementLine, Fault> {
    let amount = falls_due(row)?;
    Ok(StatementLine {
        purchase: row.exact("purchase_id")?,
        state: row.named("state", PurchaseState::from_name)?,
        merchant_name: localized(row, "name_ja", "name_en")?,
        item_name: localized(row, "item_ja", "item_en")?,
        plan: row.named("plan", |name| name.parse().ok())?,
        number: row.count("number")?,
        of: row.count("payments")?,
        due: row.named("due", |day| day.parse().ok())?,
        paid: paid(row, amount)?,
        amount,
    })
}

/// What is left of a payment: the first ones are paid of what remains, the last ones fall away,
/// just as it is billed.
fn falls_due(row: &Row) -> Result<Amount, Fault> {
    let payment = row.amount("amount", "currency")?;
    let price = row.amount("price", "currency")?;
    let Some(settlement) = settlements::settlement_or_none(row, price)? else { return Ok(payment) };
    let (before, total): (u64, u64) = (row.count("before")?, row.count("total")?);
    let plan_fee = Amount { minor: total.saturating_sub(price.minor), ..price };
    let owed = most_owed(price, plan_fee, settlement).minor;
    let minor = owed.min(before.saturating_add(payment.minor)).saturating_sub(before);
    Ok(Amount { minor, ..payment })
}

/// What is paid of a payment of so much.
fn paid(row: &Row, amount: Amount) -> Result<Amount, Fault> {
    let paid = row.cell::<Option<i64>>("paid")?.unwrap_or_default();
    let paid = u64::try_from(paid).map_err(|_| Fault::Damaged("paid"))?;
    let minor = paid.saturating_sub(row.count("before")?).min(amount.minor);
    Ok(Amount { minor, ..amount })
}

const STATEMENT: &str = "SELECT p.purchase_id, p.state, p.item_ja, p.item_en, p.plan, p.currency,
         m.name_ja, m.name_en, i.number, i.due, i.amount, p.amount AS price,
         COALESCE(p.total, p.amount) AS total, s.claimed, s.voided, s.refunded, s.paid,
         CAST((SELECT COALESCE(SUM(b.amount), 0) FROM instalments b
             WHERE b.purchase = p.id AND b.number < i.number) AS BIGINT) AS before,
         (SELECT COUNT(*) FROM instalments a WHERE a.purchase = p.id) AS payments
     FROM purchases p
     JOIN instalments i ON i.purchase = p.id
     JOIN merchants m ON m.id = p.merchant
     LEFT JOIN settlements s ON s.purchase = p.id
     WHERE p.contract = $1 AND p.state IN ('accepted', 'confirmed')
         AND i.due >= $2 AND i.due <= $3
     ORDER BY i.due, p.id";
