//! `offers check`: every mistake of a catalogue file at once, each with its line, item and field.
//! `offers publish | withdraw`: what a seller without a server leaves with the agent.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{Amount, DeliveryTerms, ItemId, Locale, Offer};

use super::Verdict;
use super::orders::local;
use super::sign_offers::{self, SignCommand};
use crate::app::App;
use crate::catalogue::{Catalogue, IMAGE_PATH, Item, Mistake};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{Offers, Picture};

#[derive(Subcommand)]
pub(super) enum OffersCommand {
    /// Read the catalogue and say everything that is wrong with it
    Check {
        /// Another file than the configured one
        file: Option<PathBuf>,
    },
    /// Sign Offers and leave them with the agent, for a seller without a server; good for
    /// `valid_hours` of the catalogue
    Publish {
        /// Only these items; left out, all of the catalogue
        #[arg(value_parser = item)]
        item: Vec<ItemId>,
        /// With this picture of the one item instead of the catalogue's: PNG, JPEG or WebP, at most
        /// 200 KB and 4096 pixels wide and high
        #[arg(long, value_name = "FILE", requires = "item")]
        picture: Option<PathBuf>,
    },
    /// Take an item's Offer back from the agent
    Withdraw {
        /// Which
        #[arg(value_parser = item)]
        item: ItemId,
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
    match command {
        OffersCommand::Check { file } => check(file.as_ref(), config, as_json, out),
        OffersCommand::Sign(sign) => sign_offers::run(sign, config, as_json, out).await,
        OffersCommand::Publish { item, picture } => {
            if picture.is_some() && item.len() != 1 {
                bail!("--picture belongs to one item; {} are named", item.len());
            }
            leave((item, false), picture.as_deref(), config, as_json, out).await
        }
        OffersCommand::Withdraw { item } => {
            leave((std::slice::from_ref(item), true), None, config, as_json, out).await
        }
    }
}

/// The picture in this file, or in the one that the catalogue names, if pictures are anywhere.
fn picture_of(
    item: Option<&Item>,
    given: Option<&Path>,
    config: &Config,
) -> anyhow::Result<Option<Picture>> {
    let named = || {
        let name = item?.terms().image.as_deref()?.strip_prefix(IMAGE_PATH)?;
        Some(config.images_dir()?.join(name))
    };
    let Some(file) = given.map(Path::to_path_buf).or_else(named) else { return Ok(None) };
    let shown = file.display();
    let bytes = fs::read(&file).with_context(|| shown.to_string())?;
    Picture::read(bytes).map(Some).map_err(|unfit| anyhow::anyhow!("{shown}: {unfit}"))
}

/// Signs the Offers of these items anew and leaves them with the agent, then the picture that they
/// name.
async fn leave(
    (items, is_withdrawn): (&[ItemId], bool),
    given: Option<&Path>,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let app = App::open(config.clone(), Arc::new(SystemClock)).await?;
    let (shop, store, catalogue) = (app.shop(), app.store(), app.shelf().catalogue().await);
    let all = || catalogue.items().map(|(id, _)| id.clone()).collect();
    let items: Vec<ItemId> = if items.is_empty() { all() } else { items.to_vec() };
    let mut left = Vec::new();
    for item in &items {
        let picture = match is_withdrawn {
            true => None,
            false => picture_of(catalogue.item(item), given, config)?,
        };
        let what = (item, is_withdrawn, picture.as_ref());
        let signed = Offers::publish(shop, store, &catalogue, what, app.now()).await;
        let signed = signed.map_err(|failure| anyhow::anyhow!("{item}: {failure}"))?;
        let path = format!("/v1/offers/{}/{item}", shop.merchant);
        if let Err(problem) = app.agent().leave(&path, &signed).await? {
            bail!("{item}: {} ({problem})", problem.text(Locale::En));
        }
        if let Some(picture) = &picture
            && let Err(problem) =
                app.agent().leave_file(&format!("{path}/picture"), picture.bytes()).await?
        {
            bail!("{item}, its picture: {} ({problem})", problem.text(Locale::En));
        }
        let until = local(signed.claimed()?.expires, &config.time_zone);
        match as_json {
            true => left.push(json!({ "item": item.as_str(), "until": until })),
            false => writeln!(out, "✓ {item} until {until}")?,
        }
    }
    store.close().await;
    if as_json {
        writeln!(out, "{}", Value::from(left))?;
    }
    Ok(Verdict::Fine)
}

fn check(
    file: Option<&PathBuf>,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let file = file.cloned().unwrap_or_else(|| config.catalogue.relative());
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

/// Reads an item's id.
pub(super) fn item(text: &str) -> Result<ItemId, String> {
    text.parse().map_err(|_| "1 to 64 letters, digits, - _ .".into())
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
