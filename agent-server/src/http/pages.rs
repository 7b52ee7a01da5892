//! Plain pages: who this agent is, what each numbered problem means, and nothing here. Also the
//! shell that all our pages but the frame stand in. They work without script.

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use shared_protocol::{Locale, MerchantView, NextStep, Problem};

use super::{
    html::{answer, style},
    language::language,
    policy::still_policy,
};
use crate::{app::App, texts::Words};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/problems", get(problems))
        .route("/problems/{code}", get(problem))
        .route("/favicon.ico", get(seal))
}

/// What stands around the contents of a page.
#[derive(Clone, Debug)]
pub struct Shell<'a> {
    /// The product's texts in the visitor's language.
    pub w: Words,
    /// The agent's name.
    pub agent: &'a str,
    /// This page in the other language.
    pub other_language: String,
    /// Keeps the language on links to other pages; empty where the browser decides.
    pub locale_query: &'static str,
    /// The style.
    pub css: &'static str,
    /// "Settled by …"
    pub settled_by: String,
}

impl<'a> Shell<'a> {
    /// For a visitor of this address with these headers.
    pub fn new(app: &'a App, uri: &Uri, headers: &HeaderMap) -> Self {
        Self::in_language(app, uri, language(parameter(uri, "locale"), headers))
    }

    /// For a visitor whose language is known.
    pub fn in_language(app: &'a App, uri: &Uri, locale: Locale) -> Self {
        let w = Words::of(locale);
        let agent = app.config.agent_name.get(locale);
        Self {
            w,
            agent,
            other_language: with_locale(uri, w.other_tag()),
            locale_query: match (parameter(uri, "locale").is_some(), locale) {
                (false, _) => "",
                (true, Locale::Ja) => "?locale=ja",
                (true, Locale::En) => "?locale=en",
            },
            css: &style().text,
            settled_by: w.fill("common.settled_by", &[("agent", agent)]),
        }
    }

    /// A page that only says something.
    pub fn say(self, status: StatusCode, title: &'static str, lines: &[&str]) -> Response {
        let title = self.w.get(title);
        page(status, &Said { shell: self, title, lines, again: None, home: true })
    }

    /// A page that says something and offers to try again.
    pub fn say_again(self, title: &'static str, lines: &[&str], again: &str) -> Response {
        let (title, again) = (self.w.get(title), Some(again));
        let said = Said { shell: self, title, lines, again, home: false };
        page(StatusCode::SERVICE_UNAVAILABLE, &said)
    }
}

/// A page without script.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    answer(status, &still_policy(), rendered(template))
}

/// The template's text.
pub fn rendered(template: &impl Template) -> String {
    template.render().expect("a page is written to memory")
}

/// Whether a person asks: browsers name HTML when they open a page, programs do not.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let wanted = headers.get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
    wanted.is_some_and(|kinds| kinds.contains("text/html"))
}

/// The page of a refusal.
pub fn refused(app: &App, uri: &Uri, headers: &HeaderMap, problem: Problem) -> Response {
    let shell = Shell::new(app, uri, headers);
    let w = shell.w;
    let status = StatusCode::from_u16(problem.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match problem {
        Problem::NotFound => {
            shell.say(status, "page.not_found_title", &[w.get("page.not_found_lead")])
        }
        problem if problem.may_pass_later() => {
            shell.say_again("page.failed_title", &[w.get("page.failed_lead")], uri.path())
        }
        problem => shell.say(status, "page.not_allowed_title", &[problem.text(w.locale())]),
    }
}

/// The page for an address where nothing is.
pub fn not_found(app: &App, uri: &Uri, headers: &HeaderMap) -> Response {
    refused(app, uri, headers, Problem::NotFound)
}

/// A parameter of the address, as it stands there.
pub fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// The same address in another language.
pub fn with_locale(uri: &Uri, tag: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let kept = kept.filter(|pair| !pair.is_empty() && !pair.starts_with("locale="));
    let locale = format!("locale={tag}");
    let pairs: Vec<_> = kept.chain([locale.as_str()]).collect();
    format!("{}?{}", uri.path(), pairs.join("&"))
}

/// The agent's seal, which browsers ask for by this name.
async fn seal() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ];
    (headers, include_str!("../../templates/seal.svg"))
}

async fn home(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let shell = Shell::new(&app, &uri, &headers);
    page(
        StatusCode::OK,
        &Home { shell, is_demo: app.demo.is_some(), enrols: app.config.enrolment.open },
    )
}

async fn problems(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let shell = Shell::new(&app, &uri, &headers);
    page(StatusCode::OK, &Problems { shell, problems: Problem::ALL })
}

async fn problem(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Response {
    match Problem::from_code(&code) {
        Some(problem) => page(StatusCode::OK, &about(problem, Shell::new(&app, &uri, &headers))),
        None => not_found(&app, &uri, &headers),
    }
}

fn about(problem: Problem, shell: Shell<'_>) -> About<'_> {
    let w = shell.w;
    let other = match w.locale() {
        Locale::Ja => problem.text(Locale::En),
        Locale::En => problem.text(Locale::Ja),
    };
    let number = problem.number().to_string();
    let names = [("agent", shell.agent), ("shop", w.get("page.the_shop"))];
    About {
        title: w.fill("problem.title", &[("number", &number), ("code", problem.code())]),
        what: problem.text(w.locale()),
        other,
        next: next_step(problem.next_step(), w, &names),
        merchant_code: problem.merchant_view().name(),
        merchant: w.get(match problem.merchant_view() {
            MerchantView::Declined => "problem.merchant_declined",
            MerchantView::TryLater => "problem.merchant_try_later",
            MerchantView::FixOrder => "problem.merchant_fix_order",
            MerchantView::Nothing => "problem.merchant_nothing",
        }),
        later: w.get(match problem.may_pass_later() {
            true => "problem.later_yes",
            false => "problem.later_no",
        }),
        problem,
        shell,
    }
}

/// What a shopper does next, in one sentence.
pub fn next_step(step: NextStep, w: Words, names: &[(&str, &str)]) -> String {
    let key = match step {
        NextStep::Correct => "next.correct",
        NextStep::TryAgain => "next.try_again",
        NextStep::StartOver => "next.start_over",
        NextStep::OtherContract => "next.other_contract",
        NextStep::OtherMethod => "next.other_method",
        NextStep::AskAgent => "next.ask_agent",
        NextStep::AskShop => "next.ask_shop",
    };
    w.fill(key, names)
}

#[derive(Template)]
#[template(path = "said.html")]
struct Said<'a> {
    shell: Shell<'a>,
    title: &'a str,
    lines: &'a [&'a str],
    again: Option<&'a str>,
    home: bool,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    shell: Shell<'a>,
    is_demo: bool,
    enrols: bool,
}

#[derive(Template)]
#[template(path = "problems.html")]
struct Problems<'a> {
    shell: Shell<'a>,
    problems: &'static [Problem],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct About<'a> {
    shell: Shell<'a>,
    problem: Problem,
    title: String,
    what: &'static str,
    other: &'static str,
    next: String,
    merchant_code: &'static str,
    merchant: &'static str,
    later: &'static str,
}

/// What of it one side gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gets {
    /// All.
    All,
    /// Its kind, not its particulars.
    Kind,
    /// Nothing.
    Nothing,
}

impl Gets {
    /// All of it.
    pub fn is_all(self) -> bool {
        self == Self::All
    }

    /// Its kind only.
    pub fn is_kind(self) -> bool {
        self == Self::Kind
    }
}

/// Who receives what (DESIGN.md §1): the datum's text, the shop's part, the agent's part.
pub const RECEIPT: [(&str, Gets, Gets); 6] = [
    ("receipt.contact", Gets::All, Gets::Nothing),
    ("receipt.delivery", Gets::All, Gets::Nothing),
    ("receipt.contract", Gets::Nothing, Gets::All),
    ("receipt.plan", Gets::Kind, Gets::All),
    ("receipt.order", Gets::All, Gets::All),
    ("receipt.number", Gets::All, Gets::All),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toggle_changes_the_language_and_nothing_else() {
        let cases = [
            ("/confirm/t", "/confirm/t?locale=en"),
            ("/confirm/t?locale=ja", "/confirm/t?locale=en"),
            (
                "/v1/page?merchant=mrc_tea&locale=ja&item=A",
                "/v1/page?merchant=mrc_tea&item=A&locale=en",
            ),
        ];
        for (from, to) in cases {
            assert_eq!(with_locale(&from.parse().unwrap(), "en"), to);
        }
    }

    #[test]
    fn parameters_are_read_by_their_whole_name() {
        let uri: Uri = "/p?xlocale=ja&locale=en&locale=ja".parse().unwrap();
        assert_eq!(parameter(&uri, "locale"), Some("en"));
        assert_eq!(parameter(&uri, "item"), None);
    }
}
