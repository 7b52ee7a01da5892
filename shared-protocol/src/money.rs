//! Money: integer minor units with an ISO 4217 currency, checked arithmetic, no floats.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::NotAnId;

/// So much of one currency, in its minor unit (¥3,300 is 3300 JPY; $12.34 is 1234 USD).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Amount {
    /// Minor units; never negative, at most [`Amount::MINOR_MAX`].
    pub minor: u64,
    /// Of this currency.
    pub currency: Currency,
}

impl Amount {
    /// The most that one amount may be: far beyond any purchase, safe in a signed 64-bit column
    /// and exact in a JSON number.
    pub const MINOR_MAX: u64 = 9_007_199_254_740_991;

    /// So many minor units of a currency; `None` above [`Amount::MINOR_MAX`].
    pub const fn new(minor: u64, currency: Currency) -> Option<Self> {
        if minor > Self::MINOR_MAX { None } else { Some(Self { minor, currency }) }
    }

    /// The sum; `None` if currencies differ or it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Self::new(self.minor.checked_add(other.minor)?, self.currency)
    }

    /// So many times this amount; `None` if it does not fit.
    pub fn times(self, count: u32) -> Option<Self> {
        Self::new(self.minor.checked_mul(u64::from(count))?, self.currency)
    }

    /// The part of this tax-inclusive amount that is tax at `rate`, rounded down
    /// (Japan's usual rounding of consumption tax, 消費税法 基本通達). Never `None` for an amount
    /// within [`Amount::MINOR_MAX`].
    pub fn tax_included(self, rate: BasisPoints) -> Option<Self> {
        let rate = u64::from(rate.0);
        let whole = rate.checked_add(10_000)?;
        // Divided before it is multiplied, so that no product leaves 64 bits.
        let (times, rest) = (self.minor / whole, self.minor % whole);
        let tax = times.checked_mul(rate)?.checked_add(rest.checked_mul(rate)? / whole)?;
        Self::new(tax, self.currency)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(deserialize_with = "minor")]
            minor: u64,
            currency: Currency,
        }
        let Wire { minor, currency } = Wire::deserialize(deserializer)?;
        Ok(Self { minor, currency })
    }
}

/// Reads minor units that an amount may have.
pub(crate) fn minor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let minor = u64::deserialize(deserializer)?;
    match minor <= Amount::MINOR_MAX {
        true => Ok(minor),
        false => Err(de::Error::custom("more than an amount may be")),
    }
}

/// Hundredths of a percent: 1000 is 10 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BasisPoints(pub u16);

/// An ISO 4217 currency that has a minor unit; on the wire its three letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The yen, which has no smaller unit.
    pub const JPY: Self = Self(*b"JPY");

    /// The three letters.
    pub fn code(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Decimal places of the minor unit: 0 for JPY, 2 for USD, 3 for KWD.
    pub fn exponent(self) -> u16 {
        let found = NOT_TWO_DECIMALS.iter().find(|(codes, _)| codes.contains(&self.0));
        found.map_or(2, |(_, exponent)| *exponent)
    }
}

/// ISO 4217 table A.1 as far as it does not say 2. A test holds it against the whole list, which
/// the browser need not download.
static NOT_TWO_DECIMALS: [(&[[u8; 3]], u16); 3] = [
    (
        &[
            *b"BIF", *b"CLP", *b"DJF", *b"GNF", *b"ISK", *b"JPY", *b"KMF", *b"KRW", *b"PYG",
            *b"RWF", *b"UGX", *b"UYI", *b"VND", *b"VUV", *b"XAF", *b"XOF", *b"XPF",
        ],
        0,
    ),
    (&[*b"BHD", *b"IQD", *b"JOD", *b"KWD", *b"LYD", *b"OMR", *b"TND"], 3),
    (&[*b"CLF", *b"UYW"], 4),
];

impl FromStr for Currency {
    type Err = NotAnId;

    fn from_str(code: &str) -> Result<Self, NotAnId> {
        let letters = code.as_bytes().try_into().map_err(|_| NotAnId)?;
        if has_minor_unit(code) { Ok(Self(letters)) } else { Err(NotAnId) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn has_minor_unit(code: &str) -> bool {
    iso_currency::Currency::from_code(code).is_some_and(|known| known.exponent().is_some())
}

/// In the browser only the form is checked: what is decoded there was signed by a server that
/// knows the list.
#[cfg(target_arch = "wasm32")]
fn has_minor_unit(code: &str) -> bool {
    code.bytes().all(|letter| letter.is_ascii_uppercase())
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <&str as Deserialize>::deserialize(deserializer)?;
        code.parse().map_err(|_| de::Error::custom("not an ISO 4217 currency with a minor unit"))
    }
}
