//! A seller that says what it likes: with its real private key, past its own server.

use std::{fs, path::Path};

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde_json::Value;
use shared_protocol::{
    Amount, Claim, Currency, Message as _, Receipt, Signed, Timestamp, decode, encode,
};

use crate::{Result, client::SessionKey, client::refusal, server::http};

/// Claims this many yen for an order of `orders list`, signed with the key that lies in a
/// merchant's folder. What is claimed for that purchase now, or `None` if the agent refused.
pub async fn claim(
    agent: &str,
    folder: &Path,
    order: &Value,
    name: &str,
    yen: u64,
) -> Result<Option<u64>> {
    let text = |key: &str| order[key].as_str().with_context(|| format!("no {key}: {order}"));
    let purchase = text("purchase")?;
    let said = Claim {
        merchant: merchant_of(folder)?.parse().map_err(|_| anyhow::anyhow!("not a merchant"))?,
        agent: "agt_demo".parse().map_err(|_| anyhow::anyhow!("not an agent"))?,
        purchase: purchase.parse().map_err(|_| anyhow::anyhow!("not a purchase"))?,
        handling_number: text("handling_number")?
            .parse()
            .map_err(|_| anyhow::anyhow!("not a handling number"))?,
        claim: name.parse().map_err(|_| anyhow::anyhow!("not a name"))?,
        amount: Amount { minor: yen, currency: Currency::JPY },
        shipment: None,
        claimed: Timestamp::from_millis(0),
    };
    let signed = Signed::sign(&said, &key_of(folder)?);
    let answer = http()?
        .put(format!("{agent}/v1/purchases/{purchase}/claims/{name}"))
        .header("content-type", Signed::<Claim>::media_type())
        .body(encode(&signed))
        .send()
        .await?;
    if !answer.status().is_success() {
        refusal(answer).await?;
        return Ok(None);
    }
    let receipt: Signed<Receipt> =
        decode(&answer.bytes().await?).map_err(|e| anyhow::anyhow!("no receipt: {e:?}"))?;
    let receipt = receipt.claimed().map_err(|e| anyhow::anyhow!("no receipt: {e:?}"))?;
    Ok(Some(receipt.claimed.minor))
}

fn key_of(folder: &Path) -> Result<SessionKey> {
    let line = fs::read_to_string(folder.join("data/keys/signing.key"))?;
    let seed = line.split_whitespace().nth(1).context("a key file has two words")?;
    SessionKey::from_seed(&BASE64URL.decode(seed)?)
}

fn merchant_of(folder: &Path) -> Result<String> {
    let config = fs::read_to_string(folder.join("merchant.toml"))?;
    let id = config.split("merchant_id = \"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(id.context("merchant.toml names the merchant")?.to_owned())
}
