//! What another bank sends back, found by our reference: a transfer is booked into the account that
//! it had left, a payout is owed to the merchant again and held until somebody has seen to it.

use shared_protocol::{Amount, MerchantId};

use super::{
    Fault, deposits, events, merchant_accounts,
    payouts::purchases_in,
    remittances::Stamp,
    row::{Cells as _, Row, minor},
    statements::append,
    writer::Tx,
};
use crate::{
    domain::{
        bank::Due,
        errand::Notice,
        settlement::{blames_account, returned_entry},
    },
    files::Reference,
};

/// Money that went to a merchant's bank.
pub(super) struct Sent {
    /// Which.
    pub(super) what: What,
    merchant: MerchantId,
    amount: Amount,
    is_returned: bool,
    /// Whether it went to the account that the merchant has still.
    is_account_same: bool,
}

/// What it was.
#[derive(Clone, Copy)]
pub(super) enum What {
    /// The transfer of this purchase, from the account of this contract.
    Transfer(i64, i64),
    /// This payout.
    Payout(i64),
}

impl What {
    /// The purchase or the payout, as a line names them.
    pub(super) fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Transfer(purchase, _) => (Some(purchase), None),
            Self::Payout(payout) => (None, Some(payout)),
        }
    }
}

impl Sent {
    /// What comes in if it is sent back.
    pub(super) fn due(&self) -> Due {
        Due { minor: minor(self.amount), currency: self.amount.currency, is_done: self.is_returned }
    }
}

/// What this reference names, if it went: at once, or by a file. Of a transfer by file a notice
/// must have said so, as goods have waited for it.
pub(super) async fn sent_as(tx: &mut Tx<'_>, reference: &Reference) -> Result<Option<Sent>, Fault> {
    let (by_file, at_once) = match reference {
        Reference::Bill(..) => return Ok(None),
        Reference::Payout(payout) => (*payout, None),
        Reference::Transfer(number) => (0, Some(number.compact())),
    };
    let transfer = sqlx::query(TRANSFER)
        .bind(by_file)
        .bind(at_once.clone())
        .fetch_optional(&mut *tx.connection)
        .await?;
    if let Some(row) = transfer {
        let what = What::Transfer(row.cell("purchase")?, row.cell("contract")?);
        let has_gone = at_once.is_some() || row.cell::<i64>("lines")? > 0;
        return Ok(if has_gone { Some(sent(&row, what)?) } else { None });
    }
    let payout = sqlx::query(PAYOUT).bind(by_file).fetch_optional(&mut *tx.connection).await?;
    payout.map(|row| sent(&row, What::Payout(by_file))).transpose()
}

fn sent(row: &Row, what: What) -> Result<Sent, Fault> {
    let changed_at: Option<i64> = row.cell("changed_at")?;
    let sent_at: i64 = row.cell("sent_at")?;
    Ok(Sent {
        what,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        amount: row.amount("amount", "currency")?,
        is_returned: row.cell::<i64>("returns")? > 0,
        is_account_same: changed_at.is_some_and(|changed_at| changed_at <= sent_at),
    })
}

/// It came back, for this reason. A transfer is in the account that it left, and its purchase is
/// looked at next; a payout is owed again, at once if the merchant has another account by now.
pub(super) async fn take_back(
    tx: &mut Tx<'_>,
    sent: &Sent,
    reason: &str,
    stamp: Stamp,
) -> Result<(), Fault> {
    match sent.what {
        What::Transfer(purchase, contract) => {
            deposits::receive(tx, contract, sent.amount, stamp).await?;
            let look = sqlx::query(LOOK_AT).bind(purchase).bind(stamp.0.as_millis());
            look.execute(&mut *tx.connection).await?;
        }
        What::Payout(payout) => owe_again(tx, payout, sent, reason, stamp).await?,
    }
    if sent.is_account_same && blames_account(reason) {
        merchant_accounts::refuse(tx, &sent.merchant, stamp).await?;
    }
    Ok(())
}

async fn owe_again(
    tx: &mut Tx<'_>,
    payout: i64,
    sent: &Sent,
    reason: &str,
    (now, by): Stamp,
) -> Result<(), Fault> {
    let entry = returned_entry(payout, &sent.merchant, sent.amount);
    let entry = append(tx, &entry.ok_or(Fault::Damaged("amount"))?, now, by).await?;
    let released = (!sent.is_account_same).then_some(now.as_millis());
    sqlx::query(
        "INSERT INTO payout_returns (payout, reason, entry, released_at, created_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(payout)
    .bind(reason)
    .bind(entry)
    .bind(released)
    .bind(now.as_millis())
    .execute(&mut *tx.connection)
    .await?;
    for purchase in purchases_in(tx, payout).await? {
        events::add(tx, purchase, Notice::PayoutReturned, now).await?;
    }
    Ok(())
}

/// `lines`: whether a notice has said that it went.
const TRANSFER: &str = "SELECT r.purchase, r.contract, r.updated_at AS sent_at, p.merchant,
         p.amount, p.currency, a.updated_at AS changed_at,
         (SELECT COUNT(*) FROM statement_lines l
             WHERE l.payout = r.payout AND l.matched = 'payout') AS lines,
         (SELECT COUNT(*) FROM statement_lines b
             WHERE b.purchase = r.purchase AND b.matched IN ('against', 'returned')) AS returns
     FROM remittances r JOIN purchases p ON p.id = r.purchase
         LEFT JOIN merchant_accounts a ON a.merchant = p.merchant
     WHERE r.payout = $1
         OR (p.handling_number = $2 AND r.payout IS NULL AND r.state = 'sent')";

const PAYOUT: &str = "SELECT p.merchant, p.amount, p.currency, f.created_at AS sent_at,
         a.updated_at AS changed_at,
         (SELECT COUNT(*) FROM payout_returns b WHERE b.payout = p.id) AS returns
     FROM payouts p JOIN payout_files f ON f.id = p.file
         LEFT JOIN merchant_accounts a ON a.merchant = p.merchant
     WHERE p.id = $1";

const LOOK_AT: &str = "UPDATE purchases SET deadline = $2
     WHERE id = $1 AND state IN ('accepted', 'confirmed')";
