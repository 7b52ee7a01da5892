//! The fields of the form: name, `autocomplete` token, who will see it, and the rules that the
//! browser and both servers share. What is full-width, hyphenated or spaced is put right silently.

use alloc::string::{String, ToString};

use crate::{
    card,
    locale::{Locale, fill},
    place::prefectures,
    role::Role,
    rows::{place, row, rows},
};

macro_rules! fields {
    ($($field:ident $name:literal $autocomplete:literal $reader:ident $max:literal $required:literal
       $ja:literal $en:literal;)*) => {
        /// One field of the form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = $en] $field,)*
        }

        impl Field {
            /// All of them, in the order of the form.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            /// The one party that will see it.
            pub const fn reader(self) -> Role {
                match self { $(Self::$field => Role::$reader,)* }
            }

            /// At most this many characters, once normalised.
            pub const fn chars_max(self) -> usize {
                match self { $(Self::$field => $max,)* }
            }

            /// Whether it must be filled.
            pub const fn is_required(self) -> bool {
                match self { $(Self::$field => $required,)* }
            }
        }

        const NAMES: &str = rows!($($name)*);
        const AUTOCOMPLETE: &str = rows!($($autocomplete)*);
        const LABELS_JA: &str = rows!($($ja)*);
        const LABELS_EN: &str = rows!($($en)*);
    };
}

fields! {
    ContactName "contact.name" "name" Merchant 64 true "お名前" "Name";
    ContactKana "contact.kana" "off" Merchant 64 false "フリガナ" "Name in kana";
    ContactEmail "contact.email" "email" Merchant 254 true "メールアドレス" "E-mail";
    ContactPhone "contact.phone" "tel" Merchant 16 true "電話番号" "Phone";
    DeliveryName "delivery.name" "shipping name" Merchant 64 false "お届け先のお名前" "Recipient";
    DeliveryPostalCode "delivery.postal_code" "shipping postal-code" Merchant 12 true
        "郵便番号" "Postal code";
    DeliveryRegion "delivery.region" "shipping address-level1" Merchant 6 true
        "都道府県" "Prefecture";
    DeliveryLocality "delivery.locality" "shipping address-level2" Merchant 64 true
        "市区町村" "City";
    DeliveryLine1 "delivery.line1" "shipping address-line1" Merchant 128 true
        "番地" "Street address";
    DeliveryLine2 "delivery.line2" "shipping address-line2" Merchant 128 false
        "建物名・部屋番号" "Building, room";
    DeliveryPhone "delivery.phone" "shipping tel" Merchant 16 false
        "お届け先の電話番号" "Phone at delivery";
    DeliveryCountry "delivery.country" "shipping country" Merchant 2 true "国" "Country";
    PaymentContractNumber "payment.contract_number" "off" Agent 13 true
        "契約番号" "Contract number";
    PaymentCode "payment.code" "off" Agent 8 true "認証コード" "Code";
    PaymentPlan "payment.plan" "off" Agent 20 true "支払方法" "Payment plan";
}

impl Field {
    /// Its `name` in the form and in problem documents.
    pub fn name(self) -> &'static str {
        row(NAMES, self as usize)
    }

    /// Its `autocomplete` token (HTML, autofill field names).
    pub fn autocomplete(self) -> &'static str {
        row(AUTOCOMPLETE, self as usize)
    }

    /// Its label.
    pub fn label(self, locale: Locale) -> &'static str {
        row(locale.pick(LABELS_JA, LABELS_EN), self as usize)
    }

    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.get(place(NAMES, name)?).copied()
    }
}

/// What is wrong with what was typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldProblem {
    /// Nothing was typed.
    Missing,
    /// More characters than fit; carries the most that fit.
    TooLong(usize),
    /// A character that cannot be there (control, direction mark, emoji in a number …).
    BadCharacter,
    /// Not so many digits as there must be: wanted, found.
    WrongDigits(usize, usize),
    /// Not an e-mail address.
    NotEmail,
    /// Not a telephone number.
    NotPhone,
    /// Not katakana.
    NotKana,
    /// Not one of the choices.
    NotAChoice,
    /// Not a letter and twelve digits.
    NotContractNumber,
    /// Twelve digits without the letter in front.
    PrefixMissing,
    /// Not 4 to 8 digits.
    NotCode,
    /// A payment card's number, which must not be typed here at all.
    CardNumber,
    /// The shop does not deliver there.
    NotDeliverable,
    /// Not recognised by the agent: the number or the code is wrong.
    NotRecognised,
    /// The way of paying is not accepted.
    PlanNotAccepted,
}

macro_rules! field_problems {
    ($($at:literal $problem:pat, $code:literal $ja:literal $en:literal;)*) => {
        impl FieldProblem {
            /// Its row in [`FieldProblem::texts`].
            pub const fn place(self) -> usize {
                match self { $($problem => $at,)* }
            }
        }

        const CODES: &str = rows!($($code)*);
        const TEXTS_JA: &str = rows!($($ja)*);
        const TEXTS_EN: &str = rows!($($en)*);
    };
}

// `{name}` stands for a value.
field_problems! {
    0 Self::Missing, "missing"
        "{label}を入力してください。" "{label}: please fill this in.";
    1 Self::TooLong(_), "too_long"
        "{label}は{want}文字以内で入力してください。" "{label}: at most {want} characters.";
    2 Self::BadCharacter, "bad_character"
        "{label}に使えない文字が含まれています。"
        "{label}: it contains a character that cannot be used.";
    3 Self::WrongDigits(_, 0), "wrong_digits"
        "{label}は{want}桁です。" "{label}: {want} digits.";
    4 Self::WrongDigits(..), "wrong_digits"
        "{label}は{want}桁です。いま{have}桁です。"
        "{label}: {want} digits, and there are {have} now.";
    5 Self::NotEmail, "not_email"
        "メールアドレスの形になっていません。例：name@example.jp"
        "This is not an e-mail address. Example: name@example.com";
    6 Self::NotPhone, "not_phone"
        "{label}は市外局番から入力してください。例：03-1234-5678"
        "{label}: please include the area code. Example: 03-1234-5678";
    7 Self::NotKana, "not_kana"
        "{label}はカタカナで入力してください。" "{label}: please use katakana.";
    8 Self::NotAChoice, "not_a_choice"
        "{label}を選んでください。" "{label}: please choose one.";
    9 Self::NotContractNumber, "not_contract_number"
        "{label}は英字1文字と数字12桁です。例：C-9000-0000-0001"
        "{label}: a letter and 12 digits. Example: C-9000-0000-0001";
    10 Self::PrefixMissing, "prefix_missing"
        "{label}は先頭の英字から入力してください。例：C-9000-0000-0001"
        "{label}: begin with its letter. Example: C-9000-0000-0001";
    11 Self::NotCode, "not_code"
        "{label}は4〜8桁の数字です。" "{label}: 4 to 8 digits.";
    12 Self::CardNumber, "card_number"
        "カード番号は入力しないでください。この番号はどこにも送られていません。"
        "Please do not enter a card number. It has not been sent anywhere.";
    13 Self::NotDeliverable, "not_deliverable"
        "この地域には配送できません。" "The shop does not deliver there.";
    14 Self::NotRecognised, "not_recognised"
        "契約番号または認証コードが違います。" "The contract number or the code is not right.";
    15 Self::PlanNotAccepted, "plan_not_accepted"
        "この支払方法はご利用になれません。" "This way of paying is not accepted here.";
}

impl FieldProblem {
    /// Its code in problem documents.
    pub fn code(self) -> &'static str {
        row(CODES, self.place())
    }

    /// The problem of this code; numbers that it carries are the rule's own.
    pub fn from_code(code: &str, field: Field) -> Option<Self> {
        let all = [
            Self::Missing,
            Self::TooLong(field.chars_max()),
            Self::BadCharacter,
            Self::WrongDigits(POSTAL_DIGITS, 0),
            Self::WrongDigits(POSTAL_DIGITS, 0),
            Self::NotEmail,
            Self::NotPhone,
            Self::NotKana,
            Self::NotAChoice,
            Self::NotContractNumber,
            Self::PrefixMissing,
            Self::NotCode,
            Self::CardNumber,
            Self::NotDeliverable,
            Self::NotRecognised,
            Self::PlanNotAccepted,
        ];
        all.get(place(CODES, code)?).copied()
    }

    /// What the shopper reads under the field; the same from the browser and from the servers.
    pub fn text(self, field: Field, locale: Locale) -> String {
        self.fill(row(Self::texts(locale), self.place()), field.label(locale))
    }

    /// What shoppers read, a row for each; `{name}` stands for a value.
    pub const fn texts(locale: Locale) -> &'static str {
        locale.pick(TEXTS_JA, TEXTS_EN)
    }

    /// Such a row, its values filled in, under the field of this label.
    pub fn fill(self, text: &str, label: &str) -> String {
        let (want, have) = match self {
            Self::TooLong(most) => (most, 0),
            Self::WrongDigits(want, have) => (want, have),
            _ => (0, 0),
        };
        let (want, have) = (want.to_string(), have.to_string());
        fill(text, &[("label", label), ("want", &want), ("have", &have)])
    }
}

/// Reads what was typed: normalises it, then applies the field's rule. `nfkc` is the platform's
/// Unicode normalisation form KC (the browser's own, a crate on the servers).
///
/// # Errors
/// The first [`FieldProblem`] that applies.
pub fn read(
    field: Field,
    typed: &str,
    nfkc: impl Fn(&str) -> String,
) -> Result<String, FieldProblem> {
    if typed.len() > TYPED_BYTES_MAX {
        return Err(FieldProblem::TooLong(field.chars_max()));
    }
    let text = tidy(&nfkc(typed));
    if text.is_empty() {
        return if field.is_required() { Err(FieldProblem::Missing) } else { Ok(text) };
    }
    if looks_like_card_number(field, &text) {
        return Err(FieldProblem::CardNumber);
    }
    if text.chars().any(is_unprintable) {
        return Err(FieldProblem::BadCharacter);
    }
    let text = rule(field, text)?;
    if text.chars().count() > field.chars_max() {
        return Err(FieldProblem::TooLong(field.chars_max()));
    }
    Ok(text)
}

fn rule(field: Field, text: String) -> Result<String, FieldProblem> {
    match field {
        Field::ContactName | Field::DeliveryName => words(text),
        Field::DeliveryLocality | Field::DeliveryLine1 | Field::DeliveryLine2 => {
            words(hyphens_between_digits(&text))
        }
        Field::ContactKana => kana(&text),
        Field::ContactEmail => email(text),
        Field::ContactPhone | Field::DeliveryPhone => phone(&text),
        Field::DeliveryPostalCode => postal_code(&text),
        Field::DeliveryRegion => prefecture(&text),
        Field::DeliveryCountry => country(text),
        Field::PaymentContractNumber => contract_number(&text),
        Field::PaymentCode => code(&text),
        Field::PaymentPlan => plan(text),
    }
}

/// Trims, makes one space of many, and drops variation selectors, which some keyboards add to
/// kanji: the character stays what it is.
fn tidy(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_variation_selector(*c)).collect();
    let mut tidied = String::with_capacity(text.len());
    for word in text.split([' ', '\t', '\u{3000}']).filter(|word| !word.is_empty()) {
        if !tidied.is_empty() {
            tidied.push(' ');
        }
        tidied.push_str(word);
    }
    tidied
}

/// Names and places: letters of any script, but no emoji and no markup brackets.
fn words(text: String) -> Result<String, FieldProblem> {
    let odd = |c: char| is_pictograph(c) || matches!(c, '<' | '>');
    if text.chars().any(odd) { Err(FieldProblem::BadCharacter) } else { Ok(text) }
}

fn kana(text: &str) -> Result<String, FieldProblem> {
    let katakana: String = text
        .chars()
        .map(|c| match c {
            'ぁ'..='ゖ' => char::from_u32(u32::from(c) + KANA_SHIFT).unwrap_or(c),
            _ if is_hyphen(c) => 'ー',
            _ => c,
        })
        .collect();
    let fits = katakana.chars().all(|c| matches!(c, 'ァ'..='ヺ' | 'ー' | '・' | ' '));
    fits.then_some(katakana).ok_or(FieldProblem::NotKana)
}

fn email(text: String) -> Result<String, FieldProblem> {
    let plain =
        text.is_ascii() && !text.contains([' ', '"', '(', ')', '<', '>', '[', ']', ',', ';']);
    let dotted = text.rsplit_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    let sound = plain && dotted && is_email(&text);
    sound.then_some(text).ok_or(FieldProblem::NotEmail)
}

/// The grammar of RFC 5322 and 5321.
#[cfg(not(target_arch = "wasm32"))]
fn is_email(text: &str) -> bool {
    email_address::EmailAddress::is_valid(text)
}

/// In the browser its own grammar is asked (HTML, valid e-mail address): nothing to download.
#[cfg(target_arch = "wasm32")]
fn is_email(_text: &str) -> bool {
    true
}

fn phone(text: &str) -> Result<String, FieldProblem> {
    let compact = without_separators(text);
    let (plus, digits) = match compact.strip_prefix('+') {
        Some(digits) => (true, digits),
        None => (false, compact.as_str()),
    };
    let counts = if plus { 7..=15 } else { 10..=11 };
    let sound = digits.bytes().all(|b| b.is_ascii_digit())
        && counts.contains(&digits.len())
        && digits.starts_with('0') != plus
        && !digits.starts_with("00");
    sound.then_some(compact.clone()).ok_or(FieldProblem::NotPhone)
}

fn postal_code(text: &str) -> Result<String, FieldProblem> {
    let compact = without_separators(text.trim_start_matches('〒'));
    if !compact.bytes().all(|b| b.is_ascii_digit()) {
        return Err(FieldProblem::BadCharacter);
    }
    if compact.len() != POSTAL_DIGITS {
        return Err(FieldProblem::WrongDigits(POSTAL_DIGITS, compact.len()));
    }
    Ok(compact)
}

fn prefecture(text: &str) -> Result<String, FieldProblem> {
    let known = prefectures()
        .find(|(code, ja, en)| *code == text || *ja == text || en.eq_ignore_ascii_case(text));
    known.map(|(code, ..)| code.to_string()).ok_or(FieldProblem::NotAChoice)
}

fn country(text: String) -> Result<String, FieldProblem> {
    if text == "JP" { Ok(text) } else { Err(FieldProblem::NotAChoice) }
}

fn contract_number(text: &str) -> Result<String, FieldProblem> {
    let compact = without_separators(text).to_ascii_uppercase();
    let is_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if compact.len() == CONTRACT_DIGITS && is_digits(&compact) {
        return Err(FieldProblem::PrefixMissing);
    }
    let mut symbols = compact.chars();
    let prefixed = symbols.next().is_some_and(|c| c.is_ascii_uppercase());
    let sound =
        prefixed && symbols.as_str().len() == CONTRACT_DIGITS && is_digits(symbols.as_str());
    sound.then_some(compact.clone()).ok_or(FieldProblem::NotContractNumber)
}

fn code(text: &str) -> Result<String, FieldProblem> {
    let compact = without_separators(text);
    let sound = (4..=8).contains(&compact.len()) && compact.bytes().all(|b| b.is_ascii_digit());
    sound.then_some(compact).ok_or(FieldProblem::NotCode)
}

fn plan(text: String) -> Result<String, FieldProblem> {
    let known = crate::PlanClass::ALL.iter().any(|class| class.name() == text);
    known.then_some(text).ok_or(FieldProblem::NotAChoice)
}

/// A telephone number in its international form is none, and in the contract number's field twelve
/// digits are a contract number, with its letter or without.
fn looks_like_card_number(field: Field, text: &str) -> bool {
    match field {
        Field::ContactPhone | Field::DeliveryPhone if phone(text).is_ok() => false,
        Field::PaymentContractNumber => card::holds_card_number(text, CONTRACT_DIGITS + 1),
        _ => card::holds_card_number(text, card::LEN_MIN),
    }
}

/// Digits as people group them: without spaces, hyphens of any kind, dots, brackets.
fn without_separators(text: &str) -> String {
    text.chars().filter(|c| !is_hyphen(*c) && !matches!(c, ' ' | '.' | '(' | ')')).collect()
}

/// "1ー2−3" is meant as "1-2-3"; "センター1" keeps its long-vowel mark.
fn hyphens_between_digits(text: &str) -> String {
    let mut before = None;
    let mut rest = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        let after_digit = before.is_some_and(|b: char| b.is_ascii_digit());
        let before_digit = rest.peek().is_some_and(char::is_ascii_digit);
        plain.push(if is_hyphen(c) && after_digit && before_digit { '-' } else { c });
        before = Some(c);
    }
    plain
}

pub(crate) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー' | '─' | '━' | 'ｰ' | '~' | '〜')
}

/// Chooses between forms of one character (Unicode, Standardized and Ideographic Variants).
fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Controls, NUL, what nobody can see, marks that turn the reading direction, private and
/// unassigned planes.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{ffff}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

/// Emoji and other pictures, which no carrier's label can print.
fn is_pictograph(c: char) -> bool {
    matches!(
        c,
        '\u{20d0}'..='\u{20ff}'
            | '\u{2300}'..='\u{23ff}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{2b00}'..='\u{2bff}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

const POSTAL_DIGITS: usize = 7;
const CONTRACT_DIGITS: usize = 12;
const KANA_SHIFT: u32 = 0x60;
/// Longest input that is looked at, in bytes of UTF-8.
const TYPED_BYTES_MAX: usize = 2048;
