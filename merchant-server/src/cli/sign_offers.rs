//! `offers sign`: writes signed Offers as files, for a shop whose web server holds no key. Beside
//! them a list by digest, from which the shop works out what an order costs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use shared_protocol::{DeliveryTerms, Message as _, Offer, Signed, Span, Timestamp, encode};

use super::Verdict;
use crate::catalogue::Catalogue;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::keys::{Keyring, public_text};
use crate::store::Store;

/// Sign an Offer of each item, on the machine where the key is
#[derive(Args)]
pub(super) struct SignCommand {
    /// Into this folder; a web server shows its files below /warifu/v1/offers/
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Good for so many days
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

pub(super) async fn run(
    command: &SignCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let file = config.catalogue.relative();
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let Ok(catalogue) = Catalogue::read(&text, &config.merchant_id) else {
        bail!("{} has mistakes: see `offers check`", file.display());
    };
    let keys = Keyring::load(&config.keys_dir())?;
    let now = SystemClock.now();
    let days = Span::hours(24 * i64::from(command.days));
    fs::create_dir_all(&command.out)?;
    // What is signed is kept: `orders enter` looks it up.
    let store = Store::open(&config.database_url()).await.context("opening the database")?;
    let mut tx = store.begin("sign_offers", now).await?;
    let mut listed = Vec::new();
    for (id, item) in catalogue.items() {
        let Some(offer) = item.offer_for(now, days) else { continue };
        let signed = Signed::sign(&offer, &keys);
        fs::write(command.out.join(id.as_str()), encode(&signed))?;
        tx.keep_offer(&signed, &offer).await?;
        listed.push(entry(&offer, &signed));
        if !as_json {
            writeln!(out, "✓ {id}  until {}", offer.expires.as_secs())?;
        }
    }
    tx.commit().await?;
    store.close().await;
    let list = command.out.join(LIST);
    listed.extend(still_good(&list, now, &listed));
    let document = json!({
        "merchant": config.merchant_id.as_str(),
        "media_type": Signed::<Offer>::media_type(),
        "offers": listed,
    });
    fs::write(list, format!("{document:#}\n"))?;
    if as_json {
        writeln!(out, "{document}")?;
    }
    Ok(Verdict::Fine)
}

/// All that an order of this Offer is held against.
fn entry(offer: &Offer, signed: &Signed<Offer>) -> Value {
    let delivery = match &offer.delivery {
        DeliveryTerms::Intangible => Value::Null,
        DeliveryTerms::Physical { zones, free_from } => {
            let zone = |zone: &shared_protocol::ShippingZone| {
                let regions: Vec<_> = zone.regions.iter().map(|region| region.as_str()).collect();
                json!({ "regions": regions, "fee": zone.fee.minor })
            };
            let zones: Vec<_> = zones.iter().map(zone).collect();
            json!({ "zones": zones, "free_from": free_from.map(|from| from.minor) })
        }
    };
    json!({
        "item": offer.item.as_str(),
        "digest": public_text(signed.digest().as_bytes()),
        "expires": offer.expires.as_secs(),
        "name": { "ja": offer.name.ja, "en": offer.name.en },
        "unit_price": offer.unit_price.minor,
        "currency": offer.unit_price.currency.code(),
        "quantity": { "min": offer.quantity.min, "max": offer.quantity.max },
        "delivery": delivery,
    })
}

/// Offers of before that shoppers may still have on their screens.
fn still_good(list: &Path, now: Timestamp, new: &[Value]) -> Vec<Value> {
    let before = fs::read(list).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    let before = before.and_then(|mut before| Some(before["offers"].as_array_mut()?.split_off(0)));
    let is_good = |entry: &Value| {
        let lasts = entry["expires"].as_i64().is_some_and(|end| now.as_secs() < end);
        lasts && new.iter().all(|new| new["digest"] != entry["digest"])
    };
    before.unwrap_or_default().into_iter().filter(is_good).collect()
}

const LIST: &str = "offers.json";
