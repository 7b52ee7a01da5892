//! `agent-server files`: files of payouts for the bank, the bank's notices, the journal for
//! accountants, and lines of the bank's that nobody has found the place of yet.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::json;
use shared_protocol::{Currency, Date, HandlingNumber};

use super::{Place, Said, handling_number, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    config::Config,
    domain::{
        bank_files::{Made, Wanted, make_file, read_file},
        day,
        plan::PlanRules,
    },
    files::{Format, Reference, decimal, write_journal},
    store::{ParkedLine, PayoutFile, ReturnedPayout, Store, TurnedOut},
};

/// Files that banks and accountants take.
#[derive(Subcommand)]
pub enum Files {
    /// Put payouts that are in no file yet into one, and write it
    Payouts(Payouts),
    /// The newest files of payouts
    Sent {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Read a notice of the bank's (camt.054); again is once
    Statement {
        /// The notice
        file: PathBuf,
    },
    /// Write the journal as CSV
    Journal {
        /// From this day on, as 2026-12-01
        #[arg(long, value_parser = a_day)]
        from: Date,
        /// Until this day, and on it
        #[arg(long, value_parser = a_day)]
        to: Date,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
    /// Lines of the bank's that nothing matched
    Parked,
    /// Say what a parked line turned out to be
    Resolve(Resolve),
    /// Payouts that merchants' banks sent back
    Returned {
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Pay such a payout again, to the account that the merchant has
    PayAgain {
        /// The payout's row, as `files returned` shows it
        payout: i64,
    },
}

/// A file of payouts.
#[derive(Args)]
pub struct Payouts {
    /// pain001 or zengin
    #[arg(long, value_parser = format)]
    format: Format,
    /// Where to
    #[arg(long)]
    out: PathBuf,
    /// In which currency
    #[arg(long, default_value = "JPY", value_parser = currency)]
    currency: Currency,
    /// Those that are to be paid on this day or before, and the bank is to pay on it; the first
    /// such day if it is not said
    #[arg(long, value_parser = a_day)]
    day: Option<Date>,
    /// Write the file of this name once more, as it was
    #[arg(long, value_name = "MESSAGE", conflicts_with = "day")]
    again: Option<String>,
}

/// What a line turned out to be.
#[derive(Args)]
pub struct Resolve {
    /// The line's row, as `files parked` shows it
    line: i64,
    #[command(flatten)]
    what: What,
    /// Which bill of it
    #[arg(long, requires = "purchase", default_value_t = 1)]
    bill: u32,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct What {
    /// It pays a bill of the purchase of this handling number
    #[arg(long, value_parser = handling_number)]
    purchase: Option<HandlingNumber>,
    /// It confirms this payout
    #[arg(long)]
    payout: Option<i64>,
    /// It brings back what this refers to: PAYOUT-… or TRANSFER-…
    #[arg(long, value_parser = reference)]
    returned: Option<Reference>,
    /// It is a charge of the bank's, or interest
    #[arg(long)]
    charge: bool,
    /// It undoes this parked line, or is undone by it
    #[arg(long)]
    against: Option<i64>,
}

impl Files {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let config = place.settings(None)?;
        let store = place.store().await?;
        let said = self.act(&config, &store).await;
        store.close().await;
        said
    }

    async fn act(&self, config: &Config, store: &Store) -> Said {
        match self {
            Self::Payouts(payouts) => payouts.run(config, store).await,
            Self::Sent { limit } => {
                let all = store.payout_files(*limit).await?;
                let json: Vec<_> = all.iter().map(shown_file).collect();
                Ok(Report::new(all.iter().map(file_line).collect(), json!({ "files": json })))
            }
            Self::Statement { file } => statement(config, store, file).await,
            Self::Journal { from, to, out } => journal(config, store, (*from, *to), out).await,
            Self::Parked => {
                let all = store.parked_lines().await?;
                let json: Vec<_> = all.iter().map(shown_parked).collect();
                Ok(Report::new(all.iter().map(parked_line).collect(), json!({ "parked": json })))
            }
            Self::Resolve(resolve) => resolve.run(store).await,
            Self::Returned { limit } => {
                let all = store.returned_payouts(*limit).await?;
                let json: Vec<_> = all.iter().map(shown_returned).collect();
                let lines = all.iter().map(returned_line).collect();
                Ok(Report::new(lines, json!({ "returned": json })))
            }
            Self::PayAgain { payout } => pay_again(store, *payout).await,
        }
    }
}

impl Payouts {
    async fn run(&self, config: &Config, store: &Store) -> Said {
        if let Some(message) = &self.again {
            let content = store.payout_file(message).await?;
            fs::write(&self.out, content.ok_or("there is no such file")?)?;
            return Ok(Report::line(
                format!("{message}, as it was"),
                json!({ "message": message }),
            ));
        }
        let wanted = Wanted { format: self.format, currency: self.currency, day: self.day };
        let plans = PlanRules::of(config.plans_file.as_deref(), config.demo)?;
        let (calendar, now) = (&plans.calendar, SystemClock.now());
        let Made { file, left_out } = make_file(store, &config.bank, calendar, wanted, now).await?;
        let mut lines = Vec::new();
        let mut json = json!({ "payments": 0 });
        match &file {
            None => lines.push("no payout is to be put into a file".into()),
            Some(file) => {
                // It is stored: should this fail, `--again` writes the same bytes.
                fs::write(&self.out, &file.content)
                    .map_err(|fault| format!("{fault}; it is stored as {}", file.message))?;
                let total = decimal(file.total.minor, file.total.currency);
                let (count, code) = (file.payouts.len(), file.total.currency.code());
                lines.push(format!("{}  {count} payments, {total} {code}", file.message));
                json = json!({
                    "message": file.message,
                    "payments": count,
                    "minor": file.total.minor,
                    "currency": code,
                    "day": file.day.to_string(),
                });
            }
        }
        lines.extend(left_out.iter().map(|(merchant, why)| format!("not {merchant}: {why}")));
        json["left_out"] = left_out.iter().map(|(merchant, _)| merchant.as_str()).collect();
        Ok(Report::new(lines, json))
    }
}

async fn statement(config: &Config, store: &Store, file: &Path) -> Said {
    let bytes = fs::read(file).map_err(|fault| format!("{}: {fault}", file.display()))?;
    let brought = read_file(store, &config.bank, &bytes, SystemClock.now()).await?;
    let line = format!(
        "{} bills paid, {} payouts confirmed, {} sent back, {} lines parked, {} known",
        brought.bills, brought.payouts, brought.returns, brought.parked, brought.known
    );
    let json = json!({
        "bills": brought.bills,
        "payouts": brought.payouts,
        "returns": brought.returns,
        "parked": brought.parked,
        "known": brought.known,
    });
    Ok(Report::line(line, json))
}

async fn journal(config: &Config, store: &Store, (from, to): (Date, Date), out: &Path) -> Said {
    let zone = config.zone();
    let ends = (day::start(from, &zone), day::end(to, &zone));
    let (Some(from), Some(until)) = ends else { return Err("there are no such days".into()) };
    let lines = store.transfers_between(from, until).await?;
    fs::write(out, write_journal(&lines, &zone)?)?;
    let count = lines.len();
    Ok(Report::line(format!("{count} transfers"), json!({ "transfers": count })))
}

impl Resolve {
    async fn run(&self, store: &Store) -> Said {
        let What { purchase, payout, returned, charge: _, against } = self.what;
        let turned_out = match (purchase, payout, returned, against) {
            (Some(number), ..) => TurnedOut::Bill(number, self.bill),
            (_, Some(payout), ..) => TurnedOut::Payout(payout),
            (_, _, Some(reference), _) => TurnedOut::Returned(reference),
            (.., Some(other)) => TurnedOut::Against(other),
            _ => TurnedOut::Charge,
        };
        store.resolve_line(self.line, turned_out, SystemClock.now()).await??;
        Ok(Report::line(
            format!("{} is resolved", self.line),
            json!({ "line": self.line.to_string() }),
        ))
    }
}

fn file_line(file: &PayoutFile) -> String {
    let total = decimal(file.total.minor, file.total.currency);
    let (message, payments, code) = (&file.message, file.payments, file.total.currency.code());
    format!("{}  {message}  {}  {payments} payments, {total} {code}", file.day, file.format.name())
}

fn shown_file(file: &PayoutFile) -> serde_json::Value {
    json!({
        "message": file.message,
        "format": file.format.name(),
        "day": file.day.to_string(),
        "payments": file.payments,
        "minor": file.total.minor,
        "currency": file.total.currency.code(),
    })
}

fn parked_line(line: &ParkedLine) -> String {
    let ParkedLine { id, day, minor, currency, told, why, bank_key } = line;
    format!("{id}  {day}  {minor} {currency}  {}  {bank_key}  {told}", why.name())
}

fn shown_parked(line: &ParkedLine) -> serde_json::Value {
    json!({
        "line": line.id.to_string(),
        "bank": line.bank_key,
        "day": line.day.to_string(),
        "minor": line.minor,
        "currency": line.currency.code(),
        "told": line.told,
        "why": line.why.name(),
    })
}

async fn pay_again(store: &Store, payout: i64) -> Said {
    if !store.pay_again(payout, SystemClock.now()).await? {
        return Err("no such payout came back, or somebody has seen to it".into());
    }
    Ok(Report::line(
        format!("{payout} is paid again with the next payout"),
        json!({ "payout": payout.to_string() }),
    ))
}

fn returned_line(back: &ReturnedPayout) -> String {
    let ReturnedPayout { payout, reason, again, .. } = back;
    let total = decimal(payout.amount.minor, payout.amount.currency);
    let next = match (back.is_held, again) {
        (true, _) => "held".into(),
        (false, None) => "with the next payout".into(),
        (false, Some(again)) => format!("again by {again}"),
    };
    let code = payout.amount.currency.code();
    format!("{}  {}  {total} {code}  {reason}  {next}", payout.id, payout.merchant)
}

fn shown_returned(back: &ReturnedPayout) -> serde_json::Value {
    json!({
        "payout": back.payout.id.to_string(),
        "merchant": back.payout.merchant.as_str(),
        "minor": back.payout.amount.minor,
        "currency": back.payout.amount.currency.code(),
        "reason": back.reason,
        "held": back.is_held,
        "again": back.again.map(|payout| payout.to_string()),
    })
}

fn reference(text: &str) -> Result<Reference, String> {
    let read = text.parse().ok().filter(|read| !matches!(read, Reference::Bill(..)));
    read.ok_or_else(|| format!("{text}: PAYOUT- and its row, or TRANSFER- and a handling number"))
}

fn format(name: &str) -> Result<Format, String> {
    let known = Format::ALL.map(Format::name).join(", ");
    Format::from_name(name).ok_or_else(|| format!("{name} is none of: {known}"))
}

fn currency(code: &str) -> Result<Currency, String> {
    code.parse().map_err(|_| format!("{code} is no currency"))
}

fn a_day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("{text}: a day is written 2026-12-28"))
}
