//! What stands around the desk's pages: who is signed in, the way to the other pages, the looks;
//! and what browsers are told about a page: nothing may be loaded, run or framed but what it needs.

use std::convert::Infallible;
use std::sync::LazyLock;

use askama::Template;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use shared_protocol::{Locale, Problem};

use super::guard::By;
use crate::app::App;
use crate::domain::desk::Role;
use crate::http::problem::locale;
use crate::texts::Words;

/// Which page was asked for, and how.
#[derive(Clone)]
pub(super) struct Asked {
    /// As the browser asked.
    pub(super) uri: Uri,
    /// What stands before `/desk`: where a shop's own program has put us.
    pub(super) base: String,
    headers: HeaderMap,
}

impl Asked {
    pub(super) fn of(parts: &Parts) -> Self {
        let original = parts.extensions.get::<OriginalUri>().map(|OriginalUri(uri)| uri.clone());
        let uri = original.unwrap_or_else(|| parts.uri.clone());
        let base = uri.path().strip_suffix(parts.uri.path()).unwrap_or_default().to_owned();
        Self { uri, base, headers: parts.headers.clone() }
    }

    /// The language to answer in: the one asked for in the address, else the browser's own.
    pub(super) fn words(&self) -> Words {
        let asked = parameter(&self.uri, "locale").and_then(|tag| tag.parse().ok());
        Words::of(asked.unwrap_or_else(|| locale(&self.headers)))
    }

    /// Whether a person asks: browsers name HTML when they open a page, programs do not.
    pub(super) fn is_by_a_person(&self) -> bool {
        let wanted = self.headers.get("accept").and_then(|kinds| kinds.to_str().ok());
        wanted.is_some_and(|kinds| kinds.contains("text/html"))
    }
}

impl FromRequestParts<App> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

/// Around a page.
pub(super) struct Shell {
    pub(super) w: Words,
    pub(super) css: &'static str,
    /// The shop.
    pub(super) shop: String,
    /// Which page of the menu it belongs to.
    section: &'static str,
    /// Name and role of whoever is signed in.
    pub(super) who: Option<(String, &'static str)>,
    role: Option<Role>,
    pub(super) form_token: String,
    /// Whether the script by which passkeys sign is in it.
    pub(super) has_script: bool,
    /// What was done a moment ago, or was not.
    pub(super) said: Option<&'static str>,
    /// This page in the other language.
    pub(super) other_language: String,
    /// Keeps the language on links to other pages; empty where the browser decides.
    pub(super) locale_query: &'static str,
    base: String,
}

/// A line of the menu: its section, its address, its text.
pub(super) type Line = (&'static str, &'static str, &'static str);

const MENU: [Line; 4] = [
    ("orders", "/desk", "desk.orders"),
    ("payouts", "/desk/payouts", "desk.payouts"),
    ("reports", "/desk/reports", "desk.reports"),
    ("people", "/desk/people", "desk.people"),
];

impl Shell {
    /// Of somebody who is signed in.
    pub(super) fn of(app: &App, by: &By, asked: &Asked, section: &'static str) -> Self {
        let shell = Self::of_nobody(app, asked);
        let person = by.person();
        let who = Some((person.name.clone(), shell.w.get(role_key(person.role))));
        let (form_token, role) = (by.form_token(), Some(person.role));
        Self { who, form_token, role, section, ..shell }
    }

    /// Of the pages where people come in.
    pub(super) fn of_nobody(app: &App, asked: &Asked) -> Self {
        let w = asked.words();
        let is_asked = parameter(&asked.uri, "locale").is_some();
        Self {
            css: &STYLE.0,
            shop: app.config().shop_name(w.locale()).to_owned(),
            section: "",
            who: None,
            role: None,
            form_token: String::new(),
            has_script: false,
            said: parameter(&asked.uri, "said").and_then(|said| say(said, w)),
            other_language: with_locale(&asked.uri, w.other_tag()),
            locale_query: match (is_asked, w.locale()) {
                (false, _) => "",
                (true, Locale::Ja) => "?locale=ja",
                (true, Locale::En) => "?locale=en",
            },
            base: asked.base.clone(),
            w,
        }
    }

    /// With the script by which passkeys sign, or without.
    pub(super) fn with_script(self, has_script: bool) -> Self {
        Self { has_script, ..self }
    }

    /// The menu of their role.
    pub(super) fn menu(&self) -> impl Iterator<Item = &'static Line> {
        let is_owner = self.role == Some(Role::Owner);
        MENU.iter().filter(move |(section, ..)| is_owner || *section != "people")
    }

    /// Whether this is the page of a line of the menu.
    pub(super) fn is_at(&self, section: &str) -> bool {
        self.section == section
    }

    /// The address of another page, in the same language.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{}{path}{}", self.base, self.locale_query)
    }

    /// The address alone: what a script asks, or what parameters stand behind.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// What to put behind an address that has parameters, for the same language.
    pub(super) fn and(&self) -> String {
        self.locale_query.replacen('?', "&", 1)
    }

    /// The page as an answer.
    pub(super) fn answer(has_script: bool, page: &impl Template) -> Response {
        Self::answer_as(StatusCode::OK, has_script, page)
    }

    /// The same under another status.
    pub(super) fn answer_as(status: StatusCode, script: bool, page: &impl Template) -> Response {
        let html = page.render().expect("a page is written to memory");
        let mut answer = (status, html).into_response();
        let headers = answer.headers_mut();
        for (name, value) in EVERY_PAGE {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let policy = HeaderValue::from_str(&policy(script));
        headers.insert(CONTENT_SECURITY_POLICY, policy.expect("digests are visible ASCII"));
        answer
    }
}

/// Content Security Policy, level 3: closed, with the one style that stands in the page, and with
/// the passkey script where something is signed.
fn policy(has_script: bool) -> String {
    let script = if has_script { "script-src 'self'; connect-src 'self'; " } else { "" };
    format!(
        "default-src 'none'; {script}style-src {}; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'",
        STYLE.1
    )
}

/// The text of a role's name.
pub(super) fn role_key(role: Role) -> &'static str {
    match role {
        Role::Clerk => "desk.role_clerk",
        Role::Manager => "desk.role_manager",
        Role::Owner => "desk.role_owner",
    }
}

/// A parameter of the address, as it stands there.
pub(super) fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

fn with_locale(uri: &Uri, tag: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let kept = kept.filter(|pair| !pair.is_empty() && !pair.starts_with("locale="));
    let locale = format!("locale={tag}");
    let pairs: Vec<_> = kept.chain([locale.as_str()]).collect();
    format!("{}?{}", uri.path(), pairs.join("&"))
}

fn say(name: &str, w: Words) -> Option<&'static str> {
    if let Some(problem) = name.strip_prefix("p.").and_then(Problem::from_code) {
        return Some(problem.text(w.locale()));
    }
    Some(w.get(match name {
        "shipped" => "desk.said_shipped",
        "claimed" => "desk.said_claimed",
        "let-go" => "desk.said_let_go",
        "gave-back" => "desk.said_gave_back",
        "silent" => "desk.said_silent",
        "too-many" => "desk.said_too_many",
        "unlike" => "desk.said_unlike",
        "name-taken" => "desk.said_name_taken",
        "role-given" => "desk.said_role_given",
        "removed" => "desk.said_removed",
        "signed-out" => "desk.said_signed_out",
        _ => return None,
    }))
}

/// The looks of all pages, and the source by which a policy names them.
static STYLE: LazyLock<(String, String)> = LazyLock::new(|| {
    let text = concat!(
        include_str!("../../../../www/widget.css"),
        include_str!("../../../../www/pages/page.css"),
        include_str!("../../../../www/pages/console.css"),
    );
    let source = format!("'sha256-{}'", BASE64.encode(passkeys::sha256(text.as_bytes())));
    (text.to_owned(), source)
});

/// With no referrer at all browsers say of a form that it came from nowhere (Fetch §3.2).
const EVERY_PAGE: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS),
    ("referrer-policy", "same-origin"),
];

/// Nothing of the device is wanted.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()";
