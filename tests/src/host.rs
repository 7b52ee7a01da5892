//! Host pages of the tests' own: any HTML under any headers, served from a registered origin.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::Result;

/// A tiny web server with one page.
#[derive(Clone)]
pub struct Host {
    page: Arc<Mutex<Page>>,
    /// Its origin.
    pub url: String,
}

#[derive(Default)]
struct Page {
    headers: String,
    html: String,
}

impl Host {
    /// Starts on a free port, with an empty page.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        let host = Self { page: Arc::default(), url };
        let page = host.page.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let page = page.clone();
                tokio::spawn(async move {
                    let mut request = vec![0; 16 * 1024];
                    if !stream.read(&mut request).await.is_ok_and(|count| count > 0) {
                        return;
                    }
                    let answer = page.lock().expect("no host panics").answer();
                    stream.write_all(answer.as_bytes()).await.ok();
                    stream.shutdown().await.ok();
                });
            }
        });
        Ok(host)
    }

    /// From now on serves this page under these headers (each line ended by CR LF).
    pub fn show(&self, headers: &str, html: &str) {
        *self.page.lock().expect("no host panics") =
            Page { headers: headers.into(), html: html.into() };
    }

    /// A page with so many widgets of the tea shop's and nothing else.
    pub fn show_widgets(&self, agent: &str, items: &[&str]) {
        self.show("", &page(agent, "mrc_tea", items));
    }

    /// A page with one widget of this merchant's, for this item.
    pub fn show_widget(&self, merchant: &str, agent: &str, item: &str) {
        self.show("", &page(agent, merchant, &[item]));
    }

    /// A page with one element, which keeps in `told` all that the element tells it.
    pub fn show_window(&self, agent: &str, element: &str) {
        let keep = "window.told = []; for (const kind of \
            ['ready','screenchange','accepted','failure','cancel','loaderror']) \
            document.addEventListener(kind, ({ detail }) => told.push({ kind, detail }));";
        self.show(
            "",
            &format!(
                "<!doctype html><html lang=\"ja\"><title>店</title><script>{keep}</script>\
                 <script src=\"{agent}/v1/warifu.js\" async></script>{element}"
            ),
        );
    }

    /// A page with one widget of this merchant's, under these headers.
    pub fn show_widget_of(&self, merchant: &str, agent: &str, headers: &str) {
        self.show(headers, &page(agent, merchant, &["TEAPOT-01"]));
    }
}

fn page(agent: &str, merchant: &str, items: &[&str]) -> String {
    let widget = |item: &&str| {
        format!("<warifu-checkout merchant=\"{merchant}\" item=\"{item}\"></warifu-checkout>")
    };
    let widgets: String = items.iter().map(widget).collect();
    let script = format!("<script src=\"{agent}/v1/warifu.js\" async></script>");
    format!("<!doctype html><html lang=\"ja\"><title>店</title>{script}{widgets}")
}

impl Page {
    fn answer(&self) -> String {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nConnection: close\r\n{}\r\n{}",
            self.html.len(),
            self.headers,
            self.html
        )
    }
}
