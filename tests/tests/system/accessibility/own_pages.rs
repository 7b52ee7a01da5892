//! axe-core on each of the shopper's own pages, empty, filled and with what was wrong, in both
//! languages; and the way from the sign-in to an approved purchase by the keyboard alone.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::json;
use thirtyfour::prelude::*;
use whole_system::{Browser, Result, Shop, browser::Window, client::good_form};

use super::expect_clean;

const ADDRESS: &str = "shopper@example.jp";

/// Somebody at the agent's pages.
struct Visit {
    shop: Shop,
    browser: Browser,
    locale: &'static str,
    /// Letters that have come so far.
    letters: usize,
}

impl Visit {
    /// With one purchase that waits for an answer.
    async fn begin(window: Window) -> Result<Self> {
        let shop = Shop::start().await?;
        let client = shop.client().await?;
        let attempt = client.prepare("TEAPOT-01", good_form()).await?;
        let grant = client.grant(&attempt).await?.expect("a good contract");
        client.submit(&attempt, &grant).await?.expect("a good order");
        shop.post.wait_for(1).await?;
        let browser = Browser::open_as(window).await?;
        Ok(Self { shop, browser, locale: window.language, letters: 1 })
    }

    async fn open(&self, path: &str) -> Result {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("{}{path}{mark}locale={}", self.shop.agent.url, self.locale);
        Ok(self.browser.driver.goto(url).await?)
    }

    async fn look(&self, path: &str) -> Result {
        self.open(path).await?;
        self.expect_clean(path).await
    }

    /// All of it, also what is folded.
    async fn expect_clean(&self, what: &str) -> Result {
        let unfold = "for (const d of document.querySelectorAll('details')) d.open = true; \
                      return document.documentElement.scrollWidth <= innerWidth";
        let fits: bool = self.browser.script(unfold).await?;
        ensure!(fits, "{what} is wider than its window");
        expect_clean(&self.browser, what).await
    }

    async fn wait(&self, css: &str) -> Result {
        for _ in 0..600 {
            if !self.browser.driver.find_all(By::Css(css)).await?.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("no {css} at {}", self.browser.driver.current_url().await?)
    }

    /// Fills a form in and sends it, whatever the browser itself thinks of it.
    async fn send(&self, fields: &[(&str, &str)], button: &str) -> Result {
        for (name, text) in fields {
            let field = self.browser.find(By::Id(*name)).await?;
            field.clear().await?;
            field.send_keys(*text).await?;
        }
        let lax = "for (const f of document.forms) f.noValidate = true; return true";
        let _: bool = self.browser.script(lax).await?;
        self.press(button).await
    }

    async fn press(&self, css: &str) -> Result {
        Ok(self.browser.find(By::Css(css)).await?.click().await?)
    }

    /// The code in the next letter.
    async fn code(&mut self) -> Result<String> {
        self.letters += 1;
        let text = self.shop.post.wait_for(self.letters).await?.text();
        let code = text.split("letter-spacing:4px\">").nth(1).and_then(|after| after.get(..6));
        Ok(code.with_context(|| format!("no code in {text}"))?.to_owned())
    }

    async fn sign_in(&mut self) -> Result {
        self.look("/sign-in").await?;
        self.send(&[("email", "hanako@")], "button.go").await?;
        self.wait("#email-error").await?;
        self.expect_clean("a wrong address").await?;
        self.send(&[("email", ADDRESS)], "button.go").await?;
        self.wait("[data-screen=code]").await?;
        let code = self.code().await?;
        self.send(&[("code", if code == "111111" { "222222" } else { "111111" })], "button.go")
            .await?;
        self.wait("#code-error").await?;
        self.expect_clean("a wrong mailed code").await?;
        self.send(&[("code", &code)], "button.go").await?;
        self.wait("[data-screen=me]").await
    }

    /// And is where that leads, before anything else is opened.
    async fn sign_out(&self) -> Result {
        self.open("/me").await?;
        self.press("form[action='/sign-out'] button").await?;
        self.wait("main a[href='/problems']").await
    }

    async fn enrol(&mut self) -> Result {
        self.look("/enrol").await?;
        self.send(&[("email", "newcomer@example.jp")], "button.go").await?;
        self.wait("[data-screen=code]").await?;
        self.expect_clean("the code to enrol").await?;
        let code = self.code().await?;
        self.send(&[("code", &code)], "button.go").await?;
        self.wait("[data-screen=choose]").await?;
        self.expect_clean("choosing a code").await?;
        self.press("#accept").await?;
        self.send(&[("code", "1234")], "button.go").await?;
        self.wait("#code-error").await?;
        self.expect_clean("a code that is easy to guess").await?;
        self.press("#accept").await?;
        self.send(&[("code", "739182")], "button.go").await?;
        self.wait("[data-screen=enrolled]").await?;
        self.expect_clean("the new contract").await?;
        for empty in ["/me", "/me/statements"] {
            self.look(empty).await?;
        }
        self.sign_out().await
    }

    async fn purchase(&self) -> Result {
        self.look("/me").await?;
        self.press("[data-test=purchase] a").await?;
        self.wait("[data-screen=purchase][data-state=accepted]").await?;
        self.expect_clean("a purchase that waits").await?;
        self.press("button[value=ok]").await?;
        self.wait("[data-screen=purchase][data-state=confirmed]").await?;
        self.expect_clean("a purchase that was approved").await?;
        self.send(&[("words", "?")], "form[action*=objection] button").await?;
        self.wait("[data-test=objection]").await?;
        self.expect_clean("an objection").await?;
        self.look("/me/statements").await?;
        self.press("a[rel=next]").await?;
        self.wait("[data-test=statement]").await?;
        self.expect_clean("a statement").await
    }

    async fn by_hand(&self) -> Result {
        let (give, shop) = ("[data-test=give]", "#merchant option[value=mrc_tea]");
        self.look("/me/by-hand").await?;
        self.send(&[("amount", "3850"), ("code", "2468")], give).await?;
        self.wait("#merchant-error").await?;
        self.expect_clean("a number for no shop").await?;
        self.press(shop).await?;
        self.send(&[("amount", "many"), ("code", "2468")], give).await?;
        self.wait("#amount-error").await?;
        self.expect_clean("a number for no amount").await?;
        self.send(&[("amount", "3850"), ("code", "2468")], give).await?;
        self.wait("[data-test=by-hand]").await?;
        self.expect_clean("a number to read out").await
    }

    async fn settings(&self) -> Result {
        for path in ["/me/limits", "/me/code", "/me/number", "/me/passkeys"] {
            self.look(path).await?;
        }
        self.open("/me/limits").await?;
        self.send(&[("day", "many")], "button.go").await?;
        self.wait("#day-error").await?;
        self.expect_clean("a limit that is no number").await?;
        self.send(&[("day", "30000")], "button.go").await?;
        self.wait("[data-screen=me] [role=status]").await?;
        self.expect_clean("limits that were saved").await?;
        self.open("/me/code").await?;
        self.send(&[("code", "1111"), ("new", "739182")], "button.go").await?;
        self.wait("#code-error").await?;
        self.expect_clean("a wrong code").await?;
        self.open("/me/number").await?;
        self.send(&[("code", "1111")], "button.go").await?;
        self.wait("#code-error").await?;
        self.expect_clean("a wrong code for a new number").await?;
        self.open("/me/number").await?;
        self.press("section summary").await?;
        self.press("[data-test=stop]").await?;
        self.wait("[data-test=lost]").await?;
        self.expect_clean("a number that was stopped").await
    }

    /// Registers a passkey of a virtual authenticator, and signs in with it where one signs in.
    async fn passkey(&self) -> Result {
        let cdp = self.browser.driver.cdp();
        cdp.send_raw("WebAuthn.enable", json!({})).await?;
        let options = json!({ "options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
        } });
        cdp.send_raw("WebAuthn.addVirtualAuthenticator", options).await?;
        self.open("/me/passkeys").await?;
        self.wait("#passkey:not([hidden])").await?;
        self.send(&[("name", "Phone")], "#passkey").await?;
        self.wait("[data-test=passkey]").await?;
        self.expect_clean("a passkey").await?;
        self.sign_out().await?;
        self.open("/sign-in?to=/me/limits").await?;
        self.wait("#passkey:not([hidden])").await?;
        self.expect_clean("signing in by passkey").await?;
        self.press("#passkey").await?;
        self.wait("[data-screen=limits]").await
    }
}

async fn every_page(window: Window) -> Result {
    let mut visit = Visit::begin(window).await?;
    for path in
        ["/", "/confirm", "/mark", "/mark?merchant=mrc_tea", "/sign-in/passkey", "/passkey/pop-up"]
    {
        visit.look(path).await?;
    }
    visit.open("/confirm").await?;
    visit.send(&[("number", "H7K2-9QMD-4VX8"), ("code", "111111")], "button.go").await?;
    visit.wait("#code-error").await?;
    visit.expect_clean("a wrong code from the mail").await?;
    visit.enrol().await?;
    visit.sign_in().await?;
    visit.purchase().await?;
    visit.by_hand().await?;
    visit.settings().await?;
    visit.passkey().await?;
    visit.browser.close().await
}

#[tokio::test]
async fn each_of_the_shoppers_own_pages_in_japanese() -> Result {
    every_page(Window { width: 360, height: 740, ..Window::default() }).await
}

#[tokio::test]
async fn each_of_the_shoppers_own_pages_in_english_and_dark() -> Result {
    every_page(Window { dark: true, language: "en", ..Window::default() }).await
}

/// Presses Tab until the wanted element has the focus; every stop on the way can be seen.
async fn tab_to(browser: &Browser, css: &str) -> Result {
    for _ in 0..40 {
        browser.driver.action_chain().send_keys(Key::Tab).perform().await?;
        let look = format!(
            "const e = document.activeElement; const style = getComputedStyle(e); \
             return [e.matches({css:?}), style.outlineStyle !== 'none' \
                 && parseFloat(style.outlineWidth) >= 2 || e === document.body]"
        );
        let (is_there, is_seen): (bool, bool) = browser.script(&look).await?;
        ensure!(is_seen, "the focus cannot be seen on the way to {css}");
        if is_there {
            return Ok(());
        }
    }
    bail!("Tab never comes to {css}")
}

async fn type_keys(browser: &Browser, keys: impl AsRef<str>) -> Result {
    Ok(browser.driver.action_chain().send_keys(keys.as_ref()).perform().await?)
}

#[tokio::test]
async fn from_the_sign_in_to_an_approved_purchase_by_keyboard_alone() -> Result {
    let mut visit = Visit::begin(Window::default()).await?;
    let enter = Key::Enter.value().to_string();
    visit.open("/sign-in").await?;
    tab_to(&visit.browser, "#email").await?;
    type_keys(&visit.browser, format!("{ADDRESS}{enter}")).await?;
    visit.wait("[data-screen=code]").await?;
    tab_to(&visit.browser, "#code").await?;
    let code = visit.code().await?;
    type_keys(&visit.browser, code + enter.as_str()).await?;
    visit.wait("[data-screen=me]").await?;
    tab_to(&visit.browser, "[data-test=purchase] a").await?;
    type_keys(&visit.browser, &enter).await?;
    visit.wait("[data-screen=purchase][data-state=accepted]").await?;
    tab_to(&visit.browser, "button[value=ok]").await?;
    type_keys(&visit.browser, &enter).await?;
    visit.wait("[data-screen=purchase][data-state=confirmed]").await?;
    tab_to(&visit.browser, "summary").await?;
    type_keys(&visit.browser, &enter).await?;
    visit.wait("details[open]").await?;
    visit.browser.close().await
}
