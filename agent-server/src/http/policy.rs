//! What each kind of page may load, run and be framed by (Content Security Policy, level 3).
//! Closed by default; every kind opens only what it needs.

use super::html::{Inline, style};
use crate::domain::Merchant;
pub use crate::domain::origins::origin_of;

/// In whose pages a page may be framed.
#[derive(Clone, Copy, Debug)]
pub enum Ancestors<'a> {
    /// In no page.
    Nobody,
    /// In pages of these origins.
    Of(&'a [String]),
    /// In our own pages, and in those of these origins around them.
    OwnWithin(&'a [String]),
    /// In any: it only says something.
    Any,
}

impl<'a> Ancestors<'a> {
    /// For a page of this merchant's, if it is known.
    pub fn of(merchant: Option<&'a Merchant>, is_framed: bool) -> Self {
        match merchant {
            _ if !is_framed => Self::Nobody,
            Some(merchant) => Self::Of(&merchant.origins),
            None => Self::Any,
        }
    }

    fn directive(self) -> String {
        let sources = match self {
            Self::Nobody => "'none'".to_owned(),
            Self::Any => "*".to_owned(),
            Self::Of(origins) => {
                let known: Vec<_> = origins.iter().filter_map(|origin| origin_of(origin)).collect();
                if known.is_empty() { "'none'".to_owned() } else { known.join(" ") }
            }
            Self::OwnWithin(origins) => {
                let known = origins.iter().filter_map(|origin| origin_of(origin));
                ["'self'"].into_iter().chain(known).collect::<Vec<_>>().join(" ")
            }
        };
        format!("frame-ancestors {sources}")
    }
}

/// The frame page: its own script and program, its merchant's server and relay, the pages
/// around it; out of it by a form only to where the merchant takes orders so.
pub fn frame_policy(merchant: &Merchant, style: &str, boot: &str, around: Ancestors<'_>) -> String {
    let server = origin_of(&merchant.server).unwrap_or_default();
    let relay = merchant.relay.as_ref().map_or("", |relay| &relay.url);
    let relay = origin_of(relay).filter(|relay| *relay != server);
    let relay = relay.map_or(String::new(), |relay| format!(" {relay}"));
    let hands_over = merchant.hand_over.as_deref().and_then(origin_of).unwrap_or("'none'");
    let ancestors = around.directive();
    format!(
        "default-src 'none'; script-src 'self' {boot} 'wasm-unsafe-eval'; \
         connect-src 'self' {server}{relay}; frame-src 'self'; style-src 'self' {style}; \
         img-src 'self' data: {server}; base-uri 'none'; form-action {hands_over}; {ancestors}; \
         {TRUSTED_TYPES}"
    )
}

/// A page in the frame's place that only says something, and tells the loader so.
pub fn note_policy(script: &Inline, ancestors: Ancestors<'_>) -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; {}; {TRUSTED_TYPES}",
        script.source,
        style().source,
        ancestors.directive()
    )
}

/// A page without scripts.
pub fn still_policy() -> String {
    format!(
        "default-src 'none'; style-src {}; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        style().source
    )
}

/// A page with a form, and perhaps with scripts that are files of ours.
pub fn form_policy(ancestors: Ancestors<'_>, has_script: bool) -> String {
    let script = if has_script { "script-src 'self'; " } else { "" };
    format!(
        "default-src 'none'; {script}style-src {}; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; {}; {TRUSTED_TYPES}",
        style().source,
        ancestors.directive()
    )
}

/// A page with one script of its own, which asks for data at `connect` and frames our own pages.
pub fn live_policy(script: &Inline, connect: &str) -> String {
    format!(
        "{}; script-src {}; connect-src {connect}; frame-src 'self'; {TRUSTED_TYPES}",
        still_policy(),
        script.source
    )
}

/// A page with a form and one script of its own, which asks nobody for anything.
pub fn script_policy(script: &Inline) -> String {
    format!("{}; script-src {}; {TRUSTED_TYPES}", still_policy(), script.source)
}

/// A page with the passkey script, which asks our own server alone.
pub fn passkey_policy() -> String {
    format!("{}; script-src 'self'; connect-src 'self'; {TRUSTED_TYPES}", still_policy())
}

/// A page of the console, in its own style; with the passkey script where something is signed.
pub fn console_policy(style: &Inline, has_script: bool) -> String {
    let script = if has_script { "script-src 'self'; connect-src 'self'; " } else { "" };
    format!(
        "default-src 'none'; {script}style-src {}; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; {TRUSTED_TYPES}",
        style.source
    )
}

const TRUSTED_TYPES: &str = "require-trusted-types-for 'script'; trusted-types 'none'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_stands_before_the_path() {
        let cases = [
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("https://shop.example/tea?x=1", Some("https://shop.example")),
            ("http://[::1]:8080/", Some("http://[::1]:8080")),
            ("https://", None),
            ("ftp://shop.example", None),
            ("https://shop.example; script-src *", None),
            ("https://a.example https://b.example", None),
            ("https://user@shop.example", None),
            ("https://*.example", None),
            ("null", None),
        ];
        for (address, origin) in cases {
            assert_eq!(origin_of(address), origin, "{address}");
        }
    }

    #[test]
    fn no_registered_name_can_open_the_policy() {
        let bad = ["https://a.example; script-src *".to_owned(), "*".to_owned()];
        assert_eq!(Ancestors::Of(&bad).directive(), "frame-ancestors 'none'");
        let good = ["https://a.example".to_owned(), "http://b.example:81".to_owned()];
        let directive = Ancestors::Of(&good).directive();
        assert_eq!(directive, "frame-ancestors https://a.example http://b.example:81");
    }

    #[test]
    fn a_page_alone_in_its_window_is_framed_by_nobody() {
        assert_eq!(Ancestors::of(None, false).directive(), "frame-ancestors 'none'");
        assert_eq!(Ancestors::of(None, true).directive(), "frame-ancestors *");
    }

    #[test]
    fn pages_run_no_script_but_their_own() {
        assert!(!still_policy().contains("script-src"));
        let script = Inline::new("1");
        for policy in [live_policy(&script, "'self'"), note_policy(&script, Ancestors::Any)] {
            assert!(policy.contains(&format!("script-src {};", script.source)), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
        }
    }
}
