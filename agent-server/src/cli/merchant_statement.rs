//! `agent-server merchants statement`: a merchant's account with us for some days, line by line.

use clap::Args;
use serde_json::{Value, json};
use shared_protocol::{Currency, Date, NotAnId};

use super::{Place, Said, merchants::find, say::Report};
use crate::{
    domain::merchant_books::{Asked, Line, Statement, statement},
    files::{signed, write_statement},
    store::Store,
};

/// Which statement.
#[derive(Args)]
pub struct MerchantStatement {
    /// mrc_…
    id: String,
    /// The first day, as 2026-12-01
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Date,
    /// The last day
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Date,
    /// ISO 4217
    #[arg(long, default_value = "JPY", value_parser = currency)]
    currency: Currency,
    /// As CSV (RFC 4180), for spreadsheets
    #[arg(long)]
    csv: bool,
}

impl MerchantStatement {
    /// Runs it.
    pub async fn run(&self, place: &Place, store: &Store) -> Said {
        let merchant = find(store, &self.id).await?.id;
        let zone = place.settings(None)?.zone();
        let Self { from, to, currency, .. } = self;
        let asked = Asked { merchant, currency: *currency, from: *from, to: *to };
        let all = (0, u32::MAX >> 1);
        let made = statement(store, &zone, asked, all).await?;
        let made = made.ok_or("--to is before --from")?;
        if self.csv {
            let text = String::from_utf8(write_statement(&made, &zone)?)?;
            let lines = text.lines().map(String::from).collect();
            return Ok(Report::new(lines, json!({ "csv": text })));
        }
        Ok(Report::new(lines(&made), shown(&made)))
    }
}

fn lines(made: &Statement) -> Vec<String> {
    let currency = made.asked.currency;
    let money = |minor| signed(minor, currency);
    let edge = |day: Date, what: &str, minor| format!("{day}  {what}  {} {currency}", money(minor));
    let line = |line: &Line| {
        let at = jiff::Timestamp::from_second(line.at.as_secs()).unwrap_or_default();
        let number = line.number.as_ref().map(ToString::to_string).unwrap_or_default();
        let (net, fee) = (money(line.net), money(line.fee));
        format!("  {at}  {:7} {net:>12}  fee {fee:>8}  {number}", line.kind.name())
    };
    let opening = edge(made.asked.from, "opening", made.opening);
    let closing = edge(made.asked.to, "closing", made.closing);
    [opening].into_iter().chain(made.lines.iter().map(line)).chain([closing]).collect()
}

fn shown(made: &Statement) -> Value {
    let line = |line: &Line| {
        json!({
            "entry": line.entry,
            "kind": line.kind.name(),
            "purchase": line.purchase.map(|id| id.to_string()),
            "name": line.name,
            "payout": line.payout.map(|row| format!("pay_{row}")),
            "fee": line.fee,
            "net": line.net,
        })
    };
    json!({
        "merchant": made.asked.merchant.as_str(),
        "currency": made.asked.currency.code(),
        "opening": made.opening,
        "closing": made.closing,
        "lines": made.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_: NotAnId| format!("{text}: a day is written as 2026-12-01"))
}

fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|_| "three letters, as JPY".into())
}
