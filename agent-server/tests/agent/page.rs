//! A browser, as far as these tests need one: asks for HTML, does not follow where it is sent,
//! and reads what a page says and what its policy allows.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use reqwest::{Method, RequestBuilder, Response};
use ring::digest::{SHA256, digest};

use crate::market::Market;

/// A page that came.
pub struct Page {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub html: String,
}

impl Market {
    /// Opens a page as a browser does.
    pub async fn page(&self, path: &str) -> Page {
        Page::of(self.browse(Method::GET, path).send().await.unwrap()).await
    }

    /// A browser's request.
    pub fn browse(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        request.header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// Presses a button of a form.
    pub async fn press(&self, path: &str, button: &'static str) -> Page {
        let request = self.browse(Method::POST, path).body(button);
        let kind = "application/x-www-form-urlencoded";
        Page::of(request.header("content-type", kind).send().await.unwrap()).await
    }
}

impl Page {
    pub async fn of(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, html: response.text().await.unwrap() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }

    /// What the policy allows for one kind of thing.
    pub fn allows(&self, kind: &str) -> Vec<&str> {
        let policy = self.header("content-security-policy");
        let directive = policy.split("; ").find(|directive| directive.starts_with(kind));
        directive.map(|all| all.split(' ').skip(1).collect()).unwrap_or_default()
    }

    /// The contents of the page's meta element of this name.
    pub fn meta(&self, name: &str) -> &str {
        let start = format!("<meta name=\"{name}\" content=\"");
        let (_, rest) = self.html.split_once(&start).unwrap_or_else(|| panic!("no {name}"));
        rest.split('"').next().unwrap()
    }

    /// Everything in the page that the browser would run or apply is named by its digest.
    pub fn assert_runs_only_what_is_named(&self) {
        for (open, kind) in [("<script>", "script-src"), ("<style>", "style-src")] {
            for inline in self.html.split(open).skip(1) {
                let end = open.replace('<', "</");
                let text = inline.split(end.as_str()).next().unwrap();
                let digest = BASE64.encode(digest(&SHA256, text.as_bytes()));
                let source = format!("'sha256-{digest}'");
                assert!(self.allows(kind).contains(&source.as_str()), "{kind} lacks {source}");
            }
        }
        let tags = self.html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap());
        for tag in tags {
            let refused = [" onclick=", " onerror=", " onload=", " style="];
            assert!(!refused.iter().any(|attribute| tag.contains(attribute)), "<{tag}>");
        }
    }
}
