//! Which language a visitor reads: the one asked for in the address, else the browser's own.

use axum::http::{HeaderMap, header};
use shared_protocol::Locale;

/// The language to answer in. `asked` is the `locale` of the address; `auto` and anything unknown
/// leave it to the browser.
pub fn language(asked: Option<&str>, headers: &HeaderMap) -> Locale {
    asked
        .and_then(|tag| tag.parse().ok())
        .or_else(|| {
            let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            preferred(accepted)
        })
        .unwrap_or_default()
}

/// The most wanted of our languages in an `Accept-Language` (RFC 9110 §12.5.4).
fn preferred(accepted: &str) -> Option<Locale> {
    let mut best: Option<(u16, Locale)> = None;
    for entry in accepted.split(',') {
        let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let (Ok(locale), weight) = (tag.trim().parse(), weight(parameters)) else { continue };
        if weight > best.map_or(0, |(heaviest, _)| heaviest) {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// Thousandths: `q=0.8` is 800; no weight is 1000.
fn weight(parameters: &str) -> u16 {
    let Some(weight) = parameters.trim().strip_prefix("q=") else { return 1000 };
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    match whole {
        "0" => format!("{fraction:0<3.3}").parse().unwrap_or(0),
        "1" => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_decides_before_the_browser_does() {
        let mut headers = HeaderMap::new();
        assert_eq!(language(None, &headers), Locale::Ja);
        headers.insert(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.9,ja;q=0.8".parse().unwrap());
        assert_eq!(language(None, &headers), Locale::En);
        assert_eq!(language(Some("auto"), &headers), Locale::En);
        assert_eq!(language(Some("ja"), &headers), Locale::Ja);
    }

    #[test]
    fn the_heaviest_of_our_languages_wins() {
        let cases = [
            ("ja", Some(Locale::Ja)),
            ("fr, en;q=0.3, ja;q=0.7", Some(Locale::Ja)),
            ("en;q=0.8,ja;q=0.8", Some(Locale::En)),
            ("ja;q=0, en;q=0.001", Some(Locale::En)),
            ("fr-FR,*;q=0.5", None),
            ("ja;q=nonsense", None),
            (";;,,q=1", None),
            ("", None),
        ];
        for (accepted, locale) in cases {
            assert_eq!(preferred(accepted), locale, "{accepted}");
        }
    }
}
