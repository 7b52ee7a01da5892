//! "Is this shop's mark genuine?" (`/mark`): a picture that somebody kept is handed in, or a shop's
//! mark is looked at as it is now. Works without script; with it, a picture can be dropped.

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart, OriginalUri, State, multipart::MultipartRejection},
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
    routing::get,
};
use shared_protocol::{Mark, Problem, Verified};

use super::{
    html::{self, Inline},
    pages::{Shell, parameter, rendered},
    policy::{origin_of, script_policy},
};
use crate::{
    app::App,
    domain::{
        mark::{self, Known},
        unavailable,
    },
    marks::reader::{self, PICTURE_MAX},
    texts::{self, Words},
};

/// Its routes.
pub fn routes() -> Router<App> {
    let most = DefaultBodyLimit::max(PICTURE_MAX + FORM_AROUND);
    Router::new().route("/mark", get(show).post(check)).layer(most)
}

/// The form; with `?merchant=` also that shop's mark, judged for the page that led here.
async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let verdict = match parameter(&uri, "merchant") {
        Some(merchant) => Some(current(&app, merchant, from(&app, &headers)).await),
        None => None,
    };
    page(&app, &uri, &headers, verdict)
}

async fn check(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let verdict = match picture(form).await {
        Ok(picture) => kept(&app, &picture).await,
        Err(problem) => Err(problem),
    };
    page(&app, &uri, &headers, Some(verdict))
}

/// A Mark that is the agent's, and what it is worth now; or why there is none.
type Verdict = Result<(Verified<Mark>, Result<(), Problem>), Problem>;

async fn current(app: &App, merchant: &str, from: Option<&str>) -> Verdict {
    let now = app.clock.now();
    let id = merchant.parse().map_err(|_| Problem::UnknownMerchant)?;
    let merchant = app.merchants.get(&id, now).await?;
    let merchant = merchant.using(app.offers.key_in_use(&id), now);
    let signed = app.marks.current(&merchant, &app.keys, now);
    judged(app, app.keys.verify_own(&signed)?, from).await
}

async fn kept(app: &App, picture: &[u8]) -> Verdict {
    let signed = reader::found(picture)?;
    judged(app, app.keys.verify_own(&signed)?, None).await
}

async fn judged(app: &App, mark: Verified<Mark>, from: Option<&str>) -> Verdict {
    let now = app.clock.now();
    let merchant = match app.merchants.get(&mark.merchant, now).await {
        Ok(merchant) => Some(merchant),
        Err(Problem::UnknownMerchant) => None,
        Err(problem) => return Err(problem),
    };
    let revoked = app.store.revoked_serial(&mark.merchant).await.map_err(unavailable)?;
    let known = Known { merchant: merchant.as_deref(), revoked };
    let worth = mark::check(&mark, known, from, now);
    Ok((mark, worth))
}

/// The file in the form.
async fn picture(form: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Problem> {
    let mut form = form.map_err(|_| Problem::MarkMissing)?;
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("picture") {
            let bytes = field.bytes().await.map_err(|_| Problem::MessageTooLarge)?;
            return Ok(bytes.to_vec());
        }
    }
    Err(Problem::MarkMissing)
}

/// The origin of the page that led here, if it was another's.
fn from<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let from = headers.get("referer").and_then(|from| from.to_str().ok()).and_then(origin_of)?;
    (Some(from) != origin_of(&app.config.public_url)).then_some(from)
}

fn page(app: &App, uri: &Uri, headers: &HeaderMap, verdict: Option<Verdict>) -> Response {
    let shell = Shell::new(app, uri, headers);
    let status = match &verdict {
        Some(Err(problem) | Ok((_, Err(problem)))) => StatusCode::from_u16(problem.status()).ok(),
        Some(Ok((_, Ok(())))) | None => None,
    };
    let script = Inline::new(include_str!("../../templates/mark.js"));
    let view = MarkPage {
        said: verdict.map(|verdict| Said::of(verdict, shell.w)),
        script: &script.text,
        shell,
    };
    let policy = script_policy(&script);
    html::answer(status.unwrap_or(StatusCode::OK), &policy, rendered(&view))
}

/// What the page says of a Mark.
struct Said {
    /// `good`, `old` or `bad`.
    state: &'static str,
    code: &'static str,
    title: &'static str,
    why: &'static str,
    rows: Vec<(&'static str, String)>,
}

impl Said {
    fn of(verdict: Verdict, w: Words) -> Self {
        let (state, title, problem, mark) = match verdict {
            Ok((mark, Ok(()))) => ("good", "proof.good", None, Some(mark)),
            Ok((mark, Err(problem))) => ("old", "proof.old", Some(problem), Some(mark)),
            Err(problem) => ("bad", "proof.bad", Some(problem), None),
        };
        Self {
            state,
            code: problem.map_or("", Problem::code),
            title: w.get(title),
            why: problem.map_or(w.get("proof.good_why"), |problem| problem.text(w.locale())),
            rows: mark.map(|mark| rows(&mark, w)).unwrap_or_default(),
        }
    }
}

/// Who vouches, for whom, where, from when until when.
fn rows(mark: &Mark, w: Words) -> Vec<(&'static str, String)> {
    let locale = w.locale();
    let at = |at| texts::minute(at, locale);
    let valid = [("from", at(mark.valid_from)), ("until", at(mark.valid_until))];
    let valid = valid.each_ref().map(|(name, at)| (*name, at.as_str()));
    vec![
        (w.get("mark.shop"), format!("{} ({})", mark.name.get(locale), mark.merchant)),
        (w.get("proof.seller"), mark.legal_notice.get(locale).to_owned()),
        (w.get("mark.origin"), mark.origins.join("\n")),
        (w.get("mark.agent"), format!("{} ({})", mark.agent_name.get(locale), mark.agent)),
        (w.get("mark.valid"), w.fill("mark.valid_range", &valid)),
        (w.get("mark.serial"), mark.serial.to_string()),
    ]
}

#[derive(Template)]
#[template(path = "mark.html")]
struct MarkPage<'a> {
    shell: Shell<'a>,
    said: Option<Said>,
    script: &'a str,
}

/// What a browser writes around the file.
const FORM_AROUND: usize = 4096;
