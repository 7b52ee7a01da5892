//! The handling number (取扱番号, step 60): 11 random Crockford base-32 symbols and a check symbol
//! (Luhn mod 32), shown 4-4-4. For people; never accepted without its Grant.

use alloc::string::String;
use core::{fmt, str::FromStr};

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{CROCKFORD, NotAnId, crockford_value};

/// Names one granted purchase between shopper, merchant and agent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandlingNumber([u8; 12]);

impl HandlingNumber {
    /// A fresh one: 55 random bits.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut random = [0; PAYLOAD];
        rng.fill_bytes(&mut random);
        Self::from_values(random.map(|byte| byte & 31))
    }

    /// Its twelve symbols without hyphens, as stored and as in a JWS.
    pub fn compact(&self) -> String {
        self.0.iter().map(|symbol| char::from(*symbol)).collect()
    }

    fn from_values(values: [u8; PAYLOAD]) -> Self {
        let mut symbols = [0; PAYLOAD + 1];
        for (symbol, value) in symbols.iter_mut().zip(values) {
            *symbol = CROCKFORD[usize::from(value)];
        }
        symbols[PAYLOAD] = CROCKFORD[usize::from(check_value(&values))];
        Self(symbols)
    }
}

impl fmt::Display for HandlingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, symbol) in self.0.iter().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*symbol))?;
        }
        Ok(())
    }
}

impl fmt::Debug for HandlingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandlingNumber({}…)", char::from(self.0[0]))
    }
}

impl FromStr for HandlingNumber {
    type Err = NotAnId;

    /// Reads it as a person would write it: any case, hyphens and spaces anywhere, O for 0 and
    /// I or L for 1 (Crockford). A wrong check symbol refuses it.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut values = [0; PAYLOAD + 1];
        let mut count = 0;
        for symbol in text.bytes().filter(|b| !matches!(b, b'-' | b' ')) {
            let forgiven = match symbol.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            *values.get_mut(count).ok_or(NotAnId)? = crockford_value(forgiven).ok_or(NotAnId)?;
            count += 1;
        }
        let payload = values.first_chunk::<PAYLOAD>().ok_or(NotAnId)?;
        let sound = count == PAYLOAD + 1 && check_value(payload) == values[PAYLOAD];
        sound.then(|| Self::from_values(*payload)).ok_or(NotAnId)
    }
}

impl Serialize for HandlingNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.compact())
    }
}

impl<'de> Deserialize<'de> for HandlingNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        let number: Self = text.parse().map_err(|_| de::Error::custom("not a handling number"))?;
        let canonical = number.compact() == text;
        canonical.then_some(number).ok_or_else(|| de::Error::custom("not its canonical form"))
    }
}

/// Luhn mod N with N = 32: doubles every other value from the right, adds the base-32 digits.
fn check_value(payload: &[u8; PAYLOAD]) -> u8 {
    let sum: u8 = payload
        .iter()
        .rev()
        .enumerate()
        .map(|(at, value)| {
            let weighed = if at % 2 == 0 { value * 2 } else { *value };
            weighed / 32 + weighed % 32
        })
        .fold(0, |sum, digit| (sum + digit) % 32);
    (32 - sum) % 32
}

const PAYLOAD: usize = 11;
