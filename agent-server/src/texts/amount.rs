//! Money as people read it: currency sign, grouped digits, the right number of decimals.
//! Integers only.

use shared_protocol::Amount;

/// "¥3,850", "$12.34", "KWD 1.234".
pub fn amount(amount: Amount) -> String {
    let exponent = usize::from(amount.currency.exponent());
    let digits = format!("{:0width$}", amount.minor, width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    let point = if exponent > 0 { "." } else { "" };
    let sign = match amount.currency.code() {
        "JPY" => "¥".to_owned(),
        "USD" => "$".to_owned(),
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        code => format!("{code} "),
    };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_grouped_and_has_the_decimals_of_its_currency() {
        let cases = [
            (0, "JPY", "¥0"),
            (999, "JPY", "¥999"),
            (3850, "JPY", "¥3,850"),
            (1_234_567, "JPY", "¥1,234,567"),
            (5, "USD", "$0.05"),
            (123_456, "USD", "$1,234.56"),
            (1234, "KWD", "KWD 1.234"),
        ];
        for (minor, code, shown) in cases {
            let money = Amount::new(minor, code.parse().unwrap()).unwrap();
            assert_eq!(amount(money), shown);
        }
    }
}
