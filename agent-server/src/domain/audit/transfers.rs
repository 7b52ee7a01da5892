//! Transfers: what shoppers' accounts hold is what was paid in less what left, each with its entry,
//! and every transfer is as far as its purchase is.

use std::collections::BTreeMap;

use shared_protocol::{Amount, PurchaseState, Remittance, Signed, Standing};

use super::{Audited, Damage, Findings, Tally, books::check_entry, purchase::Share};
use crate::{
    domain::{
        key_history::KeyHistory,
        transfer::{TransferState, ordered_entry, paid_in_entry, sent_entry},
    },
    store::{Fault, Snapshot, StoredEntry, StoredTransferOrder},
};

/// Checks all of them.
pub(super) async fn check(
    snapshot: &mut Snapshot,
    own: &KeyHistory,
    tally: &mut Tally,
    out: &mut Findings,
) -> Result<(), Fault> {
    for (payment, entry) in snapshot.deposit_payments().await? {
        let row = format!("deposit_payments {}", payment.id);
        let minor = u64::try_from(payment.amount).unwrap_or_default();
        let amount = payment.currency.parse().ok().and_then(|code| Amount::new(minor, code));
        let expected =
            amount.and_then(|amount| paid_in_entry(payment.id, payment.contract, amount));
        if let Some(expected) = expected {
            check_entry(entry.as_ref(), payment.entry, &expected, &row, out);
        }
        tally.explain(payment.entry, &row, out);
    }
    let mut sums: BTreeMap<i64, Sums> = BTreeMap::new();
    let (orders, entries) = snapshot.transfer_orders().await?;
    for order in &orders {
        let sums = sums.entry(order.contract).or_default();
        let minor = i128::from(order.amount.minor);
        sums.left += if order.state.has_left() { minor } else { 0 };
        sums.held += if order.state.is_held() { minor } else { 0 };
        check_order(order, &entries, own, tally, out);
    }
    for deposit in snapshot.deposits().await? {
        let row = format!("deposits {}", deposit.contract);
        let Sums { left, held } = sums.remove(&deposit.contract).unwrap_or_default();
        let balance = i128::from(deposit.paid_in) - left;
        out.same(Damage::DepositBalance, &row, balance, i128::from(deposit.balance));
        out.same(Damage::DepositHeld, &row, held, i128::from(deposit.held));
    }
    Ok(())
}

#[derive(Default)]
struct Sums {
    left: i128,
    held: i128,
}

fn check_order(
    order: &StoredTransferOrder,
    entries: &BTreeMap<i64, StoredEntry>,
    own: &KeyHistory,
    tally: &mut Tally,
    out: &mut Findings,
) {
    let row = format!("remittances {}", order.row);
    let fits = match order.standing {
        PurchaseState::Granted => order.state == TransferState::Held,
        PurchaseState::Accepted => order.state.is_held() || order.payout.is_some(),
        PurchaseState::Confirmed => order.state == TransferState::Sent,
        _ => order.state == TransferState::Released,
    };
    if !fits {
        out.note(Damage::TransferState, &row, order.standing.name(), order.state.name());
    }
    check_said(order, own, &row, out);
    let Some(number) = order.entry else { return };
    let expected = match order.payout {
        None => sent_entry(order.purchase, order.contract, order.amount),
        Some(_) => {
            let merchant = order.merchant.clone();
            ordered_entry(order.purchase, order.contract, merchant, order.amount)
        }
    };
    let stored = entries.get(&number);
    if let Some(expected) = expected {
        check_entry(stored, number, &expected, &row, out);
    }
    tally.explain(number, &row, out);
    if let Some(payout) = order.payout {
        let share = i64::try_from(order.amount.minor).unwrap_or_default();
        let at = stored.map_or(order.at, |entry| entry.at);
        let share = Share { row: row.clone(), payout, share, at };
        let part = Audited {
            row,
            merchant: order.merchant.clone(),
            currency: order.amount.currency,
            held: 0,
            entries: Vec::new(),
            heads: Vec::new(),
            shares: vec![share],
        };
        tally.paid_out.entry(payout).or_default().push(part);
    }
}

/// What the merchant was told is what happened.
fn check_said(order: &StoredTransferOrder, own: &KeyHistory, row: &str, out: &mut Findings) {
    let verify = |said: &Signed<Remittance>| own.verify(said, said.claimed()?.at);
    let told = order.said.as_ref().map(verify);
    let told = match told {
        Some(Err(problem)) => {
            return out.note(Damage::RemittanceOther, row, "the agent's signature", problem);
        }
        Some(Ok(said)) => {
            let is_about_it = said.purchase == order.purchase
                && said.merchant == order.merchant
                && said.amount == order.amount;
            out.holds(Damage::RemittanceOther, row, is_about_it);
            said.standing.name()
        }
        None => "nothing",
    };
    let expected = match order.state {
        TransferState::Held => "nothing",
        TransferState::Scheduled | TransferState::Ordered | TransferState::Paid => "scheduled",
        TransferState::Sent => Standing::Received.name(),
        // Called off by the shopper before the bank was asked, or after.
        TransferState::Released => return,
    };
    out.same(Damage::RemittanceOther, row, expected, told);
}
