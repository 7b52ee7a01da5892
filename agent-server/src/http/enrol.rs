//! Enrolment (¶44): an address, the code that was mailed to it, a security code of one's own, and
//! there is a contract. Without script and without cookies, alone or inside a purchase.

use askama::Template;
use axum::{
    Router,
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use shared_protocol::{ContractNumber, Field, Problem, read_field};

use super::{
    form::{Asked, FormPage, Place},
    pages::Shell,
    peer::Caller,
    problem::Refused,
    session::{OwnForm, begin_session},
};
use crate::{
    app::App,
    domain::{
        account::{BadCode, new_code},
        enrolment::{self, Issued, written},
        mailed_code::{self, Step, Tried, form_token},
        session::Proof,
    },
    texts,
};

/// Its routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/enrol", get(show).post(send))
        .route("/enrol/code", post(prove))
        .route("/enrol/contract", post(issue))
        .route("/enrolled.js", get(script))
}

/// The flow at one request.
struct Flow<'a> {
    app: &'a App,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    place: &'a Place,
}

async fn show(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    if !app.config.enrolment.open {
        return Err(Problem::NotFound.into());
    }
    let place = Place::of(&app, &uri).await;
    let flow = Flow { app: &app, uri: &uri, headers: &headers, place: &place };
    Ok(flow.address("", None).answer())
}

async fn send(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Caller(network): Caller,
    OwnForm(form): OwnForm<Address>,
) -> Result<Response, Refused> {
    if !app.config.enrolment.open {
        return Err(Problem::NotFound.into());
    }
    let place = Place::of(&app, &uri).await;
    let flow = Flow { app: &app, uri: &uri, headers: &headers, place: &place };
    let locale = Place::locale(&uri, &headers);
    let email = match read_field(Field::ContactEmail, &form.email, str::to_owned) {
        Ok(email) => email,
        Err(wrong) => {
            let wrong = wrong.text(Field::ContactEmail, locale);
            return Ok(flow.address(&form.email, Some(wrong)).answer());
        }
    };
    Ok(match mailed_code::ask(&app, network, email.clone(), locale, true).await {
        Ok(id) => flow.code(form_token(id, Step::Asked, &app.keys), Some(&email), None).answer(),
        Err(problem) => flow.address(&email, None).refused(problem),
    })
}

async fn prove(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    Caller(network): Caller,
    OwnForm(form): OwnForm<Typed>,
) -> Response {
    let place = Place::of(&app, &uri).await;
    let flow = Flow { app: &app, uri: &uri, headers: &headers, place: &place };
    let again = |error| flow.code(form.about.clone(), None, error);
    match mailed_code::prove(&app, network, &form.about, &form.code).await {
        Ok((id, Tried::Right)) => flow.choose(form_token(id, Step::Proved, &app.keys)).answer(),
        Ok((_, Tried::Wrong(left))) => again(Some(left)).answer(),
        Ok((_, Tried::Over)) | Err(Problem::FormExpired) => flow.over().answer(),
        Err(problem) => again(None).refused(problem),
    }
}

async fn issue(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    OwnForm(form): OwnForm<Chosen>,
) -> Result<Response, Refused> {
    let place = Place::of(&app, &uri).await;
    let flow = Flow { app: &app, uri: &uri, headers: &headers, place: &place };
    let code = match new_code(&form.code) {
        Ok(code) if form.accept.is_some() => code,
        outcome => return Ok(flow.choose_again(form.about, outcome.err()).answer()),
    };
    match enrolment::issue(&app, &form.about, &code).await {
        Ok(issued) => flow.done(issued).await,
        Err(Problem::FormExpired) => Ok(flow.over().answer()),
        Err(problem) => Ok(flow.choose(form.about).refused(problem)),
    }
}

/// What the last page says to the purchase around it.
async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, include_str!("../../../www/enrolled.js"))
}

impl<'a> Flow<'a> {
    fn page(&self, screen: &'static str, title: &'static str, to: &str) -> FormPage<'a> {
        let shell = self.place.shell(self.app, self.uri, self.headers, "/enrol");
        FormPage {
            title: shell.w.get(title),
            button: shell.w.get("form.next"),
            place: self.place,
            screen,
            lead: Vec::new(),
            action: self.place.at(to),
            hidden: Vec::new(),
            fields: Vec::new(),
            error: None,
            back: None,
            passkey: None,
            links: Vec::new(),
            shell,
        }
    }

    fn address(&self, typed: &str, wrong: Option<String>) -> FormPage<'a> {
        let page = self.page("enrol", "enrol.title", "/enrol");
        let w = page.shell.w;
        let field = Asked::text("email", w.get("form.email"), "email", "email");
        let links = match self.place.is_inline() {
            true => Vec::new(),
            false => vec![(self.place.at("/sign-in"), w.get("enrol.have_one"))],
        };
        FormPage {
            lead: vec![w.fill("enrol.lead", &[("agent", page.shell.agent)])],
            fields: vec![field.hint(w.get("enrol.email_hint")).typed(typed, wrong)],
            links,
            ..page
        }
    }

    fn code(&self, about: String, email: Option<&str>, left: Option<u32>) -> FormPage<'a> {
        let page = self.page("code", "form.code_title", "/enrol/code");
        FormPage {
            links: vec![(self.place.at("/enrol"), page.shell.w.get("form.code_again"))],
            ..page
        }
        .asking_code(about, email, left)
    }

    fn choose(&self, about: String) -> FormPage<'a> {
        let page = self.page("choose", "enrol.choose", "/enrol/contract");
        let w = page.shell.w;
        let limit = self.app.config.enrolment.limit().map(texts::amount).unwrap_or_default();
        let accept = w.fill("enrol.accept", &[("limit", limit.as_str())]);
        let code = Asked::digits("code", w.get("enrol.code"), "new-password");
        FormPage {
            lead: vec![w.get("enrol.choose_lead").to_owned()],
            hidden: vec![("about", about)],
            fields: vec![
                code.hint(w.get("enrol.code_hint")),
                Asked::text("accept", &accept, "checkbox", "off"),
            ],
            button: w.get("enrol.issue"),
            ..page
        }
    }

    fn choose_again(&self, about: String, wrong: Option<BadCode>) -> FormPage<'a> {
        let mut page = self.choose(about);
        let w = page.shell.w;
        let (at, text) = match wrong {
            Some(BadCode::NotDigits) => (0, "code.not_digits"),
            Some(BadCode::Trivial) => (0, "code.trivial"),
            None => (1, "enrol.not_accepted"),
        };
        page.fields[at].error = Some(w.get(text).to_owned());
        page
    }

    /// The code can no more be used: back to the address.
    fn over(&self) -> FormPage<'a> {
        let page = self.address("", None);
        FormPage { error: Some(page.shell.w.get("form.code_over").to_owned()), ..page }
    }

    async fn done(&self, issued: Issued) -> Result<Response, Refused> {
        let shell = self.place.shell(self.app, self.uri, self.headers, "/enrol");
        let limit = self.app.config.enrolment.limit().map(texts::amount).unwrap_or_default();
        let written = written(&issued.number);
        let page = Enrolled { shell, place: self.place, number: issued.number, written, limit };
        let mut answer = self.place.answer(StatusCode::OK, &page);
        if !self.place.is_inline() {
            let cookie = begin_session(self.app, issued.contract, Proof::Address).await?;
            answer.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        Ok(answer)
    }
}

impl FormPage<'_> {
    /// Asks for a code that was mailed; `left`: the last one was wrong, and so many tries are left.
    pub fn asking_code(mut self, about: String, email: Option<&str>, left: Option<u32>) -> Self {
        let w = self.shell.w;
        let wrong = left.map(|left| w.fill("form.code_wrong", &[("left", &left.to_string())]));
        let lead = match email {
            Some(email) => w.fill("form.code_lead", &[("email", email)]),
            None => w.get("form.code_lead_again").to_owned(),
        };
        let field = Asked::digits("code", w.get("form.code"), "one-time-code");
        self.lead = vec![lead];
        self.hidden = vec![("about", about)];
        self.fields = vec![field.hint(w.get("form.code_hint")).typed("", wrong)];
        self
    }
}

/// An address.
#[derive(Deserialize)]
pub struct Address {
    /// As it was typed.
    #[serde(default)]
    pub email: String,
}

/// A code that was mailed.
#[derive(Deserialize)]
pub struct Typed {
    /// What it is about.
    #[serde(default)]
    pub about: String,
    /// As it was typed.
    #[serde(default)]
    pub code: String,
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    about: String,
    #[serde(default)]
    code: String,
    accept: Option<String>,
}

#[derive(Template)]
#[template(path = "enrolled.html")]
struct Enrolled<'a> {
    shell: Shell<'a>,
    place: &'a Place,
    number: ContractNumber,
    written: String,
    limit: String,
}
