//! Who buys what, where: the same for every system. What the shopper says about themselves occurs
//! nowhere else, so it can be found again wherever it went.

use rand_core::TryRng as _;

use crate::{leak::Marker, randomness::Entropy};

/// Where one can buy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seller {
    /// The tea shop.
    Tea,
    /// The pottery.
    Pottery,
}

/// One thing bought once.
#[derive(Clone, Copy, Debug)]
pub struct Purchase {
    /// Where.
    pub seller: Seller,
    /// What.
    pub item: &'static str,
    /// Whether it can be carried.
    pub is_carried: bool,
    /// For how many yen, delivered to Tokyo.
    pub price: u64,
}

/// What is bought: goods at two sellers, and a service.
pub const PURCHASES: [Purchase; 3] = [
    Purchase { seller: Seller::Tea, item: "TEAPOT-01", is_carried: true, price: 3850 },
    Purchase { seller: Seller::Pottery, item: "TEAPOT-01", is_carried: true, price: 3850 },
    Purchase { seller: Seller::Tea, item: "TEA-CLASS-01", is_carried: false, price: 2200 },
];

/// What can be learned of a shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Datum {
    /// What they are called.
    Name,
    /// Where they live.
    Address,
    /// Their telephone number.
    Telephone,
    /// Their e-mail address.
    Mail,
    /// What they buy.
    Goods,
    /// The number that pays: of a card, a contract, an account.
    Number,
    /// What is said along with that number so that it counts.
    Secret,
}

/// Somebody who buys, and what they type, by the names of the widget's fields.
pub struct Shopper {
    typed: Vec<(&'static str, String, Datum)>,
}

impl Shopper {
    /// Somebody who was never here before.
    pub fn random() -> Self {
        let kana = |n: usize| (0..n).map(|_| KANA[below(KANA.len())]).collect::<String>();
        let kanji = |n: usize| (0..n).map(|_| KANJI[below(KANJI.len())]).collect::<String>();
        let digits = |n: usize| (0..n).map(|_| char::from(b'1' + below(8) as u8));
        let number = |begin: &str, n: usize| begin.chars().chain(digits(n)).collect::<String>();
        let typed = vec![
            ("contact.name", kanji(6), Datum::Name),
            ("contact.kana", kana(8), Datum::Name),
            // Twelve digits in a row would be a card's number one time in ten.
            (
                "contact.email",
                format!("{}{}@example.jp", number("m", 6), number("k", 6)),
                Datum::Mail,
            ),
            ("contact.phone", number("090", 8), Datum::Telephone),
            ("delivery.postal_code", number("1", 6), Datum::Address),
            ("delivery.region", "JP-13".into(), Datum::Address),
            ("delivery.locality", kanji(6), Datum::Address),
            ("delivery.line1", kanji(6), Datum::Address),
            ("delivery.line2", kanji(6), Datum::Address),
            ("payment.contract_number", number("C4839", 8), Datum::Number),
            ("payment.code", number("", 8), Datum::Secret),
        ];
        Self { typed }
    }

    /// What they type to order this: who they are and, if it is carried, where it goes.
    pub fn order(&self, purchase: &Purchase) -> Vec<(&'static str, &str)> {
        let is_asked = |name: &str| {
            name.starts_with("contact.") || (purchase.is_carried && name.starts_with("delivery."))
        };
        self.named(is_asked)
    }

    /// What they type to pay: number and secret.
    pub fn payment(&self) -> Vec<(&'static str, &str)> {
        self.named(|name| name.starts_with("payment."))
    }

    /// One of their fields.
    pub fn value(&self, name: &str) -> &str {
        let typed = self.typed.iter().find(|(field, ..)| *field == name);
        &typed.expect("a shopper has every field").1
    }

    /// By what each datum is found again. A prefecture is shared by too many to be found.
    pub fn markers(&self) -> Vec<(Datum, Marker)> {
        let told_apart = self.typed.iter().filter(|(name, ..)| *name != "delivery.region");
        let mut markers: Vec<_> =
            told_apart.map(|(name, value, datum)| (*datum, Marker::new(name, value))).collect();
        let items = PURCHASES.map(|purchase| (Datum::Goods, Marker::new("item", purchase.item)));
        markers.extend(items);
        markers
    }

    fn named(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&'static str, &str)> {
        let wanted = self.typed.iter().filter(|(name, ..)| wanted(name));
        wanted.map(|(name, value, _)| (*name, value.as_str())).collect()
    }
}

fn below(most: usize) -> usize {
    Entropy::new().try_next_u32().expect("randomness") as usize % most
}

const KANJI: &[char] = &['鷹', '鯉', '蘭', '椿', '梅', '霧', '嵐', '暁', '鶴', '亀', '霞', '雫'];
const KANA: &[char] = &['ア', 'ケ', 'ソ', 'テ', 'ヌ', 'ヘ', 'ミ', 'ユ', 'ロ', 'ワ'];
