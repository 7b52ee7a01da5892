//! The frame page (51, Fig 7): `/v1/frame` inside the pages that the merchant registered and
//! nowhere else, `/v1/page` alone in a window. Whatever is missing, it answers a readable page.

use std::{collections::HashMap, sync::Arc};

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::Response,
    routing::get,
};
use shared_protocol::{ItemId, Mark, MerchantId, Offer, Problem, Signed};

use super::{
    html::{Inline, answer, brotli, style, takes_brotli},
    language::language,
    pages::{parameter, rendered, with_locale},
    policy::{Ancestors, frame_policy, note_policy, origin_of},
};
use crate::{
    app::App,
    domain::{
        Merchant, lookalike, mailbox,
        merchant_keys::KnownMerchant,
        placement::{self, Window},
    },
    frame::{self, FrameFacts, address},
    texts::Words,
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/frame", get(framed)).route("/v1/page", get(alone))
}

async fn framed(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    respond(Visit { app: &app, uri: &uri, headers: &headers, is_framed: true }).await
}

async fn alone(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    respond(Visit { app: &app, uri: &uri, headers: &headers, is_framed: false }).await
}

/// Somebody opens the page.
struct Visit<'a> {
    app: &'a App,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    is_framed: bool,
}

async fn respond(visit: Visit<'_>) -> Response {
    let now = visit.app.clock.now();
    let named = visit.parameter("seller").or(visit.parameter("merchant"));
    let Some(id) = named.and_then(|id| id.parse::<MerchantId>().ok()) else {
        return visit.failure(Problem::UnknownMerchant, None);
    };
    let merchant = match visit.app.merchants.get(&id, now).await {
        Ok(merchant) => merchant,
        Err(problem) => return visit.failure(problem, None),
    };
    let window = match visit.window(&merchant).await {
        Ok(window) => window,
        // The reason is read in the host's page, or in none.
        Err((problem, host)) => return visit.failure(problem, host.as_ref().map(|host| &***host)),
    };
    let origins = window.as_ref().map_or(&merchant.origins, |window| &window.origins);
    if let Some(problem) = visit.elsewhere(origins) {
        return visit.unregistered(problem);
    }
    // Mark and Offer by one pair of keys, also while the merchant rotates them.
    let shown = |offer: Signed<Offer>| {
        visit.product((&merchant.offering(&offer, now), window.as_ref()), &offer)
    };
    match visit.offer(&merchant).await.and_then(shown) {
        Ok(answer) => answer,
        Err(problem) => {
            visit.failure(problem, Some(window.as_ref().map_or(&merchant, |window| &window.host)))
        }
    }
}

impl<'a> Visit<'a> {
    fn parameter(&self, name: &str) -> Option<&'a str> {
        parameter(self.uri, name)
    }

    fn words(&self) -> Words {
        Words::of(language(self.parameter("locale"), self.headers))
    }

    fn item(&self) -> Result<ItemId, Problem> {
        self.parameter("item").unwrap_or("").parse().map_err(|_| Problem::UnknownItem)
    }

    /// The window that this seller has borrowed in the merchant's pages, if it sells in another's
    /// (¶79); else why it has not, and whose pages these are. Alone in its tab, any seller's page
    /// is the agent's own.
    async fn window(
        &self,
        seller: &KnownMerchant,
    ) -> Result<Option<Window>, (Problem, Option<Arc<KnownMerchant>>)> {
        let (Some(_), true) = (self.parameter("seller"), self.is_framed) else { return Ok(None) };
        let (app, now) = (self.app, self.app.clock.now());
        let host = self.parameter("merchant").and_then(|id| id.parse::<MerchantId>().ok());
        let host = host.ok_or((Problem::UnknownMerchant, None))?;
        let opened = async {
            seller.check_in_force(now)?;
            placement::open(app, seller, &host, &self.item()?, now).await
        };
        match opened.await {
            Ok(window) => Ok(Some(window)),
            Err(problem) => Err((problem, app.merchants.get(&host, now).await.ok())),
        }
    }

    async fn offer(&self, merchant: &KnownMerchant) -> Result<Signed<Offer>, Problem> {
        let now = self.app.clock.now();
        merchant.check_in_force(now)?;
        mailbox::offer(self.app, merchant, &self.item()?, now).await
    }

    fn product(
        &self,
        (merchant, window): (&Merchant, Option<&Window>),
        offer: &Signed<Offer>,
    ) -> Result<Response, Problem> {
        let (app, w, files) = (self.app, self.words(), self.app.widget.files());
        let (mark, host) = self.marks(merchant, window);
        let facts = FrameFacts {
            locale: w.locale(),
            agent: app.config.agent_name.get(w.locale()),
            agent_contact: contact(app),
            keys: &app.keys.verifying_keys(),
            merchant,
            host: window.zip(host.as_ref()),
            now: app.clock.now(),
            rules: &app.plans,
            mark: &mark,
            offer: &offer.claimed()?,
            signed_offer: offer,
            method: self.parameter("method"),
            quantity: self.parameter("quantity").and_then(|text| text.parse().ok()),
            reference: &self.reference(),
            other_url: &with_locale(self.uri, w.other_tag()),
            files: &files,
        };
        let policy = self.policy(merchant, window);
        let mut answer = self.answer(StatusCode::OK, &policy, frame::page(&facts));
        preload(&mut answer, &facts);
        Ok(answer)
    }

    fn policy(&self, merchant: &Merchant, window: Option<&Window>) -> String {
        let files = self.app.widget.files();
        let (css, boot) = (files.inline("widget.css").1, files.inline("boot.js").1);
        frame_policy(merchant, css, boot, self.around(merchant, window))
    }

    /// In whose pages the product may be shown.
    fn around<'w>(&self, merchant: &'w Merchant, window: Option<&'w Window>) -> Ancestors<'w> {
        match window {
            Some(window) => Ancestors::Of(&window.origins),
            None => Ancestors::of(Some(merchant), self.is_framed),
        }
    }

    /// The agent's word on who sells, and on whose page it is where that is another's.
    fn marks(
        &self,
        seller: &Merchant,
        window: Option<&Window>,
    ) -> (Signed<Mark>, Option<Signed<Mark>>) {
        let (marks, keys, now) = (&self.app.marks, &self.app.keys, self.app.clock.now());
        match window {
            None => (marks.current(seller, keys, now), None),
            Some(window) => {
                let host = marks.current(&window.host, keys, now);
                (marks.within(seller, window, keys, now), Some(host))
            }
        }
    }

    /// The shop's own id for this visit; a longer one than any shop needs is cut.
    fn reference(&self) -> String {
        let all = Query::<HashMap<String, String>>::try_from_uri(self.uri);
        let mut reference = all.ok().and_then(|Query(mut all)| all.remove("ref"));
        reference.take().unwrap_or_default().chars().take(REFERENCE_MAX).collect()
    }

    /// Why a page that the merchant did not register does not frame this one. Browsers refuse that
    /// by the policy; this is so that the shopper, and whoever set it up, read why.
    fn elsewhere(&self, origins: &[String]) -> Option<Problem> {
        let text = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        let in_frame = matches!(text("sec-fetch-dest"), Some("iframe" | "frame"));
        let from = text("referer").and_then(origin_of).filter(|_| in_frame)?;
        if origin_of(&self.app.config.public_url) == Some(from) {
            return None;
        }
        lookalike::check(from, origins).err()
    }

    fn unregistered(&self, problem: Problem) -> Response {
        let script = Inline::new(UNREGISTERED_SCRIPT);
        let w = self.words();
        let why = problem.text(w.locale());
        let view = Unregistered { w, css: &style().text, code: problem.code(), why };
        let policy = note_policy(&script, Ancestors::Any);
        self.answer(StatusCode::FORBIDDEN, &policy, rendered(&view))
    }

    /// Says what is wrong, that nothing was charged, and what to do; tells the loader too.
    fn failure(&self, problem: Problem, merchant: Option<&Merchant>) -> Response {
        let w = self.words();
        let agent = self.app.config.agent_name.get(w.locale());
        let shop = merchant.map_or(w.get("page.the_shop"), |shop| shop.name.get(w.locale()));
        let names = [("shop", shop), ("agent", agent)];
        let script = Inline::new(include_str!("../../templates/failed.js"));
        let view = Failed {
            w,
            css: &style().text,
            script: &script.text,
            problem,
            names: &names,
            what: problem.text(w.locale()),
            next: super::pages::next_step(problem.next_step(), w, &names),
            owner: self.owner_note(problem, w),
            again: self.uri.path_and_query().map_or("/", |here| here.as_str()),
        };
        let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::NOT_FOUND);
        let ancestors = Ancestors::of(merchant, self.is_framed);
        self.answer(status, &note_policy(&script, ancestors), rendered(&view))
    }

    /// What whoever set up the shop's page wants to know.
    fn owner_note(&self, problem: Problem, w: Words) -> String {
        let (merchant, item) = (self.parameter("merchant"), self.parameter("item"));
        let values = [
            ("merchant", merchant.unwrap_or("")),
            ("item", item.unwrap_or("")),
            ("code", problem.code()),
        ];
        match problem {
            Problem::UnknownMerchant => w.fill("page.owner_unknown", &values),
            _ => w.fill("page.owner_item", &values),
        }
    }

    fn answer(&self, status: StatusCode, policy: &str, html: String) -> Response {
        let is_small = takes_brotli(self.headers);
        let body = if is_small { brotli(html.as_bytes(), QUALITY) } else { html.into_bytes() };
        let mut answer = answer(status, policy, body);
        let headers = answer.headers_mut();
        if is_small {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
        }
        for (name, value) in FRAME_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        answer
    }
}

/// The program's files, asked for before the page is read.
fn preload(answer: &mut Response, facts: &FrameFacts<'_>) {
    if facts.files.is_whole {
        let program = facts.program();
        let glue = address(facts.files, &program.glue(facts.locale));
        let wasm = address(facts.files, program.wasm);
        let link = format!(
            "<{glue}>; rel=modulepreload, \
             <{wasm}>; rel=preload; as=fetch; type=\"application/wasm\"; crossorigin"
        );
        if let Ok(link) = HeaderValue::from_str(&link) {
            answer.headers_mut().insert(header::LINK, link);
        }
    }
}

/// Where people reach the agent: they may answer its letters.
fn contact(app: &App) -> &str {
    app.config.smtp.as_ref().map_or(&app.config.public_url, |smtp| &smtp.from)
}

#[derive(Template)]
#[template(path = "unregistered.html")]
struct Unregistered<'a> {
    w: Words,
    css: &'a str,
    code: &'static str,
    why: &'static str,
}

#[derive(Template)]
#[template(path = "failed.html")]
struct Failed<'a> {
    w: Words,
    css: &'a str,
    script: &'a str,
    problem: Problem,
    names: &'a [(&'a str, &'a str)],
    what: &'static str,
    next: String,
    owner: String,
    again: &'a str,
}

/// Frames of any page may load it where the policy lets them, also of isolated ones.
const FRAME_HEADERS: [(&str, &str); 5] = [
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "unsafe-none"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("permissions-policy", PERMISSIONS),
    ("vary", "accept-encoding, accept-language"),
];

const PERMISSIONS: &str = "camera=(), clipboard-write=(self), display-capture=(), geolocation=(), \
     microphone=(), publickey-credentials-get=(self), usb=()";

/// Made for one visit: more effort would cost the shopper more time than it saves.
const QUALITY: u32 = 5;

/// A reference longer than this is cut.
const REFERENCE_MAX: usize = 200;

/// As it stands in `www/unregistered.html`.
const UNREGISTERED_SCRIPT: &str =
    "if (parent !== window) parent.postMessage({ warifu: 1, type: \"unregistered\" }, \"*\");";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_the_script_that_stands_in_the_page() {
        let page = include_str!("../../../www/unregistered.html");
        assert!(page.contains(&format!("<script>{UNREGISTERED_SCRIPT}</script>")));
    }
}
