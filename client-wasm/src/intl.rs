//! Money, days and times as the reader's language writes them: the browser's own `Intl`.

use js_sys::{Array, Date, Function, Intl, Reflect};
use shared_protocol::{Amount, Locale, Timestamp};
use wasm_bindgen::{JsValue, UnwrapThrowExt as _};

use crate::page::object;

/// `¥3,850`; with the currency's own number of decimals.
pub fn money(amount: Amount, locale: Locale) -> String {
    let options = object(&[
        ("style", "currency".into()),
        ("currency", amount.currency.code().into()),
        ("currencyDisplay", "narrowSymbol".into()),
    ]);
    let format = Intl::NumberFormat::new(&tags(locale), &options);
    let major = decimal(amount.minor, amount.currency.exponent());
    let text = called(&format.format(), &major.into());
    // Japanese locales write a full-width yen sign; this product writes ¥ in both languages.
    text.replace('￥', "¥")
}

/// `11月25日(水) 15:40`, in Japan.
pub fn moment(time: Timestamp, locale: Locale) -> String {
    date(
        time,
        locale,
        &[
            ("month", "long".into()),
            ("day", "numeric".into()),
            ("weekday", "short".into()),
            ("hour", "2-digit".into()),
            ("minute", "2-digit".into()),
            ("hour12", false.into()),
        ],
    )
}

/// `2026/11/25`, in Japan.
pub fn day(time: Timestamp, locale: Locale) -> String {
    date(time, locale, &[("dateStyle", "medium".into()), ("timeStyle", "short".into())])
}

/// A day of the calendar: `2026年12月28日`.
pub fn due(day: shared_protocol::Date, locale: Locale) -> String {
    // Midnight in London is morning of the same day in Japan.
    let morning = Timestamp::from_millis(i64::from(day.days()) * MILLIS_A_DAY);
    date(morning, locale, &[("dateStyle", "long".into())])
}

/// A country's name.
pub fn country(code: &str, locale: Locale) -> String {
    let names = Intl::DisplayNames::new(&tags(locale), &object(&[("type", "region".into())]));
    names.of(code).map_or_else(|| code.to_owned(), String::from)
}

fn date(time: Timestamp, locale: Locale, parts: &[(&str, JsValue)]) -> String {
    let options = object(parts);
    Reflect::set(&options, &"timeZone".into(), &"Asia/Tokyo".into()).unwrap_throw();
    let format = Intl::DateTimeFormat::new(&tags(locale), &options);
    called(&format.format(), &Date::new(&JsValue::from_f64(time.as_millis() as f64)))
}

fn tags(locale: Locale) -> Array {
    Array::of1(&locale.tag().into())
}

/// The minor units as a decimal text, exactly: no float is involved (ECMA-402 takes texts).
fn decimal(minor: u64, exponent: u16) -> String {
    [&minor.to_string(), "e-", &exponent.to_string()].concat()
}

fn called(function: &Function, argument: &JsValue) -> String {
    let text = function.call1(&JsValue::UNDEFINED, argument).ok();
    text.and_then(|text| text.as_string()).unwrap_or_default()
}

const MILLIS_A_DAY: i64 = 86_400_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_become_exact_decimals() {
        assert_eq!(decimal(3850, 0), "3850e-0");
        assert_eq!(decimal(9_007_199_254_740_991, 3), "9007199254740991e-3");
    }
}
