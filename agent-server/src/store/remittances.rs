//! Transfers: held with the Grant, sent with the shopper's consent, or scheduled, ordered and
//! confirmed by a notice. Account, journal and state in one transaction.

use shared_protocol::{Channel, Date, PurchaseId, Timestamp};

use super::{
    Fault, Store, deposits, events, journal, payouts, purchases,
    row::{Cells as _, Row, minor},
    writer::{Tx, Work},
};
use crate::domain::{
    errand::Notice,
    ledger::Entry,
    purchase::Purchase,
    settlement::payout_entry,
    transfer::{Later, OpenTransfer, Order, Rail, TransferState, ordered_entry, sent_entry},
};

impl Store {
    /// The transfer of a purchase, if it is paid by one.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn transfer(&self, id: &PurchaseId) -> Result<Option<OpenTransfer>, Fault> {
        let row = sqlx::query(
            "SELECT r.state, r.rail, r.day, r.channel, p.purchase_id, p.merchant,
                 p.handling_number, p.amount, p.currency,
                 (SELECT COUNT(*) FROM statement_lines l
                     WHERE l.purchase = r.purchase
                         AND l.matched IN ('against', 'returned')) AS returns
             FROM remittances r JOIN purchases p ON p.id = r.purchase WHERE p.purchase_id = $1",
        )
        .bind(id.as_bytes().as_slice())
        .fetch_optional(&self.0.reads)
        .await?;
        row.as_ref().map(open).transpose()
    }

    /// Orders a scheduled transfer: it leaves the account and waits to go into a file for the bank.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn order_transfer(
        &self,
        purchase: PurchaseId,
        pay_on: Date,
        now: Timestamp,
    ) -> Result<(), Fault> {
        self.0.writer.write(OrderTransfer { purchase, pay_on, now }).await
    }
}

/// When, and in which transaction.
pub(super) type Stamp = (Timestamp, &'static str);

/// Holds the money of a purchase that is being entered.
pub(super) async fn hold(
    tx: &mut Tx<'_>,
    purchase: i64,
    contract: i64,
    amount: i64,
    order: &Order,
    stamp: Stamp,
) -> Result<(), Fault> {
    let deposit = deposits::find(tx, contract).await?.ok_or(Fault::Raced)?;
    deposits::change(tx, contract, (0, amount), stamp).await?;
    sqlx::query(
        "INSERT INTO remittances (purchase, contract, rail, payee, state, created_at, updated_at,
             updated_by)
         VALUES ($1, $2, $3, $4, 'held', $5, $5, $6)",
    )
    .bind(purchase)
    .bind(contract)
    .bind(deposit.rail.with(order.rail).name())
    .bind(&order.account)
    .bind(stamp.0.as_millis())
    .bind(stamp.1)
    .execute(&mut *tx.connection)
    .await?;
    Ok(())
}

/// How far the transfer of a purchase is; `None` if it is not paid by one.
pub(super) async fn state(tx: &mut Tx<'_>, purchase: i64) -> Result<Option<TransferState>, Fault> {
    let row = sqlx::query("SELECT state FROM remittances WHERE purchase = $1")
        .bind(purchase)
        .fetch_optional(&mut *tx.connection)
        .await?;
    row.map(|row| row.named("state", TransferState::from_name)).transpose()
}

/// Lets go of what is held.
pub(super) async fn release(
    tx: &mut Tx<'_>,
    purchase: &Purchase,
    stamp: Stamp,
) -> Result<(), Fault> {
    let contract = purchase.contract.ok_or(Fault::Damaged("contract"))?;
    deposits::change(tx, contract, (0, -minor(purchase.amount)), stamp).await?;
    let before = state(tx, purchase.row).await?.filter(|state| state.is_held());
    let before = before.ok_or(Fault::Raced)?;
    step(tx, purchase.row, (before, TransferState::Released), stamp).await
}

/// Sends it now; where it was ordered before, the other bank has confirmed it.
pub(super) async fn send(tx: &mut Tx<'_>, purchase: &Purchase, stamp: Stamp) -> Result<(), Fault> {
    if state(tx, purchase.row).await? == Some(TransferState::Paid) {
        let sent = (TransferState::Paid, TransferState::Sent);
        return step(tx, purchase.row, sent, stamp).await;
    }
    let contract = purchase.contract.ok_or(Fault::Damaged("contract"))?;
    let entry = sent_entry(purchase.id, contract, purchase.amount);
    leave(tx, purchase, contract, entry, (TransferState::Sent, None), stamp).await
}

/// Notes for when it is scheduled, and how the shopper consented to that.
pub(super) async fn schedule(
    tx: &mut Tx<'_>,
    purchase: i64,
    later: &Later,
    channel: Channel,
    stamp: Stamp,
) -> Result<(), Fault> {
    let done = sqlx::query(
        "UPDATE remittances SET state = 'scheduled', day = $2, channel = $3, updated_at = $4,
             updated_by = $5
         WHERE purchase = $1 AND state = 'held'",
    )
    .bind(purchase)
    .bind(later.day.to_string())
    .bind(channel_name(channel))
    .bind(stamp.0.as_millis())
    .bind(stamp.1)
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
}

/// A notice has confirmed this order to another bank, if it was one for a transfer: its purchase
/// is looked at next (164).
pub(super) async fn confirm(tx: &mut Tx<'_>, payout: i64, stamp: Stamp) -> Result<(), Fault> {
    let done = sqlx::query(
        "UPDATE remittances SET state = 'paid', updated_at = $2, updated_by = $3
         WHERE payout = $1 AND state = 'ordered'",
    )
    .bind(payout)
    .bind(stamp.0.as_millis())
    .bind(stamp.1)
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() == 1 {
        sqlx::query(
            "UPDATE purchases SET deadline = $2
             WHERE state = 'accepted'
                 AND id = (SELECT purchase FROM remittances WHERE payout = $1)",
        )
        .bind(payout)
        .bind(stamp.0.as_millis())
        .execute(&mut *tx.connection)
        .await?;
    }
    Ok(())
}

struct OrderTransfer {
    purchase: PurchaseId,
    pay_on: Date,
    now: Timestamp,
}

impl Work for OrderTransfer {
    type Answer = ();
    const NAME: &'static str = "order-transfer";

    async fn run(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let Some(purchase) = purchases::find(tx, &self.purchase).await? else { return Ok(()) };
        if state(tx, purchase.row).await? != Some(TransferState::Scheduled) {
            return Ok(());
        }
        let stamp = (self.now, Self::NAME);
        let contract = purchase.contract.ok_or(Fault::Damaged("contract"))?;
        let payout = payouts::NewPayout {
            id: tx.id(self.now),
            merchant: &purchase.merchant,
            amount: purchase.amount,
            // What is in it was booked before this moment, as in any other batch.
            cutoff: self.now.plus(shared_protocol::Span::millis(1)),
            pay_on: self.pay_on,
            now: self.now,
        };
        let entry = payout_entry(payout.id, payout.merchant, payout.amount);
        let entry = entry.ok_or(Fault::Damaged("amount"))?;
        let left = ordered_entry(purchase.id, contract, purchase.merchant.clone(), purchase.amount);
        let number = append(tx, &entry, None, stamp).await?;
        payout.insert(tx, number).await?;
        let to = (TransferState::Ordered, Some(payout.id));
        leave(tx, &purchase, contract, left, to, stamp).await?;
        sqlx::query("UPDATE purchases SET deadline = NULL WHERE id = $1 AND state = 'accepted'")
            .bind(purchase.row)
            .execute(&mut *tx.connection)
            .await?;
        events::add(tx, purchase.row, Notice::PaidOut, self.now).await?;
        Ok(())
    }
}

/// The money leaves the account, with its entry.
async fn leave(
    tx: &mut Tx<'_>,
    purchase: &Purchase,
    contract: i64,
    entry: Option<Entry>,
    (to, payout): (TransferState, Option<i64>),
    stamp: Stamp,
) -> Result<(), Fault> {
    let amount = -minor(purchase.amount);
    deposits::change(tx, contract, (amount, amount), stamp).await?;
    let entry = entry.ok_or(Fault::Damaged("amount"))?;
    let number = append(tx, &entry, Some(purchase.row), stamp).await?;
    let done = sqlx::query(
        "UPDATE remittances SET state = $2, entry = $3, payout = $4, updated_at = $5,
             updated_by = $6
         WHERE purchase = $1 AND state IN ('held', 'scheduled')",
    )
    .bind(purchase.row)
    .bind(to.name())
    .bind(number)
    .bind(payout)
    .bind(stamp.0.as_millis())
    .bind(stamp.1)
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
}

async fn append(
    tx: &mut Tx<'_>,
    entry: &Entry,
    purchase: Option<i64>,
    (at, by): Stamp,
) -> Result<i64, Fault> {
    let head = journal::append(tx, journal::New { entry, purchase, at, by }).await?;
    i64::try_from(head.number).map_err(|_| Fault::Damaged("number"))
}

/// From this state to another.
async fn step(
    tx: &mut Tx<'_>,
    purchase: i64,
    (from, to): (TransferState, TransferState),
    (now, by): Stamp,
) -> Result<(), Fault> {
    let done = sqlx::query(
        "UPDATE remittances SET state = $3, updated_at = $4, updated_by = $5
         WHERE purchase = $1 AND state = $2",
    )
    .bind(purchase)
    .bind(from.name())
    .bind(to.name())
    .bind(now.as_millis())
    .bind(by)
    .execute(&mut *tx.connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Fault::Raced) }
}

fn open(row: &Row) -> Result<OpenTransfer, Fault> {
    let day: Option<&str> = row.cell("day")?;
    let channel: Option<&str> = row.cell("channel")?;
    Ok(OpenTransfer {
        purchase: row.exact("purchase_id")?,
        merchant: row.named("merchant", |id| id.parse().ok())?,
        handling_number: row.named("handling_number", |text| text.parse().ok())?,
        amount: row.amount("amount", "currency")?,
        rail: row.named("rail", Rail::from_name)?,
        state: row.named("state", TransferState::from_name)?,
        is_returned: row.cell::<i64>("returns")? > 0,
        day: day.map(|day| day.parse().map_err(|_| Fault::Damaged("day"))).transpose()?,
        channel: channel
            .map(|name| channel_of(name).ok_or(Fault::Damaged("channel")))
            .transpose()?,
    })
}

const CHANNELS: [(Channel, &str); 5] = [
    (Channel::Mail, "mail"),
    (Channel::Silence, "silence"),
    (Channel::Page, "page"),
    (Channel::Passkey, "passkey"),
    (Channel::Bank, "bank"),
];

fn channel_name(channel: Channel) -> &'static str {
    CHANNELS.iter().find(|(known, _)| *known == channel).map_or("", |(_, name)| name)
}

fn channel_of(name: &str) -> Option<Channel> {
    CHANNELS.iter().find(|(_, known)| *known == name).map(|(channel, _)| *channel)
}
