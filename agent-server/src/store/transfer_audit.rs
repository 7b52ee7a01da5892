//! What an audit reads of transfers: shoppers' accounts, what was paid into them, what left them.

use std::collections::BTreeMap;

use shared_protocol::{
    Amount, MerchantId, PurchaseId, PurchaseState, Remittance, Signed, Timestamp,
};

use super::{
    Fault, Snapshot,
    audit::stored,
    journal::{self, StoredEntry},
    row::{Cells as _, Row},
};
use crate::domain::transfer::TransferState;

stored! {
    /// A row of `deposits` with what was paid into it.
    StoredDeposit { contract: i64, currency: String, balance: i64, held: i64, paid_in: i64, }
    /// A row of `deposit_payments`.
    StoredPayment { id: i64, contract: i64, amount: i64, currency: String, entry: i64, }
}

/// A row of `remittances` with its purchase.
#[derive(Debug)]
#[allow(missing_docs, reason = "migrations and statements say what each column holds")]
pub struct StoredTransferOrder {
    pub row: i64,
    pub purchase: PurchaseId,
    pub merchant: MerchantId,
    pub amount: Amount,
    pub standing: PurchaseState,
    pub contract: i64,
    pub state: TransferState,
    pub entry: Option<i64>,
    pub payout: Option<i64>,
    pub is_returned: bool,
    pub said: Option<Signed<Remittance>>,
    pub at: Timestamp,
}

impl Snapshot {
    /// All accounts of shoppers.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn deposits(&mut self) -> Result<Vec<StoredDeposit>, Fault> {
        let rows = sqlx::query(
            "SELECT d.contract, d.currency, d.balance, d.held,
                 CAST(COALESCE((SELECT SUM(p.amount) FROM deposit_payments p
                     WHERE p.contract = d.contract), 0) AS BIGINT) AS paid_in
             FROM deposits d ORDER BY d.contract",
        )
        .fetch_all(&mut *self.0);
        rows.await?.iter().map(StoredDeposit::read).collect()
    }

    /// All that was paid into them, each with its entry.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn deposit_payments(
        &mut self,
    ) -> Result<Vec<(StoredPayment, Option<StoredEntry>)>, Fault> {
        let rows = sqlx::query(
            "SELECT p.id, p.contract, p.amount, d.currency, p.entry
             FROM deposit_payments p JOIN deposits d ON d.contract = p.contract ORDER BY p.id",
        )
        .fetch_all(&mut *self.0)
        .await?;
        let mut payments = Vec::new();
        for row in &rows {
            let payment = StoredPayment::read(row)?;
            let entry = journal::entry(&mut self.0, payment.entry).await?;
            payments.push((payment, entry));
        }
        Ok(payments)
    }

    /// All transfers, with their entries by number.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn transfer_orders(
        &mut self,
    ) -> Result<(Vec<StoredTransferOrder>, BTreeMap<i64, StoredEntry>), Fault> {
        let rows = sqlx::query(
            "SELECT r.purchase, r.contract, r.state, r.entry, r.payout, r.updated_at,
                 p.purchase_id, p.merchant, p.amount, p.currency, p.state AS standing,
                 p.remittance,
                 (SELECT COUNT(*) FROM statement_lines l
                     WHERE l.purchase = r.purchase
                         AND l.matched IN ('against', 'returned')) AS returns
             FROM remittances r JOIN purchases p ON p.id = r.purchase ORDER BY r.purchase",
        )
        .fetch_all(&mut *self.0)
        .await?;
        let (mut orders, mut entries) = (Vec::new(), BTreeMap::new());
        for row in &rows {
            // A purchase that cannot be read is a finding of its own.
            let Ok(order) = read(row) else { continue };
            if let Some(number) = order.entry
                && let Some(entry) = journal::entry(&mut self.0, number).await?
            {
                entries.insert(number, entry);
            }
            orders.push(order);
        }
        Ok((orders, entries))
    }
}

fn read(row: &Row) -> Result<StoredTransferOrder, Fault> {
    Ok(StoredTransferOrder {
        row: row.cell("purchase")?,
        purchase: row.exact("purchase_id")?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        amount: row.amount("amount", "currency")?,
        standing: row.named("standing", PurchaseState::from_name)?,
        contract: row.cell("contract")?,
        state: row.named("state", TransferState::from_name)?,
        entry: row.cell("entry")?,
        payout: row.cell("payout")?,
        is_returned: row.cell::<i64>("returns")? > 0,
        said: row.message("remittance")?,
        at: row.moment("updated_at")?,
    })
}
