//! The Mark in real browsers (claim 5, ¶63; T33): forged, stale, revoked, copied to another page or
//! to one that looks alike, with another price or seller. Each time the shopper reads why, and
//! nothing can be bought.

use std::fs;

use anyhow::Context as _;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD as BASE64URL},
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use shared_protocol::{
    Localized, Mark, Message, Offer, Signature, Signed, Signer, Span, VerifyingKey, encode,
};
use whole_system::{
    Browser, Client, Result, Shop, Widget, browser::Window, client::SessionKey, host::Host,
    merchant, relay::Relay,
};

/// The agent's true key, as whoever broke into the agent would have it.
struct AgentKey(Ed25519KeyPair);

impl AgentKey {
    fn of(shop: &Shop) -> Result<Self> {
        let file = shop.folder("agent-server").join("data/keys/signing.pkcs8");
        let key = Ed25519KeyPair::from_pkcs8(&fs::read(&file).context("the agent's key")?);
        Ok(Self(key.map_err(|fault| anyhow::anyhow!("{fault}"))?))
    }
}

impl Signer for AgentKey {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature::try_from(self.0.sign(message).as_ref()).expect("Ed25519 signs 64 bytes")
    }

    fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::try_from(self.0.public_key().as_ref()).expect("Ed25519 keys have 32 bytes")
    }
}

/// Puts something else into the frame page before the program reads it, and into the agent's later
/// answers, as whoever sits between the two would.
async fn forge(browser: &Browser, what: &str, bytes: &[u8]) -> Result {
    let (text, raw) = (BASE64URL.encode(bytes), BASE64.encode(bytes));
    browser
        .before_every_page(&format!(
            "new MutationObserver((_, watch) => {{ \
               const meta = document.querySelector('meta[name=warifu-{what}]'); \
               if (meta) {{ meta.content = '{text}'; watch.disconnect(); }} \
             }}).observe(document, {{ childList: true, subtree: true }}); \
             const ask = window.fetch; window.fetch = (url, how) => \
               String(url).includes('/v1/{what}s/') \
                 ? Promise.resolve(new Response(Uint8Array.from(atob('{raw}'), \
                     (c) => c.charCodeAt(0)))) \
                 : ask(url, how);"
        ))
        .await
}

/// Opens the shop's page with this forgery in it: the widget says why, and offers nothing to press.
async fn is_refused(shop: &Shop, what: &str, bytes: &[u8], code: &str) -> Result {
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::open_as(TOGETHER).await?;
    forge(&browser, what, bytes).await?;
    browser.driver.goto(&shop.host.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.wait_for("failure").await.with_context(|| format!("{what}: {code}"))?;
    says(&widget, code).await?;
    browser.close().await
}

/// The reason, that nothing was charged, and no button that would buy.
async fn says(widget: &Widget<'_>, code: &str) -> Result {
    let said = widget.attribute("[data-test=\"problem\"]", "data-code").await?;
    assert_eq!(said.as_deref(), Some(code));
    assert!(!widget.text("[data-test=\"problem\"]").await?.trim().is_empty());
    let moved = widget.attribute("[data-test=\"money-moved\"]", "data-moved").await?;
    assert_eq!(moved.as_deref(), Some("false"));
    for button in ["order", "review", "place-order", "retry", "pay-with-passkey"] {
        assert_eq!(widget.count(&format!("[data-test=\"{button}\"]")).await?, 0, "{button}");
    }
    Ok(())
}

/// What these bytes say, changed, under the signature that they had.
fn changed<T: shared_protocol::Statement>(
    signed: &Signed<T>,
    change: impl FnOnce(&mut T),
) -> Result<Vec<u8>>
where
    Signed<T>: Message,
{
    let mut said = signed.claimed()?;
    change(&mut said);
    Ok(encode(&Signed::<T>::from_parts(encode(&said), *signed.signature())))
}

#[tokio::test]
async fn ten_forgeries_are_refused_with_their_reason() -> Result {
    let shop = Shop::start().await?;
    let client = shop.client().await?;
    let (mark, offer) = (client.signed_mark().clone(), client.offer("TEAPOT-01").await?);
    let stranger = SessionKey::random()?;
    let pottery = shop.open_beside(&merchant::POTTERY).await?;
    let other = Client::meet(&shop.agent.url, &pottery.server.url, "mrc_pottery").await?;
    let mut stale = mark.claimed()?;
    stale.valid_from = stale.valid_from.minus(Span::hours(9));
    stale.valid_until = stale.valid_until.minus(Span::hours(9));
    let mut cheap = offer.claimed()?;
    cheap.unit_price.minor = 1;
    let forged: [(&str, Vec<u8>, &str); 9] = [
        ("mark", encode(&Signed::sign(&mark.claimed()?, &stranger)), "mark_invalid"),
        ("mark", changed::<Mark>(&mark, |m| m.legal_notice = notice())?, "mark_invalid"),
        (
            "mark",
            changed::<Mark>(&mark, |m| m.origins.push("https://evil.test".into()))?,
            "mark_invalid",
        ),
        (
            "mark",
            changed::<Mark>(&mark, |m| m.verifying_key = stranger.verifying_key())?,
            "mark_invalid",
        ),
        ("mark", encode(other.signed_mark()), "offer_invalid"),
        ("mark", encode(&Signed::sign(&stale, &AgentKey::of(&shop)?)), "mark_expired"),
        ("offer", changed::<Offer>(&offer, |o| o.unit_price.minor = 1)?, "offer_invalid"),
        ("offer", encode(&Signed::sign(&cheap, &stranger)), "offer_invalid"),
        ("offer", encode(&other.offer("TEAPOT-01").await?), "offer_invalid"),
    ];
    for (what, bytes, code) in &forged {
        is_refused(&shop, what, bytes, code).await?;
    }
    // The tenth: a word of the agent's own about this shop, but not for the page that shows it.
    let mut elsewhere = mark.claimed()?;
    elsewhere.origins = vec!["https://yamada.example".into()];
    let elsewhere = encode(&Signed::sign(&elsewhere, &AgentKey::of(&shop)?));
    is_refused(&shop, "mark", &elsewhere, "origin_not_registered").await
}

/// Only what people read was changed on the way, not what was signed: the program finds out.
#[tokio::test]
async fn a_frame_that_showed_another_price_or_seller_sells_nothing() -> Result {
    let shop = Shop::start().await?;
    let notice = ["--legal-ja", "代表 山田花子", "--legal-en", "Hanako Yamada", "--json"];
    shop.agent_cli(&[&["merchants", "add", "mrc_tea"], &notice[..]].concat())?;
    shop.advance(6).await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    for (css, shown, code) in [
        (".price strong", "¥3,300", ""),
        (".price strong", "¥330", "offer_invalid"),
        ("[data-test=legal]", "代表 山田花子", ""),
        ("[data-test=legal]", "代表 別人", "mark_invalid"),
    ] {
        let browser = Browser::open_as(TOGETHER).await?;
        let change = format!(
            "new MutationObserver((_, watch) => {{ \
               const shown = document.querySelector('{css}'); \
               if (shown && document.querySelector('form')) {{ \
                 shown.textContent = '{shown}'; watch.disconnect(); }} \
             }}).observe(document, {{ childList: true, subtree: true }});"
        );
        browser.before_every_page(&change).await?;
        browser.driver.goto(&shop.host.url).await?;
        let widget = Widget::enter(&browser).await?;
        widget.wait_alive().await?;
        if code.is_empty() {
            widget.wait_for("product").await?;
            assert_eq!(widget.count("[data-test=order]").await?, 1, "{css}");
        } else {
            widget.wait_for("failure").await?;
            says(&widget, code).await?;
        }
        browser.close().await?;
    }
    Ok(())
}

/// The frame shares the page's process, so that what is put into pages reaches it too.
const TOGETHER: Window = Window {
    width: 900,
    height: 1200,
    no_storage: false,
    dark: false,
    language: "ja",
    one_process: true,
};

fn notice() -> Localized {
    Localized::new("代表 別人", "Represented by somebody else")
}

/// As if so many seconds had passed for the program.
pub async fn later(browser: &Browser, seconds: u32) -> Result {
    let script = format!(
        "const now = Date.now.bind(Date); Date.now = () => now() + {seconds}000; return true"
    );
    browser.script::<bool>(&script).await?;
    Ok(())
}

#[tokio::test]
async fn a_mark_that_is_taken_back_stops_an_open_widget_and_keeps_what_was_typed() -> Result {
    let shop = Shop::start().await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::at(&shop.host.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    shop.agent_cli(&["merchants", "revoke-mark", "mrc_tea", "--why", "keys", "--json"])?;
    shop.advance(6).await?;
    later(&browser, 50).await?;
    widget.wait_for("failure").await?;
    says(&widget, "mark_revoked").await?;
    let verified = widget.attribute("[data-test=\"mark\"]", "data-verified").await?;
    assert_eq!(verified.as_deref(), Some("false"));
    assert!(shop.rows("agent-server", "SELECT id FROM purchases")?.is_empty());

    shop.agent_cli(&["merchants", "resume", "mrc_tea", "--json"])?;
    shop.advance(6).await?;
    later(&browser, 50).await?;
    for _ in 0..600 {
        if widget.count("[data-test=\"retry\"]").await? == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    widget.press("back").await?;
    widget.wait_for("details").await?;
    assert_eq!(widget.value("contact.name").await?, "山田 花子");
    assert_eq!(widget.value("delivery.line1").await?, "銀座1-2-3");
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

/// The small program knows no relay: where the shop gains one meanwhile, it sells nothing, and a
/// new page brings the program that does.
#[tokio::test]
async fn a_shop_that_gains_a_relay_while_its_page_is_open_sells_after_a_reload() -> Result {
    let shop = Shop::start().await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::at(&shop.host.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    assert!(program(&browser).await?.ends_with("/plain.ja.js"));
    let _relay = Relay::open(&shop, false).await?;
    shop.advance(6).await?;
    later(&browser, 50).await?;
    widget.wait_for("failure").await?;
    says(&widget, "mark_expired").await?;
    assert!(widget.text("main").await?.contains("期限が切れています"));
    assert!(shop.rows("agent-server", "SELECT id FROM purchases")?.is_empty());

    browser.leave_frames().await?;
    browser.driver.refresh().await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    assert!(program(&browser).await?.ends_with("/client_wasm.ja.js"));
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    assert_eq!(shop.rows("agent-server", "SELECT id FROM purchases")?.len(), 1);
    browser.close().await
}

/// Which program the frame runs.
async fn program(browser: &Browser) -> Result<String> {
    browser.script("return document.querySelector('[name=warifu-module]').content").await
}

#[tokio::test]
async fn a_seller_who_changed_is_shown_before_anything_is_placed() -> Result {
    let shop = Shop::start().await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::at(&shop.host.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_final_check().await?;
    let notice = ["--legal-ja", "代表 山田花子", "--legal-en", "Hanako Yamada", "--json"];
    shop.agent_cli(&[&["merchants", "add", "mrc_tea"], &notice[..]].concat())?;
    shop.advance(6).await?;
    later(&browser, 50).await?;
    widget.wait_for("failure").await?;
    let said = widget.attribute("[data-test=\"problem\"]", "data-code").await?;
    assert_eq!(said.as_deref(), Some("seller_changed"));
    widget.press("help").await?;
    assert!(widget.text("#help").await?.contains("代表 山田花子"));
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn a_page_that_looks_like_the_shops_reads_that_it_is_another() -> Result {
    let shop = Shop::start().await?;
    let stranger = Host::start().await?;
    let at = |name: &str| stranger.url.replace("127.0.0.1", name);
    let add = ["merchants", "origins", "mrc_tea", "--add", "http://yamada.localhost", "--json"];
    shop.agent_cli(&add)?;
    shop.advance(6).await?;
    stranger.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    for (name, code) in [
        ("xn--ymada-4ve.localhost", "origin_lookalike"),
        ("yamada.localhost.evil.localhost", "origin_lookalike"),
        ("127.0.0.1", "origin_not_registered"),
    ] {
        let browser = Browser::at(&at(name)).await?;
        let widget = Widget::enter(&browser).await?;
        widget.wait_for("failure").await.with_context(|| name.to_owned())?;
        says(&widget, code).await?;
        browser.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_saved_mark_is_checked_by_hand_by_drop_and_by_the_link_around_it() -> Result {
    let shop = Shop::start().await?;
    let http = whole_system::server::http()?;
    let mut saved = Vec::new();
    for kind in ["svg", "png"] {
        let url = format!("{}/v1/marks/mrc_tea.{kind}", shop.agent.url);
        saved.push(http.get(url).send().await?.bytes().await?.to_vec());
    }
    let browser = Browser::open().await?;
    let page = Widget::alone(&browser);
    let verdict = async || -> Result<(String, String)> {
        page.wait_for("mark").await?;
        for _ in 0..600 {
            if page.count("[data-test=\"verdict\"]").await? == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let get = async |name: &str| page.attribute("[data-test=\"verdict\"]", name).await;
        let state = get("data-state").await?.unwrap_or_default();
        Ok((state, get("data-code").await?.unwrap_or_default()))
    };
    let form = format!("{}/mark", shop.agent.url);
    let file = shop.folder("agent-server").join("saved.png");
    fs::write(&file, &saved[1])?;
    browser.driver.goto(&form).await?;
    let input = page.find("[name=\"picture\"]").await?;
    input.send_keys(file.to_str().context("a plain name")?).await?;
    page.press("check").await?;
    assert_eq!(verdict().await?, ("good".into(), String::new()));
    assert!(page.text("main").await?.contains("mrc_tea"));

    let forged = String::from_utf8(saved[0].clone())?
        .replace("<mark xmlns=\"urn:warifu:mark:1\">", "<mark xmlns=\"urn:warifu:mark:1\">AA");
    for (picture, wanted) in
        [(saved[0].clone(), ("good", "")), (forged.into_bytes(), ("bad", "mark_invalid"))]
    {
        browser.driver.goto(&form).await?;
        let drop = format!(
            "const bytes = Uint8Array.from(atob('{}'), (c) => c.charCodeAt(0)); \
             const dropped = new DataTransfer(); \
             dropped.items.add(new File([bytes], 'mark.svg', {{ type: 'image/svg+xml' }})); \
             return document.body.dispatchEvent(new DragEvent('drop', \
                 {{ dataTransfer: dropped, bubbles: true, cancelable: true }}));",
            BASE64.encode(picture)
        );
        browser.script::<bool>(&drop).await?;
        assert_eq!(verdict().await?, (wanted.0.into(), wanted.1.into()));
    }

    // A picture that was copied to another page, with the link around it.
    let copied = format!(
        "<!doctype html><a id=\"mark\" href=\"{0}/mark?merchant=mrc_tea\">\
         <img src=\"{0}/v1/marks/mrc_tea.png\" alt=\"mark\"></a>",
        shop.agent.url
    );
    let stranger = Host::start().await?;
    for (host, wanted) in
        [(&stranger, ("old", "origin_not_registered")), (&shop.host, ("good", ""))]
    {
        host.show("", &copied);
        browser.driver.goto(&host.url).await?;
        page.find("#mark").await?.click().await?;
        assert_eq!(verdict().await?, (wanted.0.into(), wanted.1.into()));
    }
    browser.close().await
}
