//! Web origins that operators register: where a merchant's widget may appear.

use shared_protocol::MerchantId;

use super::{Merchant, lookalike};
use crate::store::{Fault, Store};

/// Why an origin is not registered.
#[derive(Debug, thiserror::Error)]
pub enum OriginFault {
    /// It is none.
    #[error("{0}: an origin is https://host or https://host:port, lower case, no path")]
    Form(String),
    /// It could be taken for another merchant's.
    #[error("{0} could be taken for {1} of {2}")]
    LooksLike(String, String, MerchantId),
    /// Orders would be handed over to an address that is on none of them.
    #[error("{0}: orders are handed over on a registered origin: {1}")]
    HandOver(String, String),
    /// The database.
    #[error(transparent)]
    Store(#[from] Fault),
}

/// Scheme, host, port, nothing more (RFC 6454 §6.2): compared letter by letter with a browser's.
///
/// # Errors
/// [`OriginFault::Form`].
pub fn check_form(origin: &str) -> Result<(), OriginFault> {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
    let sound = rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain));
    sound.then_some(()).ok_or_else(|| OriginFault::Form(origin.to_owned()))
}

/// An origin that could be taken for another merchant's is nobody's to register.
///
/// # Errors
/// [`OriginFault::LooksLike`], [`OriginFault::Store`].
pub async fn check_nobody_elses(
    store: &Store,
    origin: &str,
    merchant: &MerchantId,
) -> Result<(), OriginFault> {
    for other in store.merchants().await?.iter().filter(|other| other.id != *merchant) {
        if let Some(known) = lookalike::of(origin, other.origins.iter().map(String::as_str)) {
            let (origin, known) = (origin.to_owned(), known.to_owned());
            return Err(OriginFault::LooksLike(origin, known, other.id.clone()));
        }
    }
    Ok(())
}

/// A form that left for anywhere else would hand the shopper's address to a stranger.
///
/// # Errors
/// [`OriginFault::HandOver`].
pub fn check_hand_over(merchant: &Merchant) -> Result<(), OriginFault> {
    let Some(address) = merchant.hand_over.as_deref() else { return Ok(()) };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:[]".contains(&b);
    let origin = origin_of(address).filter(|_| address.bytes().all(plain));
    let is_own = origin.is_some_and(|origin| merchant.origins.iter().any(|own| own == origin));
    let known = || OriginFault::HandOver(address.to_owned(), merchant.origins.join(", "));
    is_own.then_some(()).ok_or_else(known)
}

/// The origin of an address (RFC 6454 §6.2), if it can stand in a policy as it is.
pub fn origin_of(address: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|s| address.starts_with(s))?;
    let rest = &address[scheme.len()..];
    let authority = &rest[..rest.find('/').unwrap_or(rest.len())];
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".:-[]".contains(&b);
    let is_plain = !authority.is_empty() && authority.bytes().all(plain);
    is_plain.then(|| &address[..scheme.len() + authority.len()])
}
