//! The kit itself: a page's closed shadow root can be entered, and a letter's link can be found.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use thirtyfour::prelude::*;
use whole_system::{Browser, Result, Widget, mail::Letter};

#[tokio::test]
async fn a_closed_shadow_root_lets_the_driver_in() -> Result {
    let browser = Browser::open().await?;
    let page = "<warifu-checkout></warifu-checkout><script>\
        const root = document.querySelector('warifu-checkout').attachShadow({mode: 'closed'});\
        const frame = document.createElement('iframe');\
        frame.srcdoc = '<main data-screen=product>inside</main>'; root.append(frame);</script>";
    browser.driver.goto(format!("data:text/html;base64,{}", STANDARD.encode(page))).await?;
    let widget = Widget::enter(&browser).await?;
    widget.wait_for("product").await?;
    assert_eq!(browser.find(By::Css("main")).await?.text().await?, "inside");
    browser.close().await
}

#[test]
fn a_link_is_found_in_quoted_printable_and_in_base64() -> Result {
    let folded = "Subject: x\n\nPlease see <http://localhost:7070/con=\nfirm/abc=3D1> now";
    let letter = Letter { raw: folded.into() };
    assert_eq!(letter.confirm_link()?, "http://localhost:7070/confirm/abc=1");
    let body = STANDARD.encode("見てください http://localhost:7070/confirm/abc_-1\nどうぞ");
    let letter = Letter { raw: format!("Subject: x\n\n{body}").into() };
    assert_eq!(letter.confirm_link()?, "http://localhost:7070/confirm/abc_-1");
    Ok(())
}
