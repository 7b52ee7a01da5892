//! `agent-server ledger`: what the books hold, who was paid, what was billed and paid for.

use clap::Subcommand;
use serde_json::json;
use shared_protocol::HandlingNumber;

use super::{Place, Said, handling_number, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::settlement::Payout,
    store::{BillRow, Store},
};

/// The books.
#[derive(Subcommand)]
pub enum Ledger {
    /// What each account holds: debits count up, credits count down
    Balances,
    /// The newest batches by which merchants were paid
    Payouts {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// What was billed for a purchase
    Bills {
        /// Its handling number
        #[arg(value_parser = handling_number)]
        number: HandlingNumber,
    },
    /// Book that a bill was paid, or a credit paid back; again is once
    Paid {
        /// The purchase's handling number
        #[arg(value_parser = handling_number)]
        number: HandlingNumber,
        /// Which bill of it
        bill: u32,
    },
}

impl Ledger {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let store = place.store().await?;
        let said = match self {
            Self::Balances => balances(&store).await,
            Self::Payouts { limit } => payouts(&store, *limit).await,
            Self::Bills { number } => bills(&store, number).await,
            Self::Paid { number, bill } => paid(&store, number, *bill).await,
        };
        store.close().await;
        said
    }
}

async fn balances(store: &Store) -> Said {
    let all = store.balances().await?;
    let line = |(account, currency, sum): &(String, String, i64)| {
        format!("{account:32} {currency} {sum:>16}")
    };
    let shown = |(account, currency, sum): &(String, String, i64)| {
        let (account, currency) = (account.as_str(), currency.as_str());
        json!({ "account": account, "currency": currency, "minor": sum })
    };
    let json: Vec<_> = all.iter().map(shown).collect();
    Ok(Report::new(all.iter().map(line).collect(), json!({ "balances": json })))
}

async fn payouts(store: &Store, limit: u32) -> Said {
    let all = store.payouts(limit).await?;
    let line = |payout: &Payout| {
        let (amount, on) = (payout.amount, payout.pay_on);
        format!("{on}  {}  {} {}", payout.merchant, amount.minor, amount.currency.code())
    };
    let shown = |payout: &Payout| {
        json!({
            "id": payout.id.to_string(),
            "merchant": payout.merchant.as_str(),
            "minor": payout.amount.minor,
            "currency": payout.amount.currency.code(),
            "cutoff": payout.cutoff.as_secs(),
            "pay_on": payout.pay_on.to_string(),
        })
    };
    let json: Vec<_> = all.iter().map(shown).collect();
    Ok(Report::new(all.iter().map(line).collect(), json!({ "payouts": json })))
}

async fn bills(store: &Store, number: &HandlingNumber) -> Said {
    let all = store.bills(number).await?;
    let line = |bill: &BillRow| {
        let paid = match (bill.is_paid, bill.paid) {
            (true, _) => "paid".into(),
            (false, 0) => "open".to_owned(),
            (false, paid) => format!("{paid} paid, {} open", bill.open()),
        };
        format!("{}  {}  {}  {paid}", bill.number, bill.day, bill.minor)
    };
    let shown = |bill: &BillRow| {
        json!({
            "number": bill.number,
            "day": bill.day.to_string(),
            "minor": bill.minor,
            "paid": bill.is_paid,
            "open": bill.open(),
        })
    };
    let json: Vec<_> = all.iter().map(shown).collect();
    Ok(Report::new(all.iter().map(line).collect(), json!({ "bills": json })))
}

async fn paid(store: &Store, number: &HandlingNumber, bill: u32) -> Said {
    let known = store.bills(number).await?.into_iter().find(|row| row.number == bill);
    let Some(row) = known else { return Err("there is no such bill".into()) };
    store.pay_bill(row.purchase, bill, SystemClock.now()).await??;
    let json = json!({ "number": bill, "minor": row.open() });
    Ok(Report::line(format!("bill {bill} of {number} is paid"), json))
}
