//! `placements propose | agree | end`: seller and host agree on a window of the seller's in the
//! host's pages (¶79–80). What one signs goes to the other as one line of text, by any way.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{
    Digest, ItemId, Locale, MerchantId, Placement, Problem, Signed, Span, decode, encode,
};

use super::Verdict;
use super::offers::item;
use super::orders::{local, show};
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::domain::{agree, end, propose};

#[derive(Subcommand)]
pub(super) enum PlacementsCommand {
    /// As the seller: sign in which pages of a host your window may stand, for the host to agree
    Propose {
        /// The host, mrc_…
        #[arg(long, value_parser = merchant)]
        host: MerchantId,
        /// A web origin of the host's, for example https://host.example; may be given several times
        #[arg(long, required = true)]
        origin: Vec<String>,
        /// Only this item; may be given several times; left out, all of yours
        #[arg(long, value_parser = item)]
        item: Vec<ItemId>,
        /// For so many days from now
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// As the host: sign what a seller proposes, and hand it in to the agent
    Agree {
        /// What `propose` printed
        placement: String,
    },
    /// As either: end a placement at once
    End {
        /// Its digest, as `propose` and `agree` print it
        digest: String,
    },
}

pub(super) async fn run(
    command: &PlacementsCommand,
    config: &Config,
    as_json: bool,
    out: &mut impl Write,
) -> anyhow::Result<Verdict> {
    let app = App::open(config.clone(), Arc::new(SystemClock)).await?;
    let document = match command {
        PlacementsCommand::Propose { host, origin, item, days } => {
            let now = app.now();
            let until = now.plus(Span::hours(i64::from(*days) * 24));
            let where_and_what = (origin.clone(), item.clone());
            let signed = propose(app.shop(), host.clone(), where_and_what, (now, until));
            let mut document = shown(&signed, config)?;
            document["placement"] = BASE64URL.encode(encode(&signed)).into();
            document
        }
        PlacementsCommand::Agree { placement } => {
            let bytes = BASE64URL.decode(placement.trim()).ok();
            let signed: Option<Signed<Placement>> = bytes.and_then(|bytes| decode(&bytes).ok());
            let signed = signed.context("this is not what `placements propose` printed")?;
            let document = shown(&signed, config)?;
            let agreement = agree(app.shop(), signed).map_err(told)?;
            app.agent().leave("/v1/placements", &agreement).await?.map_err(told)?;
            document
        }
        PlacementsCommand::End { digest } => {
            let bytes = BASE64URL.decode(digest.trim()).ok();
            let parsed = bytes.and_then(|bytes| Digest::try_from(bytes.as_slice()).ok());
            let Some(parsed) = parsed else { bail!("{digest} is no digest of a placement") };
            let said = end(app.shop(), parsed, app.now());
            app.agent().leave("/v1/placements/end", &said).await?.map_err(told)?;
            json!({ "digest": digest.trim(), "ended": local(app.now(), &config.time_zone) })
        }
    };
    app.store().close().await;
    if as_json {
        writeln!(out, "{document}")?;
    } else {
        show("", &document, out)?;
    }
    Ok(Verdict::Fine)
}

fn shown(signed: &Signed<Placement>, config: &Config) -> anyhow::Result<Value> {
    let placement = signed.claimed().map_err(told)?;
    let zone = &config.time_zone;
    Ok(json!({
        "digest": BASE64URL.encode(signed.digest().as_bytes()),
        "seller": placement.seller.as_str(),
        "host": placement.host.as_str(),
        "origins": placement.origins,
        "items": placement.items.iter().map(ItemId::as_str).collect::<Vec<_>>(),
        "from": local(placement.valid_from, zone),
        "until": local(placement.valid_until, zone),
    }))
}

fn merchant(text: &str) -> Result<MerchantId, String> {
    text.parse().map_err(|_| "an id is mrc_ and a-z 0-9 _".into())
}

fn told(problem: Problem) -> anyhow::Error {
    anyhow::anyhow!("{} ({problem})", problem.text(Locale::En))
}
