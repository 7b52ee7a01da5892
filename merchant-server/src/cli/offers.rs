//! `offers check`: every mistake of a catalogue file at once, each with its line, item and field.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{Amount, DeliveryTerms, Offer};

use super::Verdict;
use super::sign_offers::{self, SignCommand};
use crate::catalogue::{Catalogue, Item, Mistake};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum OffersCommand {
    /// Read the catalogue and say everything that is wrong with it
    Check {
        /// Another file than the configured one
        file: Option<PathBuf>,
    },
    /// Sign an Offer of each item into files, for a web server that holds no key
    Sign(SignCommand),
}

pub(super) async fn run(
    command: &OffersCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let file = match command {
        OffersCommand::Check { file } => file,
        OffersCommand::Sign(sign) => {
            return sign_offers::run(sign, config, as_json, out).await;
        }
    };
    let file = file.clone().unwrap_or_else(|| config.catalogue.relative());
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    match Catalogue::read(&text, &config.merchant_id) {
        Ok(catalogue) => {
            if as_json {
                let items: Vec<_> = catalogue.items().map(|(_, item)| item_json(item)).collect();
                writeln!(out, "{}", json!({ "mistakes": [], "items": items }))?;
            } else {
                for (_, item) in catalogue.items() {
                    writeln!(out, "✓ {}", item_line(item))?;
                }
            }
            Ok(Verdict::Fine)
        }
        Err(mistakes) => {
            if as_json {
                let mistakes: Vec<_> = mistakes.iter().map(mistake_json).collect();
                writeln!(out, "{}", json!({ "mistakes": mistakes }))?;
            } else {
                for mistake in &mistakes {
                    writeln!(out, "✗ {}: {mistake}", file.display())?;
                }
            }
            Ok(Verdict::Amiss)
        }
    }
}

/// An amount as people of no particular country read it: `3300 JPY`, `12.34 USD`.
pub(super) fn plainly(amount: Amount) -> String {
    let places = usize::from(amount.currency.exponent());
    let unit = 10_u64.pow(u32::try_from(places).unwrap_or(0));
    match places {
        0 => format!("{} {}", amount.minor, amount.currency),
        _ => {
            let (whole, rest) = (amount.minor / unit, amount.minor % unit);
            format!("{whole}.{rest:0places$} {}", amount.currency)
        }
    }
}

fn item_line(item: &Item) -> String {
    let terms = item.terms();
    let delivery = match &terms.delivery {
        DeliveryTerms::Physical { zones, .. } => format!("{} zones", zones.len()),
        DeliveryTerms::Intangible => "intangible".to_owned(),
    };
    let stock = item.stock().map_or("no end".to_owned(), |stock| format!("{stock} in all"));
    format!("{}  {}  {delivery}  {stock}", terms.item, plainly(terms.unit_price))
}

fn item_json(item: &Item) -> Value {
    let Offer { item: id, unit_price, delivery, .. } = item.terms();
    let delivery = match delivery {
        DeliveryTerms::Physical { .. } => "physical",
        DeliveryTerms::Intangible => "intangible",
    };
    json!({
        "id": id.as_str(),
        "unit_price": unit_price.minor,
        "currency": unit_price.currency.code(),
        "delivery": delivery,
        "stock": item.stock(),
    })
}

fn mistake_json(mistake: &Mistake) -> Value {
    json!({
        "line": mistake.line,
        "item": mistake.item,
        "field": mistake.field,
        "what": mistake.what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        for (minor, code, text) in
            [(3300, "JPY", "3300 JPY"), (1234, "USD", "12.34 USD"), (1005, "KWD", "1.005 KWD")]
        {
            assert_eq!(plainly(Amount::new(minor, code.parse().unwrap()).unwrap()), text);
        }
    }
}
