//! What the program takes from the browser itself: normalisation, the session key, formats. And
//! that it gets along with the strictest policy.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod browser;
#[path = "../../shared-protocol/tests/party/mod.rs"]
mod party;
mod world;

use std::rc::Rc;

use browser::*;
use client_wasm::{
    intl, page,
    session_key::{SessionKey, WebCrypto},
};
use shared_protocol::{Locale, Mark, Signed, SignedTally, Timestamp};
use unicode_normalization::UnicodeNormalization as _;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use world::Counterparts;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn the_browser_normalises_as_the_servers_do() {
    let typed = [
        "０９０ー１２３４ー５６７８",
        "ｶﾞｰﾃﾞﾝﾋﾞﾙ ４Ｆ",
        "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ",
        "㈱山田　㍿　①②③",
        "か\u{3099}き\u{3099}",
        "ﾊﾟﾋﾟﾌﾟ",
        "〒１００−０００１",
        "ﬁne ½ ™ ℡",
        "神\u{fa19} 﨑 髙",
        "한글 ᄒ\u{1161}ᆫ",
        "\u{202e}abc\u{200b}",
        "🍵 👨‍👩‍👧",
        "",
    ];
    for text in typed {
        assert_eq!(page::nfkc(text), text.nfkc().collect::<String>(), "{text}");
    }
    // The basic plane, whose old characters no new version of Unicode changes.
    for code in (0x20..0xffff_u32).step_by(7) {
        let Some(text) = char::from_u32(code).map(String::from) else { continue };
        assert_eq!(page::nfkc(&text), text.nfkc().collect::<String>(), "U+{code:04X}");
    }
}

#[wasm_bindgen_test]
async fn the_session_key_signs_and_cannot_be_taken_out() {
    let key = SessionKey::make().await.unwrap();
    assert!(!key.handle().extractable());
    for format in ["pkcs8", "jwk", "raw"] {
        let subtle = web_sys::window().unwrap().crypto().unwrap().subtle();
        let taken = match subtle.export_key(format, key.handle()) {
            Ok(promise) => wasm_bindgen_futures::JsFuture::from(promise).await.is_ok(),
            Err(_) => false,
        };
        assert!(!taken, "it was exported as {format}");
    }
    let other = SessionKey::make().await.unwrap();
    assert_ne!(key.public(), other.public(), "each page has its own");
}

#[wasm_bindgen_test]
fn the_browser_knows_an_address_when_it_sees_one() {
    for good in ["hanako@example.jp", "h.o+tea@mail.example.co.jp", "1@a.jp"] {
        assert!((page::PLATFORM.is_email)(good), "{good}");
    }
    for bad in ["hanako", "@example.jp", "hanako@", "a@-b.jp", "a b@c.jp", "a@b..jp"] {
        assert!(!(page::PLATFORM.is_email)(bad), "{bad}");
    }
}

#[wasm_bindgen_test]
async fn the_browser_believes_the_signatures_that_the_servers_make_and_no_others() {
    let world = Counterparts::new();
    let key = world.deal.agent.key();
    assert!(world.deal.signed_mark.verify_by(&key, &WebCrypto).await.is_ok());
    let other = world.words().mark.verifying_key;
    assert!(world.deal.signed_mark.verify_by(&other, &WebCrypto).await.is_err());
    let mut bytes = world.deal.signed_mark.bytes().to_vec();
    bytes[20] ^= 1;
    let forged = Signed::<Mark>::from_parts(bytes, *world.deal.signed_mark.signature());
    assert!(forged.verify_by(&key, &WebCrypto).await.is_err());
}

#[wasm_bindgen_test]
async fn what_the_session_key_signs_the_protocol_believes() {
    let world = Counterparts::new();
    let words = world.words();
    let attempt = world.attempt(&words);
    let mut tally: SignedTally = attempt.sealed.grant_request().tally;
    assert!(tally.verify().is_ok());
    let key = SessionKey::make().await.unwrap();
    let bytes = tally.tally.bytes().to_vec();
    let input = shared_protocol::signing_input::<shared_protocol::Tally>(&bytes);
    let signature = key.sign(&input).await.unwrap();
    tally = SignedTally { tally: Signed::from_parts(bytes, signature), session_key: key.public() };
    assert!(tally.verify().is_ok(), "WebCrypto signs what dalek verifies");
    tally.session_key = SessionKey::make().await.unwrap().public();
    assert!(tally.verify().is_err());
}

#[wasm_bindgen_test]
fn money_and_days_are_written_as_people_write_them() {
    let yen = party::yen(3850);
    assert_eq!(intl::money(yen, Locale::Ja), "¥3,850");
    assert_eq!(intl::money(yen, Locale::En), "¥3,850");
    let dollars = shared_protocol::Amount::new(1234, "USD".parse().unwrap()).unwrap();
    assert_eq!(intl::money(dollars, Locale::En), "$12.34");
    let noon = Timestamp::from_millis(1_795_575_600_000);
    assert_eq!(intl::moment(noon, Locale::Ja), "11月25日(水) 12:00");
    assert!(
        intl::moment(noon, Locale::En).contains("November 25"),
        "{}",
        intl::moment(noon, Locale::En)
    );
    assert_eq!(intl::country("JP", Locale::Ja), "日本");
    assert_eq!(intl::country("JP", Locale::En), "Japan");
}

/// Runs last in its file: a policy cannot be taken back.
#[wasm_bindgen_test]
async fn zz_no_screen_ever_sets_html() {
    let world = Rc::new(Counterparts::new());
    open(&world, Locale::Ja);
    let policy = document().create_element("meta").unwrap();
    policy.set_attribute("http-equiv", "Content-Security-Policy").unwrap();
    let closed = "require-trusted-types-for 'script'; trusted-types 'none'; style-src 'none'";
    policy.set_attribute("content", closed).unwrap();
    let seen = js_sys::Function::new_no_args(
        "window.violations = []; document.addEventListener('securitypolicyviolation', \
         (e) => violations.push(e.effectiveDirective + ' ' + e.sample))",
    );
    seen.call0(&wasm_bindgen::JsValue::NULL).unwrap();
    document().head().unwrap().append_child(&policy).unwrap();
    take_over().await;
    wait_until(|| find("[data-test=mark]").get_attribute("data-verified").unwrap() == "true").await;
    press("mark");
    press("help");
    press("order");
    wait_for("details").await;
    press("review");
    wait_for("correction").await;
    press("back");
    wait_for("details").await;
    fill_good();
    press("review");
    wait_for("final-check").await;
    press("place-order");
    wait_for("thanks").await;
    press("language");
    settle().await;
    let seen = js_sys::Reflect::get(&web_sys::window().unwrap(), &"violations".into()).unwrap();
    assert_eq!(js_sys::JSON::stringify(&seen).unwrap(), "[]");
}
