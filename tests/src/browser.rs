//! A real Chromium, driven through chromedriver (WebDriver), one fresh profile per test.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use serde_json::json;
use thirtyfour::prelude::*;

use crate::{Result, port::free_port};

/// A browser window and the driver that belongs to it.
pub struct Browser {
    /// The window.
    pub driver: WebDriver,
    service: Child,
}

/// How the window differs from an ordinary one.
#[derive(Clone, Copy)]
pub struct Window {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Every cookie and all storage is blocked.
    pub no_storage: bool,
    /// What the shopper's system asks for.
    pub dark: bool,
    /// The browser's own language.
    pub language: &'static str,
    /// Frames of other sites share the page's process, so that one throttle holds for all.
    pub one_process: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            width: 900,
            height: 1200,
            no_storage: false,
            dark: false,
            language: "ja",
            one_process: false,
        }
    }
}

impl Browser {
    /// An ordinary window.
    pub async fn open() -> Result<Self> {
        Self::open_as(Window::default()).await
    }

    /// An ordinary window at this address.
    pub async fn at(url: &str) -> Result<Self> {
        let browser = Self::open().await?;
        browser.driver.goto(url).await?;
        Ok(browser)
    }

    /// A window that differs.
    pub async fn open_as(window: Window) -> Result<Self> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let port = free_port()?;
        let service = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver is missing: run `cargo xtask setup`")?;
        let mut browser = Err(anyhow::anyhow!("chromedriver does not answer"));
        for _ in 0..600 {
            match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities(window)?).await {
                Ok(driver) => {
                    browser = Ok(driver);
                    break;
                }
                Err(error) => browser = Err(error.into()),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let browser = Self { driver: browser?, service };
        browser.open_shadow_roots().await?;
        browser.driver.set_script_timeout(Duration::from_secs(60)).await?;
        Ok(browser)
    }

    /// Closes the window and its driver.
    pub async fn close(mut self) -> Result {
        self.driver.clone().quit().await.ok();
        self.service.kill().ok();
        self.service.wait().ok();
        Ok(())
    }

    /// The first element of this selector in the current frame; waits for it, since what a button
    /// leads to may have begun to come only.
    pub async fn find(&self, by: By) -> Result<WebElement> {
        let what = format!("{by:?}");
        let query = self.driver.query(by).wait(Duration::from_secs(10), Duration::from_millis(100));
        query.first().await.with_context(|| format!("nothing here matches {what}"))
    }

    /// Runs a script in the current frame and reads its result.
    pub async fn script<T: serde::de::DeserializeOwned>(&self, script: &str) -> Result<T> {
        Ok(self.driver.execute(script, Vec::new()).await?.convert()?)
    }

    /// Runs a script before every page's own, in every frame.
    pub async fn before_every_page(&self, source: &str) -> Result {
        let script = json!({ "source": source });
        self.driver.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", script).await?;
        Ok(())
    }

    /// Goes back to the host page.
    pub async fn leave_frames(&self) -> Result {
        Ok(self.driver.enter_default_frame().await?)
    }

    /// The loader's shadow root is closed to pages; WebDriver has to be let in, tab by tab, as an
    /// extension or a screen reader is.
    pub async fn open_shadow_roots(&self) -> Result {
        let source = "const closed = Element.prototype.attachShadow; \
             Element.prototype.attachShadow = function (init) { \
                 return closed.call(this, { ...init, mode: 'open' }); };";
        self.before_every_page(source).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Where a test has failed, nobody waits for a driver that is gone.
        self.driver.clone().leak().ok();
        self.service.kill().ok();
        self.service.wait().ok();
    }
}

fn capabilities(window: Window) -> Result<thirtyfour::ChromeCapabilities> {
    let mut chrome = DesiredCapabilities::chrome();
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
    ] {
        chrome.add_arg(argument)?;
    }
    chrome.add_arg(&format!("--window-size={},{}", window.width, window.height))?;
    chrome.add_arg(&format!("--lang={}", window.language))?;
    if window.one_process {
        chrome.add_arg("--disable-site-isolation-trials")?;
        chrome.add_arg("--disable-features=IsolateOrigins,site-per-process")?;
    }
    if window.dark {
        chrome.add_arg("--blink-settings=preferredColorScheme=0")?;
    }
    let mut preferences = json!({ "intl.accept_languages": window.language });
    if window.no_storage {
        preferences["profile.default_content_setting_values.cookies"] = json!(2);
    }
    chrome.add_experimental_option("prefs", preferences)?;
    Ok(chrome)
}
