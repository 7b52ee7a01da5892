//! Somebody at the agent's own pages: a browser without script, with at most one cookie.

use std::time::Duration;

use reqwest::{Method, StatusCode};

use crate::market::Market;

/// A browser.
pub struct Visitor<'a> {
    market: &'a Market,
    pub cookie: Option<String>,
    /// The page from which forms are sent, if it says.
    pub origin: Option<String>,
}

/// What a browser got.
pub struct Page {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub html: String,
}

impl Market {
    pub fn visitor(&self) -> Visitor<'_> {
        Visitor { market: self, cookie: None, origin: Some(self.url("")) }
    }

    /// Somebody signed in by a mailed code.
    pub async fn signed_in(&self, email: &str) -> Visitor<'_> {
        let mut visitor = self.visitor();
        let before = self.codes().await.len();
        let asked = visitor.post("/sign-in", &[("email", email)]).await;
        let code = self.mailed_code(before + 1).await;
        let form = [("about", asked.hidden("about")), ("code", code)];
        let entered = visitor.post("/sign-in/code", &as_pairs(&form)).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.html);
        visitor
    }

    /// Waits for this many letters with codes; the newest code.
    pub async fn mailed_code(&self, letters: usize) -> String {
        for _ in 0..2400 {
            let mut codes = self.codes().await;
            if codes.len() >= letters {
                return codes.swap_remove(0);
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{} codes, not {letters}", self.codes().await.len());
    }

    /// The codes in all letters, newest first.
    async fn codes(&self) -> Vec<String> {
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
        let letters = self.letters(0).await;
        let codes = letters.iter().filter_map(|letter| letter.text.lines().find(is_code));
        codes.map(str::to_owned).collect()
    }
}

pub fn as_pairs<'a>(form: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    form.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

impl Visitor<'_> {
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[]).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        self.send(Method::POST, path, form).await
    }

    /// Sends a form as the page at `from` would: with its hidden token.
    pub async fn submit(&mut self, from: &str, to: &str, form: &[(&str, &str)]) -> Page {
        let token = self.get(from).await.hidden("form_token");
        let mut form = form.to_vec();
        form.push(("form_token", &token));
        self.post(to, &form).await
    }

    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.market.http.request(method.clone(), self.market.url(path));
        let mut request = request.header("accept", "text/html").header("accept-language", "en");
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if method == Method::POST {
            let body: Vec<_> = form.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.join("&"));
            if let Some(origin) = &self.origin {
                request = request.header("origin", origin);
            }
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        if let Some(set) = headers.get("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        Page { status, headers, html: answer.text().await.unwrap() }
    }
}

impl Page {
    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        self.between(&format!("name=\"{name}\" value=\""), "\"")
    }

    pub fn between(&self, before: &str, after: &str) -> String {
        let rest = self.html.split_once(before).map(|(_, rest)| rest);
        let found = rest.and_then(|rest| rest.split_once(after)).map(|(found, _)| found);
        found.unwrap_or_else(|| panic!("no {before} in {}", self.html)).to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn has(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    pub fn screen(&self) -> String {
        self.between("data-screen=\"", "\"")
    }
}

fn encoded(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let one = |b: u8| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    value.bytes().map(one).collect()
}
