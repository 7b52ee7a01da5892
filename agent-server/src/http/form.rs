//! One page with one form: what it asks, what was wrong with it, where it stands. What was typed is
//! not lost, but for codes.

use askama::Template;
use axum::{
    extract::Query,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use serde::Deserialize;
use shared_protocol::{Locale, Problem};

use super::{
    html,
    language::language,
    pages::{Shell, parameter, rendered},
    policy::{Ancestors, form_policy, passkey_policy},
    problem::retry_after,
};
use crate::app::App;

/// Where a form stands: alone in its window, or inside a purchase at a merchant.
#[derive(Clone, Debug, Default)]
pub struct Place {
    is_inline: bool,
    /// Origins of the merchant around our own frame.
    around: Vec<String>,
    /// Goes with every address of the flow.
    query: String,
    /// Where to go afterwards, as it was asked for.
    to: Option<String>,
}

/// One thing that is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its name in the form.
    pub name: &'static str,
    /// What people read.
    pub label: String,
    /// The `type` of the input.
    pub kind: &'static str,
    /// What browsers fill in.
    pub autocomplete: &'static str,
    /// How to answer.
    pub hint: String,
    /// What was typed.
    pub value: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether it has to be answered.
    pub is_required: bool,
    /// Whether digits are typed.
    pub is_numeric: bool,
    /// Whether the answer is short.
    pub is_short: bool,
}

/// A page with a form.
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage<'a> {
    /// Around it.
    pub shell: Shell<'a>,
    /// Where it stands.
    pub place: &'a Place,
    /// Its name for programs that look at the page.
    pub screen: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What is said before the form.
    pub lead: Vec<String>,
    /// Where it goes.
    pub action: String,
    /// What it carries unseen.
    pub hidden: Vec<(&'static str, String)>,
    /// What it asks.
    pub fields: Vec<Asked>,
    /// What the button says.
    pub button: &'static str,
    /// What was wrong with all of it.
    pub error: Option<String>,
    /// The shopper's own first page, where this is one of theirs.
    pub back: Option<String>,
    /// The script by which a passkey answers instead, if it can.
    pub passkey: Option<String>,
    /// Other ways.
    pub links: Vec<(String, &'static str)>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    inline: Option<String>,
    merchant: Option<String>,
    to: Option<String>,
}

impl Place {
    /// As the address says. A merchant that is not known is as none.
    pub async fn of(app: &App, uri: &Uri) -> Self {
        let asked = Query::<Parameters>::try_from_uri(uri);
        let Parameters { inline, merchant, to } =
            asked.map(|Query(asked)| asked).unwrap_or_default();
        let is_inline = inline.as_deref() == Some("1");
        let around = match merchant.and_then(|id| id.parse().ok()).filter(|_| is_inline) {
            Some(id) => {
                app.merchants.get(&id, app.clock.now()).await.map(|found| found.origins.clone())
            }
            None => Ok(Vec::new()),
        };
        let pairs = uri.query().unwrap_or_default().split('&');
        let kept = pairs.filter(|pair| KEPT.iter().any(|name| pair.starts_with(name)));
        let query = kept.collect::<Vec<_>>().join("&");
        Self { is_inline, around: around.unwrap_or_default(), query, to }
    }

    /// Whether it stands inside a purchase.
    pub fn is_inline(&self) -> bool {
        self.is_inline
    }

    /// Where to go afterwards.
    pub fn to(&self) -> Option<&str> {
        self.to.as_deref()
    }

    /// The classes of its body.
    pub fn dress(&self) -> &'static str {
        if self.is_inline { "page inline" } else { "page" }
    }

    /// The address of another page of the same flow.
    pub fn at(&self, path: &str) -> String {
        match self.query.as_str() {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// What stands around it; the other language begins the flow anew, at `start`.
    pub fn shell<'a>(
        &self,
        app: &'a App,
        uri: &Uri,
        headers: &HeaderMap,
        start: &str,
    ) -> Shell<'a> {
        let start = self.at(start).parse().unwrap_or(Uri::from_static("/"));
        Shell::in_language(app, &start, Self::locale(uri, headers))
    }

    /// The language of the flow.
    pub fn locale(uri: &Uri, headers: &HeaderMap) -> Locale {
        language(parameter(uri, "locale"), headers)
    }

    /// The page as an answer.
    pub fn answer(&self, status: StatusCode, template: &impl Template) -> Response {
        let ancestors = match self.is_inline {
            true => Ancestors::OwnWithin(&self.around),
            false => Ancestors::Nobody,
        };
        let policy = form_policy(ancestors, self.is_inline);
        own_page(html::answer(status, &policy, rendered(template)))
    }
}

impl FormPage<'_> {
    /// As an answer: good, or with what is wrong.
    pub fn answer(&self) -> Response {
        let has_error =
            self.error.is_some() || self.fields.iter().any(|field| field.error.is_some());
        let status = if has_error { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.with_status(status)
    }

    /// With what went wrong.
    pub fn refused(mut self, problem: Problem) -> Response {
        self.error = Some(problem.text(self.shell.w.locale()).to_owned());
        let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::FORBIDDEN);
        let mut answer = self.with_status(status);
        if problem.may_pass_later() {
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after(problem));
        }
        answer
    }

    /// As an answer with this status.
    pub fn with_status(&self, status: StatusCode) -> Response {
        match self.passkey {
            Some(_) => own_page(html::answer(status, &passkey_policy(), rendered(self))),
            None => self.place.answer(status, self),
        }
    }
}

/// Forms of these pages say where they come from, and nothing of it to others. They may stand in
/// the frame of a purchase, which embeds only what says that it embeds as little (HTML, COEP).
pub fn own_page(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let embedder = HeaderName::from_static("cross-origin-embedder-policy");
    headers.insert(embedder, HeaderValue::from_static("require-corp"));
    answer
}

impl Asked {
    /// A field of digits.
    pub fn digits(name: &'static str, label: &str, autocomplete: &'static str) -> Self {
        let text = Self::text(name, label, "text", autocomplete);
        Self { is_numeric: true, is_short: true, ..text }
    }

    /// A field of this type.
    pub fn text(
        name: &'static str,
        label: &str,
        kind: &'static str,
        autocomplete: &'static str,
    ) -> Self {
        Self {
            name,
            label: label.to_owned(),
            kind,
            autocomplete,
            hint: String::new(),
            value: String::new(),
            error: None,
            is_required: true,
            is_numeric: false,
            is_short: false,
        }
    }

    /// With how to answer.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    /// With what was typed and what is wrong with it.
    pub fn typed(self, value: &str, error: Option<String>) -> Self {
        Self { value: value.to_owned(), error, ..self }
    }
}

const KEPT: [&str; 4] = ["inline=", "merchant=", "locale=", "to="];
