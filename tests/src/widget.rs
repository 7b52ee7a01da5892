//! The widget as a shopper meets it, found by the stable hooks of its contract alone.

use std::time::Duration;

use anyhow::{Context as _, bail};
use thirtyfour::{error::WebDriverErrorInner, prelude::*};

use crate::{Browser, Result};

/// One `<warifu-checkout>` on the current page, with the driver inside its frame.
pub struct Widget<'a> {
    browser: &'a Browser,
    index: usize,
}

/// What a good shopper types, by field name.
pub const GOOD: &[(&str, &str)] = &[
    ("contact.name", "山田 花子"),
    ("contact.kana", "ヤマダ ハナコ"),
    ("contact.email", "hanako@example.jp"),
    ("contact.phone", "03-1234-5678"),
    ("delivery.postal_code", "104-0061"),
    ("delivery.region", "JP-13"),
    ("delivery.locality", "中央区"),
    ("delivery.line1", "銀座1-2-3"),
    ("delivery.line2", "茶ビル 4F"),
    ("payment.contract_number", "C-9000-0000-0001"),
    ("payment.code", "2468"),
];

impl<'a> Widget<'a> {
    /// Enters the frame of the first widget on the page.
    pub async fn enter(browser: &'a Browser) -> Result<Self> {
        Self::enter_nth(browser, 0).await
    }

    /// Enters the frame of the widget at `index`, counted from 0.
    pub async fn enter_nth(browser: &'a Browser, index: usize) -> Result<Self> {
        let widget = Self { browser, index };
        widget.focus_frame().await?;
        Ok(widget)
    }

    /// What is on the page itself: a page of the agent's alone in its window.
    pub fn alone(browser: &'a Browser) -> Self {
        Self { browser, index: 0 }
    }

    /// Enters the frame again, for example after looking at the host page.
    pub async fn focus_frame(&self) -> Result {
        self.browser.leave_frames().await?;
        let driver = &self.browser.driver;
        for _ in 0..600 {
            let hosts = driver.find_all(By::Css("warifu-checkout")).await?;
            if let Some(host) = hosts.get(self.index)
                && let Ok(root) = host.get_shadow_root().await
                && let Ok(frame) = root.find(By::Css("iframe")).await
            {
                frame.enter_frame().await?;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("there is no widget {} on the page", self.index)
    }

    /// The name of the current screen.
    pub async fn screen(&self) -> Result<String> {
        let main = self.browser.driver.find(By::Css("main[data-screen]")).await?;
        main.attr("data-screen").await?.context("no data-screen")
    }

    /// Waits until the screen is this one.
    pub async fn wait_for(&self, screen: &str) -> Result {
        let mut seen = String::new();
        for _ in 0..600 {
            if let Ok(now) = self.screen().await {
                if now == screen {
                    return Ok(());
                }
                seen = now;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let text = self.text("body").await.unwrap_or_default();
        bail!("waited 30 s for {screen}, still {seen}:\n{text}")
    }

    /// Waits until the Wasm program has taken over.
    pub async fn wait_alive(&self) -> Result {
        for _ in 0..600 {
            let alive = "return document.documentElement.dataset.program === 'running'";
            if self.browser.script::<bool>(alive).await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the program did not take over within 30 s")
    }

    /// Presses a button by its `data-test`.
    pub async fn press(&self, button: &str) -> Result {
        let found = self.find(&format!("[data-test=\"{button}\"]")).await?;
        found.scroll_into_view().await?;
        found.click().await.with_context(|| format!("pressing {button}"))
    }

    /// Presses a button that leads to another screen, and waits until this one is gone: one on the
    /// way may be too short to be seen, and the next may have this one's name.
    pub async fn press_away(&self, button: &str) -> Result {
        let here = self.find("main[data-screen]").await?;
        self.press(button).await?;
        for _ in 0..600 {
            if here.tag_name().await.is_err() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("{button} leads nowhere")
    }

    /// Types into a field, or chooses an option, by the field's name; replaces what is there.
    pub async fn fill(&self, name: &str, value: &str) -> Result {
        let field = self.find(&format!("[name=\"{name}\"]")).await?;
        field.scroll_into_view().await?;
        if field.tag_name().await? == "select" {
            let option = field.find(By::Css(format!("option[value=\"{value}\"]"))).await?;
            return option.click().await.with_context(|| format!("choosing {value} in {name}"));
        }
        field.clear().await?;
        field.send_keys(value).await.with_context(|| format!("typing into {name}"))
    }

    /// What a field holds now.
    pub async fn value(&self, name: &str) -> Result<String> {
        let field = self.find(&format!("[name=\"{name}\"]")).await?;
        Ok(field.prop("value").await?.unwrap_or_default())
    }

    /// Fills the whole form as a good shopper does.
    pub async fn fill_good(&self) -> Result {
        for (name, value) in GOOD {
            self.fill(name, value).await?;
        }
        Ok(())
    }

    /// From the product to just before the last button.
    pub async fn go_to_final_check(&self) -> Result {
        self.go_to_details().await?;
        self.fill_good().await?;
        self.press("review").await?;
        self.wait_for("final-check").await
    }

    /// From the product to the empty form, once the program runs.
    pub async fn go_to_details(&self) -> Result {
        self.wait_alive().await?;
        self.wait_for("product").await?;
        self.press("order").await?;
        self.wait_for("details").await
    }

    /// Buys, as a good shopper, and returns the handling number on the thanks screen.
    pub async fn buy(&self) -> Result<String> {
        self.go_to_final_check().await?;
        self.press("place-order").await?;
        self.wait_for("thanks").await?;
        self.text("[data-test=\"handling-number\"]").await
    }

    /// The visible text of the first element of this selector, or of the one that takes its place
    /// where the screen is drawn anew meanwhile.
    pub async fn text(&self, css: &str) -> Result<String> {
        for _ in 0..20 {
            match self.find(css).await?.text().await {
                Err(error) if matches!(*error, WebDriverErrorInner::StaleElementReference(_)) => {}
                text => return Ok(text?),
            }
        }
        bail!("{css} does not stay")
    }

    /// An attribute of the first element of this selector.
    pub async fn attribute(&self, css: &str, name: &str) -> Result<Option<String>> {
        Ok(self.find(css).await?.attr(name).await?)
    }

    /// The first element of this selector.
    pub async fn find(&self, css: &str) -> Result<WebElement> {
        self.browser.find(By::Css(css)).await
    }

    /// How many elements match.
    pub async fn count(&self, css: &str) -> Result<usize> {
        Ok(self.browser.driver.find_all(By::Css(css)).await?.len())
    }
}
