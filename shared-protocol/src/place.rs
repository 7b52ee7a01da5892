//! Where things are delivered, as far as prices depend on it: ISO 3166 codes.

use alloc::string::String;
use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    id::NotAnId,
    role::{Merchant, VisibleTo},
};

/// A country (ISO 3166-1 alpha-2, `JP`) or a part of one (ISO 3166-2, `JP-13`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

impl VisibleTo<Merchant> for Region {}

impl Region {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its country's two letters.
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// Whether `place` lies in this region: itself, or a part of this country.
    pub fn contains(&self, place: &Self) -> bool {
        self == place || (self.0.len() == 2 && place.country() == self.0)
    }
}

impl FromStr for Region {
    type Err = NotAnId;

    fn from_str(code: &str) -> Result<Self, NotAnId> {
        let (country, part) = match code.split_once('-') {
            Some((country, part)) => (country, Some(part)),
            None => (code, None),
        };
        let country_fits = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
        let part_fits = part.is_none_or(|part| {
            (1..=3).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        });
        (country_fits && part_fits).then(|| Self(code.into())).ok_or(NotAnId)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <String as Deserialize>::deserialize(deserializer)?;
        code.parse().map_err(|_| de::Error::custom("not an ISO 3166 region"))
    }
}

/// Japan's prefectures (ISO 3166-2:JP) in the official order: code, Japanese name, English name.
pub fn prefectures() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    PREFECTURES.split('\n').filter_map(|row| {
        let (code, names) = row.split_once(' ')?;
        let (ja, en) = names.split_once(' ')?;
        Some((code, ja, en))
    })
}

// One text: a table of texts would be twice as much to download.
const PREFECTURES: &str = "\
JP-01 北海道 Hokkaido\n\
JP-02 青森県 Aomori\n\
JP-03 岩手県 Iwate\n\
JP-04 宮城県 Miyagi\n\
JP-05 秋田県 Akita\n\
JP-06 山形県 Yamagata\n\
JP-07 福島県 Fukushima\n\
JP-08 茨城県 Ibaraki\n\
JP-09 栃木県 Tochigi\n\
JP-10 群馬県 Gunma\n\
JP-11 埼玉県 Saitama\n\
JP-12 千葉県 Chiba\n\
JP-13 東京都 Tokyo\n\
JP-14 神奈川県 Kanagawa\n\
JP-15 新潟県 Niigata\n\
JP-16 富山県 Toyama\n\
JP-17 石川県 Ishikawa\n\
JP-18 福井県 Fukui\n\
JP-19 山梨県 Yamanashi\n\
JP-20 長野県 Nagano\n\
JP-21 岐阜県 Gifu\n\
JP-22 静岡県 Shizuoka\n\
JP-23 愛知県 Aichi\n\
JP-24 三重県 Mie\n\
JP-25 滋賀県 Shiga\n\
JP-26 京都府 Kyoto\n\
JP-27 大阪府 Osaka\n\
JP-28 兵庫県 Hyogo\n\
JP-29 奈良県 Nara\n\
JP-30 和歌山県 Wakayama\n\
JP-31 鳥取県 Tottori\n\
JP-32 島根県 Shimane\n\
JP-33 岡山県 Okayama\n\
JP-34 広島県 Hiroshima\n\
JP-35 山口県 Yamaguchi\n\
JP-36 徳島県 Tokushima\n\
JP-37 香川県 Kagawa\n\
JP-38 愛媛県 Ehime\n\
JP-39 高知県 Kochi\n\
JP-40 福岡県 Fukuoka\n\
JP-41 佐賀県 Saga\n\
JP-42 長崎県 Nagasaki\n\
JP-43 熊本県 Kumamoto\n\
JP-44 大分県 Oita\n\
JP-45 宮崎県 Miyazaki\n\
JP-46 鹿児島県 Kagoshima\n\
JP-47 沖縄県 Okinawa";
