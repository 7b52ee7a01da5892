//! What a field makes of an input, or the very words that its reader gets: said here a second time,
//! in full, and held against the crate.

use shared_protocol::{Field, Locale, read_field};
use unicode_normalization::UnicodeNormalization as _;

use crate::effort::did;

use Field as F;

macro_rules! reads {
    ($value:literal) => {
        &|_| Reads($value)
    };
}
pub(crate) use reads;

/// As the servers read it.
pub fn read(field: Field, typed: &str) -> Result<String, shared_protocol::FieldProblem> {
    read_field(field, typed, |text| text.nfkc().collect())
}

/// What is expected: a normalised value, or a problem's code and its words.
pub enum Expect {
    Reads(&'static str),
    Same,
    Says(&'static str, String, String),
}
pub use Expect::{Reads, Same, Says};

/// Labels as they stand on the form.
pub fn labels(field: Field) -> (&'static str, &'static str) {
    match field {
        F::ContactName => ("お名前", "Name"),
        F::ContactKana => ("フリガナ", "Name in kana"),
        F::ContactEmail => ("メールアドレス", "E-mail"),
        F::ContactPhone => ("電話番号", "Phone"),
        F::DeliveryName => ("お届け先のお名前", "Recipient"),
        F::DeliveryPostalCode => ("郵便番号", "Postal code"),
        F::DeliveryRegion => ("都道府県", "Prefecture"),
        F::DeliveryLocality => ("市区町村", "City"),
        F::DeliveryLine1 => ("番地", "Street address"),
        F::DeliveryLine2 => ("建物名・部屋番号", "Building, room"),
        F::DeliveryPhone => ("お届け先の電話番号", "Phone at delivery"),
        F::DeliveryCountry => ("国", "Country"),
        F::PaymentContractNumber => ("契約番号", "Contract number"),
        F::PaymentCode => ("認証コード", "Code"),
        F::PaymentPlan => ("支払方法", "Payment plan"),
    }
}

/// A message that begins with the label in both languages.
pub fn labelled(code: &'static str, ja: &str, en: &str) -> impl Fn(Field) -> Expect {
    let (ja, en) = (ja.to_string(), en.to_string());
    move |field| {
        let (label_ja, label_en) = labels(field);
        Says(code, format!("{label_ja}{ja}"), format!("{label_en}: {en}"))
    }
}

pub fn missing(field: Field) -> Expect {
    labelled("missing", "を入力してください。", "please fill this in.")(field)
}

pub fn too_long(field: Field) -> Expect {
    let max = match field {
        F::ContactEmail => 254,
        F::DeliveryLine1 | F::DeliveryLine2 => 128,
        _ => 64,
    };
    let (ja, en) =
        (format!("は{max}文字以内で入力してください。"), format!("at most {max} characters."));
    labelled("too_long", &ja, &en)(field)
}

pub fn bad_character(field: Field) -> Expect {
    let en = "it contains a character that cannot be used.";
    labelled("bad_character", "に使えない文字が含まれています。", en)(field)
}

pub fn not_kana(field: Field) -> Expect {
    labelled("not_kana", "はカタカナで入力してください。", "please use katakana.")(
        field,
    )
}

pub fn not_email(_: Field) -> Expect {
    let ja = "メールアドレスの形になっていません。例：name@example.jp";
    let en = "This is not an e-mail address. Example: name@example.com";
    Says("not_email", ja.into(), en.into())
}

pub fn not_phone(field: Field) -> Expect {
    let ja = "は市外局番から入力してください。例：03-1234-5678";
    labelled("not_phone", ja, "please include the area code. Example: 03-1234-5678")(field)
}

pub fn six_digits(field: Field) -> Expect {
    labelled("wrong_digits", "は7桁です。いま6桁です。", "7 digits, and there are 6 now.")(
        field,
    )
}

pub fn eight_digits(field: Field) -> Expect {
    labelled("wrong_digits", "は7桁です。いま8桁です。", "7 digits, and there are 8 now.")(
        field,
    )
}

pub fn no_digits(field: Field) -> Expect {
    labelled("wrong_digits", "は7桁です。", "7 digits.")(field)
}

pub fn not_a_choice(field: Field) -> Expect {
    labelled("not_a_choice", "を選んでください。", "please choose one.")(field)
}

pub fn not_contract_number(field: Field) -> Expect {
    let ja = "は英字1文字と数字12桁です。例：C-9000-0000-0001";
    let en = "a letter and 12 digits. Example: C-9000-0000-0001";
    labelled("not_contract_number", ja, en)(field)
}

pub fn prefix_missing(field: Field) -> Expect {
    let ja = "は先頭の英字から入力してください。例：C-9000-0000-0001";
    labelled("prefix_missing", ja, "begin with its letter. Example: C-9000-0000-0001")(field)
}

pub fn not_code(field: Field) -> Expect {
    labelled("not_code", "は4〜8桁の数字です。", "4 to 8 digits.")(field)
}

pub fn card_number(_: Field) -> Expect {
    let ja = "カード番号は入力しないでください。この番号はどこにも送られていません。";
    let en = "Please do not enter a card number. It has not been sent anywhere.";
    Says("card_number", ja.into(), en.into())
}

/// Holds every row against the field; says how many there were.
pub fn hold(field: Field, rows: &[(&str, &dyn Fn(Field) -> Expect)]) {
    for (typed, expected) in rows {
        let read = read(field, typed);
        match expected(field) {
            Reads(value) => assert_eq!(read.as_deref(), Ok(value), "{}: {typed:?}", field.name()),
            Same => assert_eq!(read.as_deref(), Ok(*typed), "{}: {typed:?}", field.name()),
            Says(code, ja, en) => {
                let problem = read.expect_err(&format!("{}: {typed:?} is refused", field.name()));
                assert_eq!(problem.code(), code, "{}: {typed:?}", field.name());
                assert_eq!(problem.text(field, Locale::Ja), ja, "{typed:?}");
                assert_eq!(problem.text(field, Locale::En), en, "{typed:?}");
            }
        }
    }
    did(&format!("inputs tried in {}", field.name()), rows.len());
}

pub const SAME: &dyn Fn(Field) -> Expect = &|_| Same;
