//! Plans (支払回数) as a shopper meets them: what each costs and when it falls due is on screen
//! before the button, in the letter, on the agent's pages and in its books, and the shop learns the
//! class alone.

use serde_json::Value;
use whole_system::{Browser, OwnPages, Result, Shop, Widget, server::http};

const CONTRACT: &str = "C100000000042";
const ADDRESS: &str = "plans@example.jp";
/// Five teapots, delivered for nothing.
const PRICE: u64 = 16_500;

/// Each class: the value in the form, the class that the shop learns, the name.
const PLANS: [(&str, &str, &str); 5] = [
    ("single", "single", "1回払い"),
    ("times-3", "instalments", "3回払い"),
    ("revolving", "revolving", "リボ払い"),
    ("bonus", "bonus", "ボーナス一括払い"),
    ("bonus-times-6", "bonus-instalments", "ボーナス併用6回払い"),
];

/// What the last screen says that a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    fee: u64,
    rate: String,
    total: u64,
    payments: Vec<u64>,
}

impl Shown {
    async fn on(widget: &Widget<'_>) -> Result<Self> {
        let lines = widget.find("[data-test=\"plan\"]").await?;
        let all = lines.find_all(thirtyfour::By::Css("li span:last-child")).await?;
        let mut texts = Vec::new();
        for one in all {
            texts.push(one.prop("textContent").await?.unwrap_or_default());
        }
        let [fee, rate, total, payments @ ..] = texts.as_slice() else {
            anyhow::bail!("too little is said: {texts:?}");
        };
        Ok(Self {
            fee: yen(fee),
            rate: rate.clone(),
            total: yen(total),
            payments: payments.iter().map(|text| yen(text)).collect(),
        })
    }

    fn assert_adds_up_to(&self, price: u64) {
        assert_eq!(self.total, price + self.fee, "{self:?}");
        assert_eq!(self.payments.iter().sum::<u64>(), self.total, "{self:?}");
        assert!(self.rate.ends_with('%'), "{self:?}");
    }
}

/// "¥18,466" as a number.
fn yen(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("{text:?} is no amount"))
}

fn written(yen: u64) -> String {
    let digits = yen.to_string();
    let split = digits.len().saturating_sub(3);
    match split {
        0 => format!("¥{digits}"),
        _ => format!("¥{},{}", &digits[..split], &digits[split..]),
    }
}

/// Up to the last button, with so many teapots by this plan.
async fn check<'a>(
    shop: &Shop,
    browser: &'a Browser,
    quantity: u32,
    plan: &str,
) -> Result<Widget<'a>> {
    browser.leave_frames().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(browser).await?;
    widget.wait_alive().await?;
    for _ in 1..quantity {
        widget.press("more").await?;
    }
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.contract_number", CONTRACT).await?;
    widget.fill("payment.plan", plan).await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    Ok(widget)
}

async fn market() -> Result<(Shop, Browser)> {
    let shop = Shop::start().await?;
    shop.add_contract(CONTRACT, ADDRESS, 1_000_000)?;
    Ok((shop, Browser::open().await?))
}

fn quotes_asked(shop: &Shop) -> usize {
    let received = shop.agent_tap.kept().received.concat();
    String::from_utf8_lossy(&received).matches("POST /v1/plans ").count()
}

/// What the agent's books say of a purchase: plan, fee, total and what falls due.
fn books(shop: &Shop, number: &str) -> Result<(String, u64, u64, Vec<u64>)> {
    let number = number.replace('-', "");
    let told = shop.rows(
        "agent-server",
        &format!(
            "SELECT plan, fee, total, instalments.amount FROM purchases \
             JOIN instalments ON instalments.purchase = purchases.id \
             WHERE handling_number = '{number}' ORDER BY number"
        ),
    )?;
    let first = told.first().ok_or_else(|| anyhow::anyhow!("nothing is due for {number}"))?;
    let whole = |value: &Value| value.as_u64().expect("a whole number");
    let plan = first[0].as_str().unwrap_or_default().to_owned();
    Ok((plan, whole(&first[1]), whole(&first[2]), told.iter().map(|row| whole(&row[3])).collect()))
}

#[tokio::test]
async fn each_plan_is_shown_before_the_button_and_kept_as_it_was_shown() -> Result {
    let (shop, browser) = market().await?;
    let mut due = Vec::new();
    for (at, (plan, class, name)) in PLANS.into_iter().enumerate() {
        let widget = check(&shop, &browser, 5, plan).await?;
        let is_plan = plan != "single";
        assert_eq!(widget.count("[data-test=\"plan\"]").await?, usize::from(is_plan), "{plan}");
        let shown = match is_plan {
            true => Shown::on(&widget).await?,
            false => Shown { fee: 0, rate: "%".into(), total: PRICE, payments: vec![PRICE] },
        };
        shown.assert_adds_up_to(PRICE);
        assert_eq!(shown.fee > 0, !["single", "bonus"].contains(&plan), "{plan}: {shown:?}");
        let button = widget.text("[data-test=\"place-order\"]").await?;
        assert!(button.contains(&written(shown.total)), "{plan}: {button}");
        assert!(widget.text("main").await?.contains(name), "{plan}");
        widget.press("place-order").await?;
        widget.wait_for("thanks").await?;
        assert!(widget.text("main").await?.contains(name), "{plan}");
        let number = widget.text("[data-test=\"handling-number\"]").await?;

        let kept = books(&shop, &number)?;
        assert_eq!(kept, (plan.into(), shown.fee, shown.total, shown.payments.clone()));
        the_letter_and_its_page_say_it(&shop, at + 1, name, &shown).await?;
        the_shop_learned_the_class(&shop, at, plan, class)?;
        due.extend(shown.payments);
    }
    the_statements_show(&shop, &browser, due).await?;
    browser.close().await
}

async fn the_letter_and_its_page_say_it(
    shop: &Shop,
    letters: usize,
    name: &str,
    shown: &Shown,
) -> Result {
    let letter = shop.post.wait_for(letters).await?;
    let (text, link) = (letter.text(), letter.confirm_link()?);
    let page = http()?.get(format!("{link}?locale=ja")).send().await?.text().await?;
    let mut said = vec![name.to_owned()];
    if shown.fee > 0 {
        said.extend([written(shown.fee), written(shown.total)]);
        assert!(page.contains(&shown.rate), "{name}: no rate");
    }
    for said in said {
        assert!(text.contains(&said), "the letter does not say {said}:\n{text}");
        assert!(page.contains(&said), "the page does not say {said}:\n{page}");
    }
    for payment in shown.payments.iter().filter(|_| shown.payments.len() > 1) {
        assert!(page.contains(&format!("<td>{}</td>", written(*payment))), "{name}: {payment}");
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    let done = http()?.post(&link).header(form.0, form.1).body("decision=ok").send().await?;
    assert!(done.status().is_success(), "{}", done.status());
    Ok(())
}

fn the_shop_learned_the_class(shop: &Shop, at: usize, plan: &str, class: &str) -> Result {
    let told = shop.rows("merchant-server", "SELECT amount, plan_class FROM orders ORDER BY id")?;
    assert_eq!(told[at], [Value::from(PRICE), Value::from(class)]);
    if plan != class {
        let mut all = shop.files("merchant-server")?;
        let tap = shop.merchant_tap.kept();
        all.push(("received".into(), tap.received.concat()));
        all.push(("answered".into(), tap.answered.concat()));
        for (place, bytes) in all {
            let found = memchr::memmem::find(&bytes, plan.as_bytes());
            assert!(found.is_none(), "{plan} stands in {place}");
        }
    }
    Ok(())
}

/// Month by month, in a browser: all that is due, and nothing else.
async fn the_statements_show(shop: &Shop, browser: &Browser, mut due: Vec<u64>) -> Result {
    let pages = OwnPages::signed_in(shop, browser, ADDRESS).await?;
    pages.open("/me/statements?locale=ja").await?;
    let mut listed = Vec::new();
    for _ in 0..14 {
        pages.wait_for("statement").await?;
        let cells = "return [...document.querySelectorAll('tbody td:last-child')] \
             .map((cell) => cell.textContent)";
        let amounts: Vec<String> = browser.script(cells).await?;
        let amounts: Vec<u64> = amounts.iter().map(|text| yen(text)).collect();
        if !amounts.is_empty() {
            let sum = yen(&pages.text("[data-test=\"statement-sum\"]").await?);
            assert_eq!(sum, amounts.iter().sum::<u64>());
        }
        listed.extend(amounts);
        pages.press("a[rel=\"next\"]").await?;
    }
    due.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, due);
    Ok(())
}

#[tokio::test]
async fn another_quantity_or_place_is_quoted_anew_and_another_language_is_not() -> Result {
    let (shop, browser) = market().await?;
    let widget = check(&shop, &browser, 1, "times-12").await?;
    let first = Shown::on(&widget).await?;
    first.assert_adds_up_to(3300 + 550);
    assert_eq!(quotes_asked(&shop), 1);

    widget.press("change-quantity").await?;
    widget.wait_for("product").await?;
    widget.press("more").await?;
    widget.press("order").await?;
    widget.wait_for("details").await?;
    assert_eq!(widget.value("payment.plan").await?, "times-12");
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    let two = Shown::on(&widget).await?;
    two.assert_adds_up_to(6600 + 550);
    assert_eq!(quotes_asked(&shop), 2);

    widget.press("change-delivery").await?;
    widget.wait_for("details").await?;
    widget.fill("delivery.region", "JP-47").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    let far = Shown::on(&widget).await?;
    far.assert_adds_up_to(6600 + 1320);
    assert_eq!(quotes_asked(&shop), 3);

    widget.press("language").await?;
    for _ in 0..1200 {
        if widget.text("main").await?.contains("12 instalments") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(widget.text("main").await?.contains("12 instalments"));
    assert_eq!(Shown::on(&widget).await?, far);
    assert_eq!(quotes_asked(&shop), 3, "what was quoted still holds");
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let number = widget.text("[data-test=\"handling-number\"]").await?;
    assert_eq!(books(&shop, &number)?, ("times-12".into(), far.fee, far.total, far.payments));
    browser.close().await
}

#[tokio::test]
async fn a_correction_keeps_the_plan_and_what_was_agreed() -> Result {
    let (shop, browser) = market().await?;
    let widget = check(&shop, &browser, 5, "times-10").await?;
    let shown = Shown::on(&widget).await?;
    widget.press("back").await?;
    widget.wait_for("details").await?;
    widget.fill("payment.code", "1111").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("correction").await?;
    assert_eq!(widget.value("payment.plan").await?, "times-10");
    widget.fill("payment.code", "2468").await?;
    widget.press("resubmit").await?;
    widget.wait_for("thanks").await?;
    assert_eq!(quotes_asked(&shop), 1);
    let number = widget.text("[data-test=\"handling-number\"]").await?;
    let kept = books(&shop, &number)?;
    assert_eq!(kept, ("times-10".into(), shown.fee, shown.total, shown.payments));
    browser.close().await
}

#[tokio::test]
async fn a_quote_that_has_run_out_buys_nothing_and_the_next_one_is_shown_first() -> Result {
    let (mut shop, browser) = market().await?;
    let minutes = ("quote_minutes = 30", "quote_minutes = 1");
    shop.change("agent-server/plans.toml", minutes.0, minutes.1).await?;
    let widget = check(&shop, &browser, 5, "times-6").await?;
    shop.advance(70).await?;
    widget.press("place-order").await?;
    widget.wait_for("failure").await?;
    let problem = widget.attribute("[data-test=\"problem\"]", "data-code").await?;
    assert_eq!(problem.as_deref(), Some("quote_expired"));
    assert!(widget.text("main").await?.contains("お金は動いていません"));
    assert!(shop.rows("agent-server", "SELECT * FROM instalments")?.is_empty());
    widget.press("retry").await?;
    widget.wait_for("final-check").await?;
    assert_eq!(quotes_asked(&shop), 2);
    Shown::on(&widget).await?.assert_adds_up_to(PRICE);
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

#[tokio::test]
async fn a_plan_that_somebody_does_not_take_is_said_at_its_field() -> Result {
    let (shop, browser) = market().await?;
    // The Offer: the page's choice is forged, the program still knows what was signed.
    shop.host.show_widgets(&shop.agent.url, &["SENCHA-01"]);
    browser.driver.goto(&shop.host.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    assert_eq!(widget.count("[name=\"payment.plan\"] option").await?, 1);
    let forge = "document.querySelector('[name=\"payment.plan\"] option').value = 'times-12'; \
         return true";
    assert!(browser.script::<bool>(forge).await?);
    let change = "const field = document.querySelector('[name=\"payment.plan\"]'); \
         return field.dispatchEvent(new Event('change', { bubbles: true }))";
    assert!(browser.script::<bool>(change).await?);
    widget.press("review").await?;
    expect_at_the_plan(&widget).await?;
    assert_eq!(quotes_asked(&shop), 0);

    // The contract: the agent declines, and the shopper chooses another.
    shop.agent_cli(&["contracts", "plans", CONTRACT, "--plan", "single", "--json"])?;
    let widget = check(&shop, &browser, 5, "revolving").await?;
    widget.press("place-order").await?;
    expect_at_the_plan(&widget).await?;

    // The shop's contract with the agent, changed while the page was open.
    shop.agent_cli(&["contracts", "plans", CONTRACT, "--json"])?;
    browser.leave_frames().await?;
    browser.driver.goto(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    widget.fill("payment.plan", "times-3").await?;
    shop.agent_cli(&["merchants", "add", "mrc_tea", "--plan", "single", "--json"])?;
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    widget.press("review").await?;
    expect_at_the_plan(&widget).await?;
    widget.fill("payment.plan", "single").await?;
    widget.press("resubmit").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    browser.close().await
}

async fn expect_at_the_plan(widget: &Widget<'_>) -> Result {
    widget.wait_for("correction").await?;
    let wrong = "main .half [aria-invalid=\"true\"]";
    assert_eq!(widget.count(wrong).await?, 1);
    assert_eq!(widget.attribute(wrong, "name").await?.as_deref(), Some("payment.plan"));
    let problem = widget.find("#fix-payment-plan-error").await?.attr("data-code").await?;
    assert_eq!(problem.as_deref(), Some("plan_not_accepted"));
    Ok(())
}
