//! The agent's own pages as a shopper meets them in a browser: enrolment, sign-in, settings.

use std::time::Duration;

use anyhow::Context as _;
use thirtyfour::prelude::*;

use crate::{Browser, Result, Shop};

/// A browser at the agent's own pages.
pub struct OwnPages<'a> {
    shop: &'a Shop,
    browser: &'a Browser,
}

impl<'a> OwnPages<'a> {
    /// Wherever the browser is now.
    pub fn new(shop: &'a Shop, browser: &'a Browser) -> Self {
        Self { shop, browser }
    }

    /// Signed in by a mailed code.
    pub async fn signed_in(shop: &'a Shop, browser: &'a Browser, address: &str) -> Result<Self> {
        let pages = Self::new(shop, browser);
        pages.open("/sign-in").await?;
        pages.prove(address).await?;
        pages.wait_for("me").await?;
        Ok(pages)
    }

    /// Opens a page.
    pub async fn open(&self, path: &str) -> Result {
        self.browser.leave_frames().await?;
        let url = format!("{}{path}", self.shop.agent.url);
        Ok(self.browser.driver.goto(url).await?)
    }

    /// Gets a contract with this security code; its number, as it is written.
    pub async fn enrol(&self, address: &str, code: &str) -> Result<String> {
        self.open("/enrol").await?;
        self.finish_enrolment(address, code).await?;
        self.wait_for("enrolled").await?;
        self.text("[data-test=\"contract-number\"]").await
    }

    /// From the form for an address to the security code, wherever it stands.
    pub async fn finish_enrolment(&self, address: &str, code: &str) -> Result {
        self.wait_for("enrol").await?;
        self.prove(address).await?;
        self.wait_for("choose").await?;
        self.browser.find(By::Id("accept")).await?.click().await?;
        self.send(&[("code", code)]).await
    }

    /// Types an address and then the code that is mailed to it.
    async fn prove(&self, address: &str) -> Result {
        let letters = self.shop.post.letters()?.len();
        self.send(&[("email", address)]).await?;
        self.wait_for("code").await?;
        let code = self.shop.post.wait_for(letters + 1).await?.code()?;
        self.send(&[("code", &code)]).await
    }

    /// Types into the fields of these names and presses the button below them.
    pub async fn send(&self, fields: &[(&str, &str)]) -> Result {
        for (name, text) in fields {
            let field = self.browser.find(By::Css(format!("input[name=\"{name}\"]"))).await?;
            field.clear().await?;
            field.send_keys(*text).await?;
        }
        self.press("button.go").await
    }

    /// Presses a button.
    pub async fn press(&self, css: &str) -> Result {
        let button = self.browser.find(By::Css(css)).await?;
        button.scroll_into_view().await?;
        button.click().await.with_context(|| format!("pressing {css}"))
    }

    /// Waits until this is the page.
    pub async fn wait_for(&self, screen: &str) -> Result {
        let css = format!("main[data-screen=\"{screen}\"]");
        for _ in 0..600 {
            if self.browser.driver.find(By::Css(css.as_str())).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("waited a minute for {screen}, still:\n{}", self.text("body").await?)
    }

    /// What is read in the first element of this selector, also where it is folded away.
    pub async fn text(&self, css: &str) -> Result<String> {
        let found = self.browser.find(By::Css(css)).await?;
        Ok(found.prop("textContent").await?.unwrap_or_default())
    }
}
