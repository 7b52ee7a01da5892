//! What the browser says of the page that asked (WebAuthn Level 3 §5.8.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use serde::Deserialize;

use crate::RelyingParty;

/// Where a passkey may be asked for.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// In a page of ours that is alone in its window.
    OurPage,
    /// There, or in our frame inside a page of these origins: those that a merchant's Mark lists.
    Checkout(&'a [String]),
}

/// The challenge that client data says it answers; not checked yet.
pub fn challenge_in(json: &[u8]) -> Option<Vec<u8>> {
    let data = serde_json::from_slice::<ClientData>(json).ok()?;
    BASE64URL.decode(data.challenge).ok()
}

/// The part of the collected client data that decides.
#[derive(Deserialize)]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// Whether the client data is of this kind, for this challenge, from a page where it may be
/// (§7.1 steps 5–11, §7.2 steps 8–14; the shop's origin is TRUST.md D5). Members that are not
/// known are passed over, as §5.8.1.2 asks.
pub(crate) fn is_ours(
    json: &[u8],
    kind: &str,
    challenge: &[u8],
    party: &RelyingParty,
    place: Place<'_>,
) -> bool {
    let Ok(data) = serde_json::from_slice::<ClientData>(json) else { return false };
    let answers = BASE64URL.decode(&data.challenge).is_ok_and(|bytes| bytes == challenge);
    data.r#type == kind && answers && data.origin == party.origin && data.is_at(place)
}

impl ClientData {
    /// Browsers that name no top origin are told apart from our own pages by `crossOrigin`, and
    /// refused: nothing would say which shop it was.
    fn is_at(&self, place: Place<'_>) -> bool {
        match (self.cross_origin, &self.top_origin, place) {
            (false, None, _) => true,
            (true, Some(top), Place::Checkout(shops)) => shops.iter().any(|shop| shop == top),
            _ => false,
        }
    }
}
