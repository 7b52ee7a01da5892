//! An HTML answer and what the browser is told about it: by default nothing may be loaded, run,
//! framed or remembered, and each page opens only what it needs.

use std::{io::Write as _, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::digest::{SHA256, digest};

/// A style or script that stands in a page; the policy names it by its digest (CSP 3 §2.3.1).
#[derive(Clone, Debug)]
pub struct Inline {
    /// Its text.
    pub text: String,
    /// `'sha256-…'`
    pub source: String,
}

impl Inline {
    /// Of this text.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let digest = BASE64.encode(digest(&SHA256, text.as_bytes()));
        Self { source: format!("'sha256-{digest}'"), text }
    }
}

/// The style of every page that is not the frame: the widget's, and a little more.
pub fn style() -> &'static Inline {
    static STYLE: LazyLock<Inline> = LazyLock::new(|| {
        let pages = include_str!("../../../www/pages/page.css");
        Inline::new([include_str!("../../../www/widget.css"), pages].concat())
    });
    &STYLE
}

/// The page as an answer. What the caller sets afterwards replaces what is set here.
pub fn answer(status: StatusCode, policy: &str, html: impl Into<Body>) -> Response {
    let mut answer = (status, html.into()).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    for (name, value) in EVERY_PAGE {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let policy = HeaderValue::from_str(policy);
    // A policy that cannot be sent must not become no policy.
    let policy = policy.unwrap_or(HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// Whether the browser takes Brotli (RFC 9110 §12.5.3).
pub fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter();
    accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
            name.trim().eq_ignore_ascii_case("br") && !refused
        },
    )
}

/// Brotli (RFC 7932) of these bytes: quality 11 for what is kept, 5 for what is made once.
pub fn brotli(bytes: &[u8], quality: u32) -> Vec<u8> {
    const WINDOW_BITS: u32 = 22;
    let mut small = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut small, 4096, quality, WINDOW_BITS);
    writer.write_all(bytes).expect("memory takes every byte");
    drop(writer);
    small
}

const EVERY_PAGE: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// Nothing of the device is wanted.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_text_is_named_by_its_digest() {
        // echo -n 'doSomething();' | openssl dgst -sha256 -binary | base64
        let script = Inline::new("doSomething();");
        assert_eq!(script.source, "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='");
    }

    #[test]
    fn brotli_is_sent_only_to_those_who_take_it() {
        let cases = [
            ("gzip, deflate, br, zstd", true),
            ("br;q=0.5", true),
            ("gzip, br;q=0", false),
            ("gzip", false),
            ("", false),
        ];
        for (accepted, taken) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes_brotli(&headers), taken, "{accepted}");
        }
        assert!(!takes_brotli(&HeaderMap::new()));
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let text = "割符".repeat(1000);
        for quality in [5, 11] {
            let small = brotli(text.as_bytes(), quality);
            let mut back = Vec::new();
            brotli::BrotliDecompress(&mut small.as_slice(), &mut back).unwrap();
            assert!(small.len() < 100 && back == text.as_bytes());
        }
    }

    #[test]
    fn a_policy_that_cannot_be_sent_closes_the_page() {
        let page = answer(StatusCode::OK, "default-src\n'self'", String::new());
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy, "default-src 'none'; sandbox");
    }
}
