//! Names as Japanese banks write them: half-width kana, capitals, digits and a few signs, one byte
//! each (JIS X 0201). What people type is brought to it; kanji and all else is refused.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// A name in half-width kana.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kana(String);

impl Kana {
    /// The most bytes that the name of a payee has (受取人名).
    pub const PAYEE: usize = 30;
    /// The most bytes that our own has (振込依頼人名).
    pub const CLIENT: usize = 40;

    /// Brings a text to half-width kana of so many bytes at most: hiragana and full-width forms
    /// become half-width, small kana large, ー a hyphen (全銀協 使用可能文字).
    ///
    /// # Errors
    /// [`KanaFault`] with what cannot be written.
    pub fn new(text: &str, most: usize) -> Result<Self, KanaFault> {
        let mut written = String::new();
        // Compatibility decomposition makes half-width forms full-width, and parts kana from
        // their voiced marks.
        let marks = |symbol| match symbol {
            '゛' => '\u{3099}',
            '゜' => '\u{309a}',
            other => other,
        };
        for symbol in text.trim().chars().map(marks).nfkd() {
            let half = half_width(symbol).ok_or(KanaFault::Symbol(symbol))?;
            let before = written.chars().last();
            let is_lost = match half {
                'ﾞ' => !before.is_some_and(|kana| VOICED.contains(kana)),
                'ﾟ' => !before.is_some_and(|kana| HALF_VOICED.contains(kana)),
                _ => false,
            };
            if is_lost {
                return Err(KanaFault::Symbol(half));
            }
            written.push(half);
        }
        match written.chars().count() {
            0 => Err(KanaFault::Empty),
            length if length > most => Err(KanaFault::Long(most)),
            _ => Ok(Self(written)),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One byte for each symbol.
    pub fn bytes(&self) -> Vec<u8> {
        let (bytes, ..) = encoding_rs::SHIFT_JIS.encode(&self.0);
        bytes.into_owned()
    }
}

impl fmt::Display for Kana {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a name cannot be written in half-width kana.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KanaFault {
    /// There is none.
    #[error("the name is missing")]
    Empty,
    /// Banks take no more.
    #[error("the name has more than {0} symbols; a voiced mark counts")]
    Long(usize),
    /// Not in JIS X 0201, or not taken by banks.
    #[error("{0} cannot be written in half-width kana")]
    Symbol(char),
}

fn half_width(symbol: char) -> Option<char> {
    let katakana = match symbol {
        'ぁ'..='ん' => char::from_u32(u32::from(symbol) + 0x60)?,
        _ => symbol,
    };
    match katakana {
        '0'..='9' | 'A'..='Z' | ' ' | '(' | ')' | '-' | '.' | ',' | '/' => Some(katakana),
        'a'..='z' => Some(katakana.to_ascii_uppercase()),
        'ー' | '‐' | '‑' | '–' | '—' | '−' => Some('-'),
        '・' => Some('.'),
        '「' => Some('｢'),
        '」' => Some('｣'),
        '\u{3099}' => Some('ﾞ'),
        '\u{309a}' => Some('ﾟ'),
        _ => {
            let at = FULL.chars().position(|full| full == katakana)?;
            HALF.chars().nth(at)
        }
    }
}

const FULL: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨ\
                    ラリルレロワヲンァィゥェォッャュョ";
const HALF: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖ\
                    ﾗﾘﾙﾚﾛﾜｦﾝｱｲｳｴｵﾂﾔﾕﾖ";
const VOICED: &str = "ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ";
const HALF_VOICED: &str = "ﾊﾋﾌﾍﾎ";
