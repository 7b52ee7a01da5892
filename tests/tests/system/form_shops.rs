//! Shops that hold no key and run none of our servers (Fig 2, Fig 14): written in Python and in
//! Node, with an ordinary JWT library each. The browser hands the order over by an ordinary form.

use std::fs;

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use shared_protocol::{
    Delivery, Form, Grant, Personal, Signature, Signer, Timestamp, VerifyingKey, jws,
};
use thirtyfour::prelude::*;
use whole_system::{
    Browser, Client, Result, Shop, Widget,
    browser::Window,
    client::good_form,
    form_shop::{FormShop, Kind},
    server::http,
    shop::Start,
};

use crate::leak::{Marked, add_contract, random, search};

// The desk's commands wait for the agent, before which this program's own tap stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_shop_without_a_key_sells_in_either_language() -> Result {
    let market = Shop::start().await?;
    let browser = Browser::open().await?;
    for (at, kind) in Kind::ALL.into_iter().enumerate() {
        let shop = market.open_form_shop(kind).await?;
        let page = format!("{}/?item=TEAPOT-01&lang={}", shop.url, ["ja", "en"][at]);
        browser.driver.goto(&page).await?;
        let widget = Widget::enter(&browser).await?;
        widget.go_to_final_check().await?;
        widget.press("place-order").await?;
        let number = shop.thanked(&browser).await?;
        let text = browser.find(By::Css("main")).await?.text().await?;
        assert!(text.contains("¥3,850"), "{text}");

        let letter = market.post.wait_for(at + 1).await?;
        assert!(letter.text().contains(&number), "the letter names the number");
        browser.driver.goto(&letter.confirm_link()?).await?;
        let button = By::Css("button[name=decision][value=ok]");
        browser.find(button).await?.click().await?;
        let thanks = format!("{}/thanks/{}", shop.url, purchase_of(&shop)?);
        wait_for_state(&browser, &thanks, ["成立", "complete"][at]).await?;

        let entered = shop.desk(&["orders", "enter", &shop.form_file()?, "--json"])?;
        assert_eq!(entered[0]["state"], "confirmed");
        let claimed = shop.desk(&["orders", "claim", &number, "--name", "1", "--json"])?;
        assert_eq!(claimed["claimed"], 3850);
    }
    assert_eq!(market.agent_cli(&["audit", "--json"])?["findings"], json!([]));
    browser.close().await
}

/// The shopper's browser tells nobody that a button was pressed, so the form waits for its own;
/// then it works without script.
#[tokio::test]
async fn the_last_step_needs_no_script() -> Result {
    let market = Shop::start().await?;
    let browser = Browser::open_as(Window { one_process: true, ..Window::default() }).await?;
    // Frames that share one process are never seen for certain, so the browser must not look.
    let silent = "Object.defineProperty(Navigator.prototype, 'userActivation', {value: undefined});\
        delete IntersectionObserverEntry.prototype.isVisible;";
    browser.before_every_page(silent).await?;
    for kind in Kind::ALL {
        let shop = market.open_form_shop(kind).await?;
        browser.driver.goto(format!("{}/?item=TEAPOT-01", shop.url)).await?;
        let widget = Widget::enter(&browser).await?;
        widget.go_to_final_check().await?;
        widget.press("place-order").await?;
        widget.wait_for("hand-over").await?;
        let shown = widget.text("[data-test=\"handling-number\"]").await?;
        switch_script(&browser, false).await?;
        widget.press("hand-over").await?;
        assert_eq!(shop.thanked(&browser).await?, shown);
        browser.driver.goto("data:text/html,<script>document.title='runs'</script>").await?;
        assert_eq!(browser.driver.title().await?, "", "script is switched off indeed");
        switch_script(&browser, true).await?;
    }
    browser.close().await
}

#[tokio::test]
async fn a_form_counts_once_and_only_as_it_was_granted() -> Result {
    let market = Shop::start().await?;
    let agent = AgentKey::of(&market)?;
    for kind in Kind::ALL {
        let shop = market.open_form_shop(kind).await?;
        let client = Client::meet(&market.agent.url, &shop.url, shop.id).await?;
        let attempt = client.prepare("TEAPOT-01", good_form()).await?;
        let signed = client.grant(&attempt).await?.expect("a good contract");
        let grant = signed.verify(&agent.verifying_key())?.into_inner();
        let mut form = Vec::from([("grant".to_owned(), jws::sign(&grant, &agent))]);
        form.extend(attempt.form.fields().map(|(name, value)| (name.into(), value.into())));

        for (what, refused, bad) in tampered(&form, &grant, &agent) {
            let status = post(&shop, &bad).await?;
            assert_eq!(status, refused, "{kind:?}: {what}");
        }
        assert!(purchase_of(&shop).is_err(), "{kind:?} has taken something");
        assert_eq!(post(&shop, &form).await?, 303, "{kind:?}");
        assert_eq!(post(&shop, &form).await?, 409, "{kind:?}: a replay");
        let status = client.status(attempt.purchase).await?;
        assert_eq!(status.state.name(), "accepted", "{kind:?} has handed the Grant back");

        let mut long = good_form();
        long.contact.name = Personal::new("寿限無".repeat(20));
        let intangible = Form { delivery: Delivery::Intangible, ..good_form() };
        for (item, form) in [("SENCHA-01", long), ("TEA-CLASS-01", intangible)] {
            let attempt = client.prepare(item, form).await?;
            client.grant(&attempt).await?.expect("a good contract");
            let grant = format!("{}/v1/purchases/{}/grant.jws", market.agent.url, attempt.purchase);
            let grant = http()?.get(grant).send().await?.text().await?;
            let mut form = Vec::from([("grant".to_owned(), grant)]);
            form.extend(attempt.form.fields().map(|(name, value)| (name.into(), value.into())));
            assert_eq!(post(&shop, &form).await?, 303, "{kind:?}: {item}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn neither_a_keyless_shop_nor_the_agent_ever_holds_the_others_half() -> Result {
    let market = Shop::start_as(Start::Plain).await?;
    let browser = Browser::open().await?;
    for kind in Kind::ALL {
        let one = Marked::new(&format!("C4839{:08}", random(99_999_999)), "83920175");
        add_contract(&market, one.value("payment.contract_number"), one.value("payment.code"))?;
        let shop = market.open_form_shop(kind).await?;
        browser.driver.goto(format!("{}/?item=TEAPOT-01", shop.url)).await?;
        let widget = Widget::enter(&browser).await?;
        widget.go_to_details().await?;
        for (name, value) in &one.typed {
            widget.fill(name, value).await?;
        }
        widget.press("review").await?;
        widget.wait_for("final-check").await?;
        widget.press("place-order").await?;
        shop.thanked(&browser).await?;

        let mut found = Vec::new();
        let agent = market.everything("agent-server")?;
        let seen = seen_by(&shop)?;
        search(&mut found, "agent", &agent, &one.delivery());
        search(&mut found, "shop", &seen, &one.payment());
        assert!(found.is_empty(), "{kind:?}: leaks:\n{}", found.join("\n"));
        // A search that finds nothing proves nothing unless it finds what is there.
        search(&mut found, "shop", &seen, &one.delivery());
        for field in ["contact.name", "contact.email", "delivery.line1"] {
            assert!(found.iter().any(|line| line.contains(field)), "{kind:?} holds no {field}");
        }
        let keys = market.folder(&format!("{}-desk/data/keys", &shop.id["mrc_".len()..]));
        for key in fs::read_dir(keys)? {
            let key = fs::read(key?.path())?;
            let holds = |bytes: &[u8]| bytes.windows(key.len()).any(|here| here == key);
            assert!(!seen.iter().any(|(_, bytes)| holds(bytes)), "{kind:?} holds a key");
        }
    }
    browser.close().await
}

/// What is wrong, how it is answered, and the form.
type Bad = (&'static str, u16, Vec<(String, String)>);

fn tampered(form: &[(String, String)], grant: &Grant, agent: &AgentKey) -> Vec<Bad> {
    let with = |name: &str, value: &str| {
        let set = |(field, was): &(String, String)| {
            (field.clone(), if field == name { value.into() } else { was.clone() })
        };
        form.iter().map(set).collect::<Vec<_>>()
    };
    let regrant = |grant: Grant| with("grant", &jws::sign(&grant, agent));
    let past = |moment: Timestamp| moment.minus(shared_protocol::Span::hours(1));
    let expired =
        Grant { issued: past(grant.issued), expires: past(grant.expires), ..grant.clone() };
    let cheap = shared_protocol::Amount { minor: 1, ..grant.amount };
    let stranger = AgentKey::random();
    let mut bad = vec![
        ("another address", 422, with("delivery.line1", "銀座9-9-9")),
        ("another name", 422, with("contact.name", "山田 太郎")),
        ("more of it", 422, with("quantity", "2")),
        ("a number that is none", 422, with("quantity", "-1")),
        ("another salt", 422, with("salt", &"00".repeat(32))),
        ("a salt that is none", 422, with("salt", "zz")),
        ("another language", 422, with("locale", "en")),
        ("a language that is none", 422, with("locale", "tlh")),
        ("expired", 410, regrant(expired)),
        ("another amount", 422, regrant(Grant { amount: cheap, ..grant.clone() })),
        ("another shop's", 422, {
            let merchant = "mrc_tea".parse().expect("an id");
            regrant(Grant { merchant, ..grant.clone() })
        }),
        ("an Offer that is none", 422, regrant(Grant { offer: grant.order, ..grant.clone() })),
        ("signed by a stranger", 422, with("grant", &jws::sign(grant, &stranger))),
        ("not signed", 422, with("grant", "eyJhbGciOiJub25lIn0.e30.")),
        ("no Grant", 422, with("grant", "")),
    ];
    let left_out: Vec<_> = form.iter().filter(|(n, _)| n != "contact.kana").cloned().collect();
    bad.push(("a field left out", 422, left_out));
    let twice = [form, &[("contact.name".into(), "山田 花子".into())]].concat();
    bad.push(("a field twice", 422, twice));
    bad
}

async fn post(shop: &FormShop, form: &[(String, String)]) -> Result<u16> {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let pairs = form.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    let answer = http
        .post(format!("{}/order", shop.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(pairs.collect::<Vec<_>>().join("&"))
        .send()
        .await?;
    Ok(answer.status().as_u16())
}

async fn wait_for_state(browser: &Browser, thanks: &str, wanted: &str) -> Result {
    let mut seen = String::new();
    for _ in 0..300 {
        browser.driver.goto(thanks).await?;
        // The page that a button led to may still come after this one.
        if let Ok(state) = browser.driver.find(By::Id("state")).await {
            seen = state.text().await.unwrap_or_default();
        }
        if seen.contains(wanted) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    anyhow::bail!("the shop says {seen}")
}

async fn switch_script(browser: &Browser, on: bool) -> Result {
    let how = json!({ "value": !on });
    browser.driver.cdp().send_raw("Emulation.setScriptExecutionDisabled", how).await?;
    Ok(())
}

/// The only order that the shop holds.
fn purchase_of(shop: &FormShop) -> Result<String> {
    let files = shop.files()?;
    let all: Vec<u8> = files.into_iter().flat_map(|(_, bytes)| bytes).collect();
    let text = String::from_utf8_lossy(&all);
    let at = text.find("pur_").ok_or_else(|| anyhow::anyhow!("no order"))?;
    Ok(text[at..at + 30].to_owned())
}

fn seen_by(shop: &FormShop) -> Result<Vec<(String, Vec<u8>)>> {
    let kept = shop.tap.kept();
    let mut all = shop.files()?;
    all.push(("received".into(), kept.received.concat()));
    all.push(("answered".into(), kept.answered.concat()));
    Ok(all)
}

/// The agent's own key, or a stranger's.
struct AgentKey(Ed25519KeyPair);

impl AgentKey {
    fn of(market: &Shop) -> Result<Self> {
        let file = fs::read(market.folder("agent-server").join("data/keys/signing.pkcs8"))?;
        Ok(Self(Ed25519KeyPair::from_pkcs8(&file).map_err(|fault| anyhow::anyhow!("{fault}"))?))
    }

    fn random() -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("any seed is a key"))
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
