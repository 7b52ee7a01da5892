//! The question to the shopper, "is this order yours?" (step 64), and the token in its link. The
//! token is derived from the pepper, so the database holds nothing that could answer for them.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ring::digest::{SHA256, digest};
use shared_protocol::{
    Amount, Date, HandlingNumber, Locale, Localized, MerchantId, NotAnId, PurchaseId,
    PurchaseState, Timestamp,
};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::plan::Bill;
use crate::keys::AgentKeyring;

/// All that the confirmation page and the letters say of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The purchase.
    pub purchase: PurchaseId,
    /// How it stands: `Accepted` while the question is open.
    pub state: PurchaseState,
    /// Its number.
    pub handling_number: HandlingNumber,
    /// The merchant.
    pub merchant: MerchantId,
    /// The shop's name.
    pub merchant_name: Localized,
    /// The goods; empty where the agent saw only their digest.
    pub item_name: Localized,
    /// How many.
    pub quantity: u32,
    /// What will be paid to the merchant.
    pub amount: Amount,
    /// What the shopper will owe for it, and when.
    pub bill: Bill,
    /// The last two digits of the contract number.
    pub contract_tail: String,
    /// Until when it can be answered.
    pub deadline: Timestamp,
    /// The day on which the bank sends the money, where it was answered with yes and has to wait.
    pub scheduled: Option<Date>,
    /// The shopper's language.
    pub locale: Locale,
}

/// 128 bits that answer for the shopper: in the link of one mail, stored nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfirmationToken(Zeroizing<[u8; 16]>);

/// SHA-256 (FIPS 180-4) of a token: what the database holds of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenDigest(pub [u8; 32]);

impl ConfirmationToken {
    /// The token of a purchase: the same whenever its letter is written again.
    pub fn of(purchase: &PurchaseId, keys: &AgentKeyring) -> Self {
        let [token, _] = Self::by_both(purchase, keys);
        token
    }

    /// Under both peppers while they are rotated, else the same twice.
    pub fn by_both(purchase: &PurchaseId, keys: &AgentKeyring) -> [Self; 2] {
        keys.keyed_hashes("confirmation-token", &[purchase.as_bytes()]).map(|hash| {
            let mut token = [0; 16];
            token.copy_from_slice(&hash[..16]);
            Self(Zeroizing::new(token))
        })
    }

    /// What the database holds of it.
    pub fn digest(&self) -> TokenDigest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, &*self.0).as_ref());
        TokenDigest(bytes)
    }

    /// As it stands in the link, base64url.
    pub fn expose(&self) -> String {
        BASE64URL.encode(*self.0)
    }
}

/// Six digits in the same mail, for whoever reads it on another device (Fig 13). Derived as the
/// token is, stored nowhere.
#[derive(Clone)]
pub struct ConfirmationCode(Zeroizing<String>);

impl ConfirmationCode {
    /// The code of a purchase under both peppers while they are rotated, else the same twice.
    pub fn by_both(purchase: &PurchaseId, keys: &AgentKeyring) -> [Self; 2] {
        keys.keyed_hashes("confirmation-code", &[purchase.as_bytes()]).map(|hash| {
            let mut first = [0; 8];
            first.copy_from_slice(&hash[..8]);
            Self(Zeroizing::new(format!("{:06}", u64::from_be_bytes(first) % 1_000_000)))
        })
    }

    /// Whether this was typed, in whatever width and with whatever between the digits.
    pub fn is(&self, typed: &str) -> bool {
        let digits: Zeroizing<String> = Zeroizing::new(typed.chars().filter_map(digit).collect());
        self.0.as_bytes().ct_eq(digits.as_bytes()).into()
    }

    /// As it stands in the mail.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// An ASCII digit, also for a full-width one.
fn digit(typed: char) -> Option<char> {
    match typed {
        '0'..='9' => Some(typed),
        '０'..='９' => char::from_u32(u32::from(typed) - u32::from('０') + u32::from('0')),
        _ => None,
    }
}

/// So many wrong codes, and only the link answers the question.
pub const WRONG_CODES_MAX: u32 = 5;

impl FromStr for ConfirmationToken {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = Zeroizing::new(BASE64URL.decode(text).map_err(|_| NotAnId)?);
        let token: [u8; 16] = bytes.as_slice().try_into().map_err(|_| NotAnId)?;
        Ok(Self(Zeroizing::new(token)))
    }
}

impl fmt::Debug for ConfirmationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfirmationToken(…)")
    }
}
