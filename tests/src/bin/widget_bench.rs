//! How long until the shopper can type, from the start of the script tag to the first field of the
//! form, next to an empty cross-site frame in the same run; plainly and as on a slow telephone
//! (4 × CPU, 1.44 Mbit/s, 562.5 ms per request). And what was downloaded. One JSON line a figure.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::float_arithmetic, reason = "figures for people, never money")]

use serde_json::{Value, json};
use whole_system::{
    Browser, Result, Shop, browser::Window, host::Host, shop::Start, widget::Widget,
};

const ROUNDS: usize = 7;

/// Notes when the first field of the form can be used; presses Order as soon as it is there.
const WATCH: &str = "(() => { if (window === top) return; const look = () => { \
    const order = document.querySelector('[data-test=order]'); \
    const field = document.querySelector('[name=\"contact.name\"]'); \
    const usable = (e) => e && !e.disabled && e.getClientRects().length > 0; \
    if (usable(order) && !usable(field)) order.click(); \
    if (usable(field)) { window.usableAt = performance.timeOrigin + performance.now(); return; } \
    requestAnimationFrame(look); }; look(); })();";

#[tokio::main]
async fn main() -> Result {
    let shop = Shop::start_as(Start::Compressed).await?;
    let empty = Host::start().await?;
    empty.show("", "<!doctype html><form><input name=\"contact.name\"></form>");
    let empty_url = empty.url.replace("127.0.0.1", "localhost");
    for (name, slow) in [("plain", false), ("slow", true)] {
        let (mut widget, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            shop.host.show("", &page(&script_tag(&shop.agent.url)));
            widget.push(time_to_form(&shop.host.url, true, slow).await?);
            shop.host.show("", &page(&empty_frame(&empty_url)));
            floor.push(time_to_form(&shop.host.url, false, slow).await?);
        }
        figure(&format!("widget.time_to_form_{name}"), median(widget), Some(median(floor)));
    }
    let requests = count_requests(&shop).await?;
    println!(
        "{}",
        json!({ "name": "widget.requests", "value": requests, "unit": "1",
                            "floor": 2, "ratio": f64::from(requests) / 2.0 })
    );
    Ok(())
}

fn page(begin: &str) -> String {
    format!(
        "<!doctype html><html lang=\"ja\"><title>店</title><body><script>\
         window.startedAt = performance.timeOrigin + performance.now(); {begin}</script>"
    )
}

fn script_tag(agent: &str) -> String {
    format!(
        "const s = document.createElement('script'); s.async = true; \
         s.src = '{agent}/v1/warifu.js'; document.head.append(s); \
         const w = document.createElement('warifu-checkout'); \
         w.setAttribute('merchant', 'mrc_tea'); w.setAttribute('item', 'TEAPOT-01'); \
         document.body.append(w);"
    )
}

fn empty_frame(url: &str) -> String {
    format!("const f = document.createElement('iframe'); f.src = '{url}'; document.body.append(f);")
}

async fn time_to_form(url: &str, is_widget: bool, slow: bool) -> Result<f64> {
    let window = Window { one_process: true, ..Window::default() };
    let browser = Browser::open_as(window).await?;
    browser.before_every_page(WATCH).await?;
    if slow {
        slow_down(&browser).await?;
    }
    browser.driver.goto(url).await?;
    let start: f64 = browser.script("return window.startedAt").await?;
    if is_widget {
        Widget::enter(&browser).await?;
    } else {
        let frame = browser.driver.find(thirtyfour::By::Css("iframe")).await?;
        frame.enter_frame().await?;
    }
    for _ in 0..1200 {
        let usable: Option<f64> = browser.script("return window.usableAt ?? null").await?;
        if let Some(usable) = usable {
            browser.close().await?;
            return Ok(usable - start);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    anyhow::bail!("no form within 30 s")
}

async fn slow_down(browser: &Browser) -> Result {
    let cdp = browser.driver.cdp();
    let network = json!({ "offline": false, "latency": 562.5,
                          "downloadThroughput": 1_440_000 / 8, "uploadThroughput": 675_000 / 8 });
    cdp.send_raw("Network.enable", json!({})).await?;
    cdp.send_raw("Network.emulateNetworkConditions", network).await?;
    cdp.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": 4 })).await?;
    Ok(())
}

/// Requests that the agent saw for one opened widget.
async fn count_requests(shop: &Shop) -> Result<u32> {
    let seen = || {
        let received = shop.agent_tap.kept().received.concat();
        let text = String::from_utf8_lossy(&received).into_owned();
        text.lines().filter(|line| line.ends_with(" HTTP/1.1") && line.starts_with("GET ")).count()
    };
    let before = seen();
    shop.host.show("", &page(&script_tag(&shop.agent.url)));
    let browser = Browser::at(&shop.host.url).await?;
    Widget::enter(&browser).await?.wait_alive().await?;
    browser.close().await?;
    Ok(u32::try_from(seen() - before)?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn figure(name: &str, value: f64, floor: Option<f64>) {
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let ratio: Value = floor.map_or(Value::Null, |floor| json!(round(value / floor)));
    let line = json!({ "name": name, "value": round(value), "unit": "ms",
                       "floor": floor.map(round), "ratio": ratio });
    println!("{line}");
}
