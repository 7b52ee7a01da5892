//! Origins that only look like a registered one: letters of other scripts (xn--…), a digit for a
//! letter, the registered name in front of another (UTS 39 §4, T33). Pure.

use shared_protocol::Problem;
use unicode_security::confusable_detection::skeleton;

/// Whether a page of this origin is one of those registered, letter for letter.
///
/// # Errors
/// [`Problem::OriginLookalike`] if it could be taken for one, else
/// [`Problem::OriginNotRegistered`].
pub fn check(origin: &str, registered: &[String]) -> Result<(), Problem> {
    if registered.iter().any(|known| known == origin) {
        return Ok(());
    }
    match of(origin, registered.iter().map(String::as_str)) {
        Some(_) => Err(Problem::OriginLookalike),
        None => Err(Problem::OriginNotRegistered),
    }
}

/// The registered origin that this other one could be taken for.
pub fn of<'a>(origin: &str, mut registered: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = host(origin);
    registered.find(|known| {
        let other = host(known);
        name != other && (looks(name) == looks(other) || name.starts_with(&format!("{other}.")))
    })
}

/// How people read a name: `xn--` written out, confusable symbols made one, what joins words gone.
fn looks(name: &str) -> String {
    let (written, _) = idna::domain_to_unicode(name);
    let one: String = skeleton(&written.to_lowercase()).collect();
    let one: String = skeleton(&one.to_lowercase()).filter(|c| !matches!(c, '-' | '.')).collect();
    one.to_lowercase()
}

/// The host of an origin, without its port.
fn host(origin: &str) -> &str {
    let rest = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match rest.strip_prefix('[') {
        Some(numbers) => numbers.split(']').next().unwrap_or(numbers),
        None => rest.split(':').next().unwrap_or(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_like_a_registered_origin_is_told_from_what_is_merely_another() {
        let registered = ["https://yamada.example".into(), "http://127.0.0.1:8080".to_owned()];
        let lookalikes = [
            "https://xn--ymada-4ve.example",    // Cyrillic а
            "https://yarnada.example",          // r and n for m
            "https://yamada-example",           // joined otherwise
            "https://yamada.example.evil.test", // in front of another
        ];
        for origin in lookalikes {
            assert_eq!(check(origin, &registered), Err(Problem::OriginLookalike), "{origin}");
        }
        for origin in ["https://elsewhere.example", "https://yamada.example:444", "null"] {
            assert_eq!(check(origin, &registered), Err(Problem::OriginNotRegistered), "{origin}");
        }
        assert_eq!(check("https://yamada.example", &registered), Ok(()));
        assert_eq!(check("http://127.0.0.1:8081", &registered), Err(Problem::OriginNotRegistered));
    }

    #[test]
    fn a_digit_for_a_letter_is_seen() {
        let registered = ["https://tool.example".to_owned()];
        for origin in ["https://t00l.example", "https://too1.example"] {
            assert_eq!(check(origin, &registered), Err(Problem::OriginLookalike), "{origin}");
        }
    }
}
