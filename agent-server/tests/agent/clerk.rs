//! An operator at the console: a browser with one cookie, and a passkey in software.

use agent_server::{
    domain::operator::{Invitation, LinkToken, Role, invite},
    entropy::Entropy,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    authenticator::{Authenticator, Moment, assertion, registration, unbase64},
    market::Market,
};

/// An operator.
pub struct Clerk<'m> {
    pub market: &'m Market,
    pub cookie: String,
    pub passkey: Authenticator,
    /// How often it signed.
    pub counter: u32,
}

/// What a page or a form answered.
pub struct Answer {
    pub status: StatusCode,
    pub to: String,
    pub cookie: String,
    pub text: String,
}

/// How a request is made that may be let in or not.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    pub cookie: Option<&'a str>,
    pub origin: Option<&'a str>,
    pub site: Option<&'a str>,
    pub token: Option<&'a str>,
    pub form: &'a [(&'a str, &'a str)],
    pub json: Option<Value>,
}

impl Market {
    /// Asks the console for something.
    pub async fn ask_console(&self, method: Method, path: &str, ask: Ask<'_>) -> Answer {
        let mut request = self.http.request(method.clone(), self.url(path));
        request = request.header("accept-language", "en");
        for (name, value) in [
            ("cookie", ask.cookie),
            ("origin", ask.origin),
            ("sec-fetch-site", ask.site),
            ("x-form-token", ask.token.filter(|_| ask.json.is_some())),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if let Some(json) = &ask.json {
            request = request.header("content-type", "application/json").body(json.to_string());
        } else if method == Method::POST {
            let token = ask.token.map(|token| ("form_token", token));
            let pairs = ask.form.iter().copied().chain(token);
            let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
            let kind = "application/x-www-form-urlencoded";
            request = request.header("content-type", kind).body(pairs.join("&"));
        }
        let answer = request.send().await.unwrap();
        let header = |name: &str| {
            let value = answer.headers().get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        let (to, cookie) = (header("location"), header("set-cookie"));
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Answer { status: answer.status(), to, cookie, text: answer.text().await.unwrap() }
    }

    /// A link for a new operator.
    pub async fn link(&self, name: &str, role: Role) -> LinkToken {
        let store = &self.agent.app.store;
        let new = Invitation::New(name, role);
        invite(store, &Entropy::new(), new, self.now()).await.unwrap().unwrap()
    }

    /// A new operator who has come in by a link.
    pub async fn clerk(&self, name: &str, role: Role) -> Clerk<'_> {
        let token = self.link(name, role).await.expose();
        self.clerk_by(&token).await
    }

    /// The operator whose link this is.
    pub async fn clerk_by(&self, token: &str) -> Clerk<'_> {
        let at = format!("/console/enrol/{token}");
        let mut passkey = Authenticator::new();
        let options = self.json_to(&format!("{at}/options"), json!({})).await;
        let options: Value = serde_json::from_str(&options.text).unwrap();
        passkey.user_handle = unbase64(&options["user"]["id"]);
        let moment = Moment::new("webauthn.create", &unbase64(&options["challenge"]));
        let entered = self.json_to(&at, registration(&passkey, &moment)).await;
        assert_eq!(entered.status, StatusCode::OK, "{}", entered.text);
        Clerk { market: self, cookie: entered.cookie, passkey, counter: 0 }
    }

    /// JSON as the script sends it, of nobody who is signed in.
    pub async fn json_to(&self, path: &str, json: Value) -> Answer {
        let origin = self.url("");
        let ask = Ask { origin: Some(&origin), json: Some(json), ..Ask::default() };
        self.ask_console(Method::POST, path, ask).await
    }
}

impl Clerk<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        let ask = Ask { cookie: Some(&self.cookie), ..Ask::default() };
        self.market.ask_console(Method::GET, path, ask).await
    }

    /// A page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// The token in the forms of this session.
    pub async fn token(&self) -> String {
        let page = self.page("/console").await;
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let (token, origin) = (self.token().await, self.market.url(""));
        let ask = Ask {
            cookie: Some(&self.cookie),
            origin: Some(&origin),
            token: Some(&token),
            form,
            ..Ask::default()
        };
        self.market.ask_console(Method::POST, path, ask).await
    }

    pub async fn post_json(&self, path: &str, json: Value) -> Answer {
        let (token, origin) = (self.token().await, self.market.url(""));
        let ask = Ask {
            cookie: Some(&self.cookie),
            origin: Some(&origin),
            token: Some(&token),
            json: Some(json),
            ..Ask::default()
        };
        self.market.ask_console(Method::POST, path, ask).await
    }

    /// Hands in a file, in a form that holds this token.
    pub async fn uploads(&self, path: &str, token: &str, name: &str, file: &str) -> Answer {
        let part = |name: &str, more: &str, text: &str| {
            format!(
                "--b\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n"
            )
        };
        let (token, file) = (part("form_token", "", token), part(name, "; filename=\"f\"", file));
        let request = self.market.http.post(self.market.url(path));
        let request = request.header("cookie", &self.cookie).header("origin", self.market.url(""));
        let request = request.header("content-type", "multipart/form-data; boundary=b");
        let sent = request.body(format!("{token}{file}--b--\r\n")).send().await.unwrap();
        let to = sent.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        Answer {
            status: sent.status(),
            to: to.unwrap_or_default(),
            cookie: String::new(),
            text: sent.text().await.unwrap(),
        }
    }

    /// Asks for a movement of money; the address of what was written down.
    pub async fn drafts(&self, form: &[(&str, &str)]) -> String {
        let answer = self.post("/console/proposals", form).await;
        assert!(answer.to.contains("said=drafted"), "{} {}", answer.to, answer.text);
        answer.to.split('?').next().unwrap().to_owned()
    }

    /// What a passkey is asked to sign for a proposal.
    pub async fn challenge(&self, proposal: &str) -> Vec<u8> {
        let options = self.post_json(&format!("{proposal}/options"), json!({})).await;
        assert_eq!(options.status, StatusCode::OK, "{}", options.text);
        let options: Value = serde_json::from_str(&options.text).unwrap();
        unbase64(&options["challenge"])
    }

    /// Signs this challenge, and sends it for that proposal.
    pub async fn sends(&mut self, proposal: &str, challenge: &[u8]) -> Answer {
        self.counter += 1;
        let moment = Moment { counter: self.counter, ..Moment::new("webauthn.get", challenge) };
        self.post_json(proposal, assertion(&self.passkey.assert(&moment))).await
    }

    /// Signs a proposal; what is said of it.
    pub async fn signs(&mut self, proposal: &str) -> String {
        let challenge = self.challenge(proposal).await;
        let answer = self.sends(proposal, &challenge).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let next: Value = serde_json::from_str(&answer.text).unwrap();
        next["next"].as_str().unwrap().split_once("said=").unwrap().1.to_owned()
    }

    /// How a proposal stands.
    pub async fn standing(&self, proposal: &str) -> String {
        let page = self.page(proposal).await;
        let (_, rest) = page.split_once("data-standing=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Signs in anew by passkey.
    pub async fn signs_in(&mut self) {
        let options = self.market.json_to("/console/sign-in/options", json!({})).await;
        let options: Value = serde_json::from_str(&options.text).unwrap();
        self.counter += 1;
        let challenge = unbase64(&options["challenge"]);
        let moment = Moment { counter: self.counter, ..Moment::new("webauthn.get", &challenge) };
        let said = assertion(&self.passkey.assert(&moment));
        let entered = self.market.json_to("/console/sign-in", said).await;
        assert_eq!(entered.status, StatusCode::OK, "{}", entered.text);
        self.cookie = entered.cookie;
    }
}
