//! A shopper on the agent's own pages, in a browser: signs in, registers a passkey.

use std::time::Duration;

use anyhow::bail;
use thirtyfour::prelude::*;

use crate::{Browser, Result, Shop};

/// The address of the demo's contract for passkeys, `C-9000-0000-0009`.
pub const PASSKEY_SHOPPER: &str = "passkey@example.jp";

/// Signs in by a mailed code to the contract of this address, in the browser's window.
pub async fn sign_in(shop: &Shop, browser: &Browser, email: &str) -> Result {
    browser.leave_frames().await?;
    browser.driver.goto(format!("{}/sign-in", shop.agent.url)).await?;
    let letters = shop.post.letters()?.len();
    send(browser, "email", email).await?;
    let code = shop.post.wait_for(letters + 1).await?.code()?;
    send(browser, "code", &code).await?;
    wait_for(browser, "return location.pathname === '/me'").await
}

/// Registers a passkey of the window's authenticator for whoever is signed in, who is told by mail.
pub async fn register_passkey(shop: &Shop, browser: &Browser) -> Result {
    let letters = shop.post.letters()?.len();
    browser.driver.goto(format!("{}/me/passkeys", shop.agent.url)).await?;
    browser.find(By::Id("name")).await?.send_keys("台所のノート").await?;
    press(browser, "#passkey").await?;
    wait_for(browser, "return !!document.querySelector('[data-test=passkey]')").await?;
    shop.post.wait_for(letters + 1).await?;
    Ok(())
}

/// Types into the one field of a form of the agent's and sends it.
pub async fn send(browser: &Browser, field: &str, text: &str) -> Result {
    browser.find(By::Id(field)).await?.send_keys(text).await?;
    press(browser, "button.go").await
}

/// Presses what this selector matches.
pub async fn press(browser: &Browser, css: &str) -> Result {
    Ok(browser.find(By::Css(css)).await?.click().await?)
}

/// Waits until this script says `true`.
pub async fn wait_for(browser: &Browser, script: &str) -> Result {
    for _ in 0..600 {
        // Between two pages there is none to ask.
        if browser.script::<bool>(script).await.unwrap_or(false) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let at: String =
        browser.script("return location.href + '\\n' + document.body.innerText").await?;
    bail!("waited a minute for {script} at {at}")
}
