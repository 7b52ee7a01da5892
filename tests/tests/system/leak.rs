//! The leak test (TRUST.md T40): unique markers in every field, real purchases in a real browser,
//! then every byte that each server received, answered, stored or logged, and every mail, is
//! searched for what it must not hold, in every encoding. It also finds a leak that it plants.

use rand_core::TryRng as _;
use whole_system::{
    Borrower, Browser, OwnPages, Result, Shop, Widget, account,
    authenticator::{Authenticator, member, public_point},
    leak::Marker,
    randomness::Entropy,
    shop::Start,
};

/// What a marked shopper types.
pub struct Marked {
    pub typed: Vec<(&'static str, String)>,
}

impl Marked {
    /// With markers of its own, but for these.
    pub fn new(contract: &str, code: &str) -> Self {
        let tag = || (0..6).map(|_| KANJI[random(KANJI.len())]).collect::<String>();
        let digits =
            |n: usize| (0..n).map(|_| char::from(b'1' + random(8) as u8)).collect::<String>();
        let typed = vec![
            ("contact.name", format!("名前{}", tag())),
            (
                "contact.kana",
                format!("カナ{}", (0..8).map(|_| KANA[random(KANA.len())]).collect::<String>()),
            ),
            ("contact.email", format!("m{}x{}@example.jp", digits(8), digits(6))),
            ("contact.phone", format!("090{}", digits(8))),
            ("delivery.postal_code", format!("1{}", digits(6))),
            ("delivery.region", "JP-13".into()),
            ("delivery.locality", format!("区{}", tag())),
            ("delivery.line1", format!("町{}", tag())),
            ("delivery.line2", format!("館{}", tag())),
            ("payment.contract_number", contract.into()),
            ("payment.code", code.into()),
        ];
        Self { typed }
    }

    /// What was typed into a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        let typed = self.typed.iter().find(|(field, _)| *field == name);
        &typed.expect("every field is typed into").1
    }

    /// For the merchant alone: the agent must never hold them.
    pub fn delivery(&self) -> Vec<Marker> {
        self.markers(|name| !name.starts_with("payment.") && name != "delivery.region")
    }

    /// For the agent alone: the merchant must never hold them.
    pub fn payment(&self) -> Vec<Marker> {
        let mut markers = self.markers(|name| name.starts_with("payment."));
        let digits = &self.value("payment.contract_number")[1..];
        markers.push(Marker::new("digits of payment.contract_number", digits));
        markers
    }

    fn markers(&self, wanted: impl Fn(&str) -> bool) -> Vec<Marker> {
        let chosen = self.typed.iter().filter(|(name, _)| wanted(name));
        chosen.map(|(name, value)| Marker::new(name, value)).collect()
    }
}

#[tokio::test]
async fn neither_server_ever_holds_the_others_half() -> Result {
    let shop = Shop::start_as(Start::Plain).await?;
    let (contract, code) = contract(&shop)?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::open().await?;
    let marked: Vec<_> = (0..3).map(|_| Marked::new(&contract, &code)).collect();
    accepted(&shop, &browser, &marked[0]).await?;
    corrected(&shop, &browser, &marked[1]).await?;
    failed(&shop, &browser, &marked[2]).await?;
    browser.close().await?;

    let agent = shop.everything("agent-server")?;
    let merchant = shop.everything("merchant-server")?;
    let mut found = Vec::new();
    for shopper in &marked {
        search(&mut found, "agent", &agent, &shopper.delivery());
        search(&mut found, "merchant", &merchant, &shopper.payment());
    }
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    they_do_hold_their_own(&agent, &merchant, &marked[0]);
    a_planted_leak_is_found(&shop, &marked[0]).await
}

#[tokio::test]
async fn a_passkey_leaves_nothing_at_the_shop() -> Result {
    let shop = Shop::start_as(Start::Plain).await?;
    let one = Marked::new(&format!("C4839{:08}", random(99_999_999)), "83920175");
    add_contract(&shop, one.value("payment.contract_number"), one.value("payment.code"))?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::open().await?;
    let authenticator = Authenticator::into_window(&browser).await?;
    account::sign_in(&shop, &browser, EMAIL).await?;
    account::register_passkey(&shop, &browser).await?;
    let passkey = passkey_markers(&authenticator.passkeys().await?[0])?;
    let widget = begin(&shop, &browser, &one, Pays::ByPasskey).await?;
    let letters = shop.post.letters()?.len();
    widget.press("pay-with-passkey").await?;
    widget.wait_for("thanks").await?;
    shop.post.wait_for(letters + 1).await?;
    browser.close().await?;

    let agent = shop.everything("agent-server")?;
    let merchant = shop.everything("merchant-server")?;
    let mut found = Vec::new();
    search(&mut found, "agent", &agent, &one.delivery());
    search(&mut found, "merchant", &merchant, &one.payment());
    search(&mut found, "merchant", &merchant, &passkey);
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    they_do_hold_their_own(&agent, &merchant, &one);
    // The agent does know the passkey, so the markers are right.
    search(&mut found, "agent", &agent, &passkey);
    for marker in &passkey {
        let name = &marker.name;
        assert!(found.iter().any(|line| line.contains(name)), "the agent does not hold the {name}");
    }
    Ok(())
}

/// A borrowed window has a table of its own: the seller learns the order half and the agent the
/// payment half as ever, and the host, in whose page all of it happens, neither.
#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_a_borrowed_window_learns_nothing_of_what_is_sold_in_it() -> Result {
    let shop = Shop::start_as(Start::Plain).await?;
    let seller = Borrower::open(&shop, "mrc_suzuki", "お菓子の鈴木", "Suzuki Sweets")?;
    seller.borrow_window(&shop, &shop.host.url)?;
    let one = Marked::new(&format!("C4839{:08}", random(99_999_999)), "83920175");
    add_contract(&shop, one.value("payment.contract_number"), one.value("payment.code"))?;
    let keep = "window.told = []; addEventListener('message', (e) => told.push(e.data)); \
         for (const kind of ['ready', 'screenchange', 'accepted', 'failure', 'cancel']) \
         document.addEventListener(kind, (e) => told.push([kind, e.detail ?? 0]));";
    let script = format!("<script src=\"{}/v1/warifu.js\" async></script>", shop.agent.url);
    let window = seller.window();
    shop.host
        .show("", &format!("<!doctype html><html lang=ja><script>{keep}</script>{script}{window}"));
    let browser = Browser::open().await?;
    let widget = begin(&shop, &browser, &one, Pays::ByCode).await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let number = widget.text("[data-test=\"handling-number\"]").await?;
    browser.leave_frames().await?;
    let told: Vec<serde_json::Value> = browser.script("return window.told").await?;
    browser.close().await?;
    seller.cli(&["mailbox", "read", &number, "--json"])?;
    seller.cli(&["mailbox", "accept", &number, "--json"])?;

    let mut host = shop.everything("merchant-server")?;
    host.push(("told".into(), serde_json::to_vec(&told)?));
    let (agent, sold) = (shop.everything("agent-server")?, shop.files("mrc_suzuki")?);
    let deal = ["handling number", "its digits"]
        .into_iter()
        .zip([number.clone(), number.replace('-', "")])
        .map(|(name, value)| Marker::new(name, &value));
    let deal: Vec<_> = deal.chain([Marker::new("what was bought", "YOKAN-01")]).collect();
    let mut found = Vec::new();
    search(&mut found, "agent", &agent, &one.delivery());
    search(&mut found, "seller", &sold, &one.payment());
    search(&mut found, "host", &host, &one.delivery());
    search(&mut found, "host", &host, &one.payment());
    search(&mut found, "host", &host, &deal);
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    assert!(told.iter().any(|event| event[1]["referral"].is_string()), "{told:?}");
    they_do_hold_their_own(&agent, &sold, &one);
    search(&mut found, "agent", &agent, &deal);
    assert!(found.iter().any(|line| line.contains("handling number")), "the agent holds none");
    Ok(())
}

/// What is the same whenever this passkey is used, and what its owner is called.
fn passkey_markers(passkey: &serde_json::Value) -> Result<Vec<Marker>> {
    let (id, user) = (member(passkey, "credentialId")?, member(passkey, "userHandle")?);
    let point = public_point(passkey)?;
    Ok(vec![
        Marker::of_bytes("credential id", &id),
        Marker::of_bytes("user handle", &user),
        Marker::of_bytes("public key", &point[1..33]),
    ])
}

/// A price and a limit of so many digits that nothing that is made of them is found by chance.
const DEAR: &str = "unit_price = 3333333333";
const LIMIT: u64 = 48_392_017_563;

/// Enrolment, apart and inside the purchase, and what a plan comes to: the shop gets none of it,
/// and the agent no address.
#[tokio::test]
async fn what_is_enrolled_and_how_it_is_paid_stay_with_the_agent() -> Result {
    let mut shop = Shop::start_as(Start::Plain).await?;
    shop.change("merchant-server/catalogue.toml", "unit_price = 3300", DEAR).await?;
    let limit = format!("[enrolment]\nopen = true\ncurrency = \"JPY\"\ncredit_limit = {LIMIT}\n");
    shop.change("agent-server/agent.toml", "[smtp]", &format!("{limit}[smtp]")).await?;
    shop.host.show_widgets(&shop.agent.url, &["TEAPOT-01"]);
    let browser = Browser::open().await?;
    let (mut markers, mut shoppers) = (vec![Marker::amount("limit", LIMIT)], Vec::new());
    for (plan, inside) in [("times-12", false), ("times-15", true)] {
        let (one, address) = enrolled(&shop, &browser, plan, inside).await?;
        markers.extend(one.payment());
        markers.push(Marker::new("address of the contract", &address));
        markers.push(Marker::new("plan", plan));
        shoppers.push(one);
    }
    browser.close().await?;
    let due = "SELECT fee, total, amount FROM purchases UNION \
         SELECT instalments.amount, instalments.amount, purchases.amount FROM instalments \
         JOIN purchases ON purchases.id = purchase";
    for row in shop.rows("agent-server", due)? {
        for cell in &row[..2] {
            markers.push(Marker::amount("fee or due", cell.as_u64().expect("an amount")));
        }
    }
    assert!(markers.len() > 12, "only {}", markers.len());

    let agent = shop.everything("agent-server")?;
    let merchant = shop.everything("merchant-server")?;
    let mut found = Vec::new();
    search(&mut found, "merchant", &merchant, &markers);
    for shopper in &shoppers {
        search(&mut found, "agent", &agent, &shopper.delivery());
    }
    assert!(found.is_empty(), "leaks:\n{}", found.join("\n"));
    let dues: Vec<_> = markers.into_iter().filter(|marker| marker.name == "fee or due").collect();
    search(&mut found, "agent", &agent, &dues);
    for (place, form) in [("answered", "message"), ("dump", "plain"), ("letters", "digits in")] {
        let held = found.iter().any(|line| line.contains(place) && line.contains(form));
        assert!(held, "the agent itself holds none as {form} in {place}");
    }
    Ok(())
}

/// Gets a contract, apart from the purchase or inside it, and buys by this plan; with the address
/// of the contract.
async fn enrolled(
    shop: &Shop,
    browser: &Browser,
    plan: &str,
    inside: bool,
) -> Result<(Marked, String)> {
    let address = format!("c{}@contracts.example", random(99_999_999) + 100_000_000);
    let code = format!("7{:07}", random(9_999_999));
    let pages = OwnPages::new(shop, browser);
    let number = if inside { String::new() } else { pages.enrol(&address, &code).await? };
    let mut one = Marked::new(&number, &code);
    browser.leave_frames().await?;
    browser.driver.goto(&shop.host.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    for (name, value) in one.typed.iter().filter(|(_, value)| !value.is_empty()) {
        widget.fill(name, value).await?;
    }
    if inside {
        widget.press("enrol").await?;
        widget.find("[data-test=\"enrolment\"]").await?.enter_frame().await?;
        pages.finish_enrolment(&address, &code).await?;
        widget.focus_frame().await?;
        for _ in 0..600 {
            if widget.count("[data-test=\"enrolment\"]").await? == 0 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    let number = widget.value("payment.contract_number").await?.replace('-', "");
    one.typed.retain(|(name, _)| *name != "payment.contract_number");
    one.typed.push(("payment.contract_number", number));
    widget.fill("payment.plan", plan).await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    let letters = shop.post.letters()?.len();
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    shop.post.wait_for(letters + 1).await?;
    Ok((one, address))
}

/// A search that finds nothing proves nothing unless it finds what is there.
pub fn they_do_hold_their_own(
    agent: &[(String, Vec<u8>)],
    merchant: &[(String, Vec<u8>)],
    one: &Marked,
) {
    let mut found = Vec::new();
    search(&mut found, "merchant", merchant, &one.delivery());
    for field in ["contact.name", "contact.email", "delivery.line1", "delivery.postal_code"] {
        assert!(found.iter().any(|line| line.contains(field)), "the shop does not hold {field}");
    }
    assert!(agent.iter().any(|(place, bytes)| place == "letters" && !bytes.is_empty()));
}

/// Plants leaks in what the servers received and sees them found.
async fn a_planted_leak_is_found(shop: &Shop, one: &Marked) -> Result {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let plain = STANDARD.encode(format!("..{}..", one.value("contact.name")));
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let hex = hex(one.value("payment.contract_number"));
    let http = whole_system::server::http()?;
    http.get(format!("{}/healthz?q={plain}", shop.agent.url)).send().await?;
    http.get(format!("{}/healthz?q={hex}", shop.merchant.url)).send().await?;
    let mut found = Vec::new();
    search(&mut found, "agent", &shop.everything("agent-server")?, &one.delivery());
    search(&mut found, "merchant", &shop.everything("merchant-server")?, &one.payment());
    assert!(found.iter().any(|l| l.contains("agent") && l.contains("contact.name")), "{found:?}");
    let planted = found.iter().any(|l| l.contains("merchant") && l.contains("contract_number"));
    assert!(planted, "{found:?}");
    Ok(())
}

/// What of the markers is found where, in which form.
pub fn search(
    found: &mut Vec<String>,
    who: &str,
    everything: &[(String, Vec<u8>)],
    markers: &[Marker],
) {
    for (place, bytes) in everything {
        for marker in markers {
            for form in marker.found_in(bytes) {
                found.push(format!("{who}: {} as {form} in {place}", marker.name));
            }
        }
    }
}

/// A purchase that the shopper confirms.
pub async fn accepted(shop: &Shop, browser: &Browser, one: &Marked) -> Result {
    let widget = begin(shop, browser, one, Pays::ByCode).await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let link = shop.post.wait_for(1).await?.confirm_link()?;
    let http = whole_system::server::http()?;
    let form = ("content-type", "application/x-www-form-urlencoded");
    http.post(&link).header(form.0, form.1).body("decision=ok").send().await?;
    Ok(())
}

/// One whose code was wrong at first.
pub async fn corrected(shop: &Shop, browser: &Browser, one: &Marked) -> Result {
    let widget = begin(shop, browser, one, Pays::ByCode).await?;
    widget.press("back").await?;
    widget.wait_for("details").await?;
    widget.fill("payment.code", "11111111").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    let code = one.value("payment.code");
    widget.fill("payment.code", code).await?;
    widget.press("resubmit").await?;
    widget.wait_for("thanks").await
}

/// One that is declined, as the contract has been suspended.
pub async fn failed(shop: &Shop, browser: &Browser, one: &Marked) -> Result {
    let widget = begin(shop, browser, one, Pays::ByCode).await?;
    let contract = one.value("payment.contract_number");
    shop.agent_cli(&["contracts", "suspend", contract, "--json"])?;
    widget.press("place-order").await?;
    widget.wait_for("failure").await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pays {
    ByCode,
    ByPasskey,
}

/// Opens the host page anew and fills the form up to the last button.
async fn begin<'a>(
    shop: &Shop,
    browser: &'a Browser,
    one: &Marked,
    pays: Pays,
) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(&shop.host.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.go_to_details().await?;
    let typed = |name: &str| pays == Pays::ByCode || !name.starts_with("payment.");
    for (name, value) in one.typed.iter().filter(|(name, _)| typed(name)) {
        widget.fill(name, value).await?;
    }
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    Ok(widget)
}

/// A contract with a number and a code that occur nowhere else.
pub fn contract(shop: &Shop) -> Result<(String, String)> {
    let (number, code) = (format!("C4839{:08}", random(99_999_999)), "83920175".to_string());
    add_contract(shop, &number, &code)?;
    Ok((number, code))
}

pub fn add_contract(shop: &Shop, number: &str, code: &str) -> Result {
    let arguments = [
        "contracts",
        "add",
        "--number",
        number,
        "--code",
        code,
        "--limit",
        "100000",
        "--currency",
        "JPY",
        "--email",
        EMAIL,
        "--locale",
        "ja",
        "--json",
    ];
    shop.agent_cli(&arguments)?;
    Ok(())
}

pub(crate) fn random(below: usize) -> usize {
    Entropy::new().try_next_u32().expect("randomness") as usize % below
}

const KANJI: &[char] = &['鷹', '鯉', '蘭', '椿', '梅', '霧', '嵐', '暁', '鶴', '亀', '霞', '雫'];
const KANA: &[char] = &['ア', 'ケ', 'ソ', 'テ', 'ヌ', 'ヘ', 'ミ', 'ユ', 'ロ', 'ワ'];

pub const EMAIL: &str = "shopper@agent.example";
