//! A real page for the browser's tests: the agent's frame page with its own `boot.js`, and the
//! counterparts in memory behind `fetch`.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::rc::Rc;

use client_wasm::{
    calls::{Call, Party},
    course::{Answer, World as _},
    network::pause,
    page, takeover,
};
use js_sys::{Function, Promise, Reflect, Uint8Array};
use shared_protocol::{Field, Locale, encode};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{
    Document, Element, HtmlElement, HtmlInputElement, Request, RequestInit, Response, ResponseInit,
};

use crate::world::Counterparts;

const FRAME: &str = include_str!("../../../www/frame.html");
const BOOT: &str = include_str!("../../../www/boot.js");
const TEXTS: &str = include_str!("../../../www/texts.tsv");
const CSS: &str = include_str!("../../../www/widget.css");

/// Opens the page as the server would have rendered it, `boot.js` running, no program yet.
pub fn open(world: &Rc<Counterparts>, locale: Locale) {
    let html = rendered(world, locale);
    let show = Function::new_with_args(
        "html, lang",
        "const page = new DOMParser().parseFromString(html, 'text/html'); \
         for (const old of document.querySelectorAll('meta[name^=warifu-]')) old.remove(); \
         document.head.append(...page.querySelectorAll('meta[name^=warifu-]')); \
         if (!document.querySelector('header')) \
             document.documentElement.append(...document.body.children); \
         document.body.replaceChildren(...page.body.children); \
         document.documentElement.lang = lang; \
         for (const name of ['Typed', 'Takeover', 'Pending', 'Send', 'Receive', 'Inbox', 'Port']) \
             delete window['warifu' + name];",
    );
    show.call2(&JsValue::NULL, &html.into(), &locale.tag().into()).unwrap();
    script(BOOT);
    answer_fetches(world.clone());
    listen_to_port();
}

/// One more way to pay, beside the lump sum, as the server would have rendered it.
pub fn offer_plan(plan: &str) {
    script(&format!(
        "document.querySelector('[name=\"payment.plan\"]').add(new Option('{plan}', '{plan}'))"
    ));
}

/// The program takes the page over.
pub async fn take_over() {
    takeover::begin();
    settle().await;
}

/// The page, taken over at once.
pub async fn start(world: &Rc<Counterparts>, locale: Locale) {
    open(world, locale);
    take_over().await;
    wait_until(|| find("[data-test=mark]").get_attribute("data-verified").unwrap() == "true").await;
}

/// Lets everything that is due happen.
pub async fn settle() {
    for _ in 0..4 {
        pause(5).await;
    }
}

/// Waits for something that is about to happen.
pub async fn wait_until(happened: impl Fn() -> bool) {
    for _ in 0..400 {
        if happened() {
            return settle().await;
        }
        pause(10).await;
    }
    panic!("waited 4 s in vain:\n{}", text("main"));
}

pub async fn wait_for(screen: &str) {
    wait_until(|| self::screen() == screen).await;
}

pub fn document() -> Document {
    web_sys::window().unwrap().document().unwrap()
}

pub fn find(css: &str) -> Element {
    page::find(css).unwrap_or_else(|| panic!("nothing matches {css}:\n{}", text("body")))
}

pub fn all(css: &str) -> Vec<Element> {
    let found = document().query_selector_all(css).unwrap();
    (0..found.length()).map(|at| found.get(at).unwrap().unchecked_into()).collect()
}

pub fn text(css: &str) -> String {
    find(css).unchecked_into::<HtmlElement>().inner_text()
}

pub fn screen() -> String {
    find("main").get_attribute("data-screen").unwrap()
}

pub fn value(name: &str) -> String {
    let field = find(&format!("[name='{name}']"));
    Reflect::get(&field, &"value".into()).unwrap().as_string().unwrap()
}

/// Types into a field as a person does: focus, text, event.
pub fn fill(name: &str, value: &str) {
    let field = find(&format!("[name='{name}']"));
    field.unchecked_ref::<HtmlElement>().focus().unwrap();
    Reflect::set(&field, &"value".into(), &value.into()).unwrap();
    dispatch(&field, "input");
    dispatch(&field, "change");
}

pub fn dispatch(target: &Element, event: &str) {
    let how = web_sys::EventInit::new();
    how.set_bubbles(true);
    how.set_cancelable(true);
    let event = web_sys::Event::new_with_event_init_dict(event, &how).unwrap();
    target.dispatch_event(&event).unwrap();
}

pub fn fill_good() {
    for field in Field::ALL {
        let good = crate::world::good();
        let is_choice = matches!(field, Field::PaymentPlan | Field::DeliveryCountry);
        if !good.get(*field).is_empty() && !is_choice {
            fill(field.name(), good.get(*field));
        }
    }
}

pub fn press(test: &str) {
    find(&format!("[data-test='{test}']")).unchecked_into::<HtmlElement>().click();
}

/// From the product to the form.
pub async fn go_to_details(world: &Rc<Counterparts>, locale: Locale) {
    start(world, locale).await;
    press("order");
    wait_for("details").await;
}

/// From the product to just before the last button.
pub async fn go_to_final_check(world: &Rc<Counterparts>, locale: Locale) {
    go_to_details(world, locale).await;
    fill_good();
    press("review");
    wait_for("final-check").await;
}

/// What the loader was told, as JSON.
pub fn told() -> String {
    let told = Reflect::get(&web_sys::window().unwrap(), &"told".into()).unwrap();
    js_sys::JSON::stringify(&told).unwrap().into()
}

pub fn is_focused(css: &str) -> bool {
    document().active_element().is_some_and(|active| active == find(css))
}

pub fn input(name: &str) -> HtmlInputElement {
    find(&format!("[name='{name}']")).unchecked_into()
}

/// Runs a script in the page.
pub fn script(source: &str) -> JsValue {
    Function::new_no_args(source).call0(&JsValue::NULL).unwrap()
}

fn listen_to_port() {
    script("window.told = []; window.warifuPort = { postMessage: (m) => window.told.push(m) };");
}

/// Puts the counterparts behind `fetch`.
fn answer_fetches(world: Rc<Counterparts>) {
    let answer = move |url: String, how: RequestInit| -> Promise {
        let world = world.clone();
        let request = Request::new_with_str_and_init(&url, &how).unwrap();
        future_to_promise(async move {
            let bytes = JsFuture::from(request.array_buffer().unwrap()).await.unwrap();
            let call = call_of(&request, Uint8Array::new(&bytes).to_vec());
            match world.send(&call).await {
                Answer::Good(bytes) => Ok(response(200, "application/octet-stream", bytes)),
                Answer::Refused(refused) => Ok(problem(&refused)),
                Answer::Silence => Err(JsValue::from_str("nobody answers")),
            }
        })
    };
    let answer = Closure::<dyn FnMut(String, RequestInit) -> Promise>::new(answer).into_js_value();
    Reflect::set(&web_sys::window().unwrap(), &"fetch".into(), &answer).unwrap();
}

fn call_of(request: &Request, bytes: Vec<u8>) -> Call {
    let here = web_sys::window().unwrap().location().origin().unwrap();
    let url = request.url();
    let method = match request.method().as_str() {
        "GET" => "GET",
        "PUT" => "PUT",
        _ => "POST",
    };
    let media_type = request.headers().get("content-type").unwrap();
    Call {
        to: if url.starts_with(&here) { Party::Agent } else { Party::Merchant },
        method,
        url: url.strip_prefix(&here).unwrap_or(&url).to_owned(),
        body: media_type.map(|media_type| (media_type, bytes)),
        outlives_page: Reflect::get(request, &"keepalive".into()).unwrap().is_truthy(),
        through: None,
        direct: None,
    }
}

fn problem(refused: &client_wasm::course::Refused) -> JsValue {
    let fields: Vec<String> = refused
        .fields
        .iter()
        .map(|(field, wrong)| format!(r#"{{"name":"{}","code":"{}"}}"#, field.name(), wrong.code()))
        .collect();
    let document = format!(
        r#"{{"code":"{}","status":{},"fields":[{}],"request_id":"{}"}}"#,
        refused.problem.code(),
        refused.problem.status(),
        fields.join(","),
        refused.reference.as_deref().unwrap_or_default(),
    );
    response(refused.problem.status(), "application/problem+json", document.into_bytes())
}

fn response(status: u16, media_type: &str, bytes: Vec<u8>) -> JsValue {
    let how = ResponseInit::new();
    how.set_status(status);
    let headers = web_sys::Headers::new().unwrap();
    headers.set("content-type", media_type).unwrap();
    how.set_headers(&headers);
    let body = Uint8Array::from(bytes.as_slice());
    Response::new_with_opt_js_u8_array_and_init(Some(&body), &how).unwrap().into()
}

/// The template with its variables put in: every loop once, every condition met but
/// that there is no plan and that another's page lends the window. What is around
/// the page (the test runner's own elements) is moved out of its way, once.
fn rendered(world: &Counterparts, locale: Locale) -> String {
    let mut page = String::new();
    let mut rest = FRAME;
    while let Some((before, after)) = rest.split_once('{') {
        page.push_str(before);
        let (close, is_value) = match after.as_bytes()[0] {
            b'{' => ("}}", true),
            b'%' => ("%}", false),
            b'#' => ("#}", false),
            _ => {
                page.push('{');
                rest = after;
                continue;
            }
        };
        let (inside, behind) = after[1..].split_once(close).unwrap();
        if is_value {
            page.push_str(&variable(inside.trim(), world, locale));
        }
        rest = match inside.trim() {
            "else" | "if plans.is_empty()" => behind.split_once("{% endif %}").unwrap().1,
            "if host != \"\"" => otherwise(behind),
            _ => behind,
        };
    }
    page.push_str(rest);
    page.replace("<script></script>", "")
}

/// What follows a condition that is not met.
fn otherwise(behind: &str) -> &str {
    let after = |end: &str| behind.split_once(end).map(|(_, after)| after);
    let (instead, on) = (after("{% else %}"), after("{% endif %}").unwrap());
    instead.filter(|instead| instead.len() > on.len()).unwrap_or(on)
}

fn variable(name: &str, world: &Counterparts, locale: Locale) -> String {
    let quoted = name.split('"').nth(1).unwrap_or_default();
    if name.starts_with("w.get(") || name.starts_with("w.fill(") {
        return said(quoted, locale);
    }
    if name.starts_with("form.") {
        let field = Field::from_name(quoted).unwrap();
        let is_label = name.starts_with("form.label");
        return if is_label { field.label(locale) } else { field.autocomplete() }.into();
    }
    let claims = world.claims();
    match name {
        "shop_name" => locale.pick("山田茶舗", "Yamada Tea").into(),
        "item_name" => locale.pick("南部鉄器 急須", "Nambu iron teapot").into(),
        "merchant" => claims.merchant,
        "item" => claims.item,
        "origins" => claims.origins.join(" "),
        "keys" => base64url(&claims.keys[0]),
        "mark" => base64url(&encode(&world.deal.signed_mark)),
        "offer" => base64url(&encode(&world.deal.signed_offer)),
        "idle_seconds" => "900".into(),
        "waives" => "0".into(),
        "quantity" | "quantity_min" => "1".into(),
        "quantity_max" => "5".into(),
        "country.code" => "JP".into(),
        "region.code" => "JP-13".into(),
        "plan.value" => "single".into(),
        "plan.label" => said("plan.single", locale),
        "module" | "wasm" => "data:text/javascript,export default () => {}".into(),
        "css|safe" => CSS.into(),
        _ => String::new(),
    }
}

/// A row of the texts, read apart from the program's own way of reading them.
pub fn said(key: &str, locale: Locale) -> String {
    let row = TEXTS.lines().find(|row| row.split('\t').next() == Some(key));
    let mut cells = row.unwrap_or_else(|| panic!("no text {key}")).split('\t').skip(1);
    let (ja, en) = (cells.next().unwrap(), cells.next().unwrap());
    locale
        .pick(ja, en)
        .replace("{shop}", locale.pick("山田茶舗", "Yamada Tea"))
        .replace("{agent}", locale.pick("割符決済", "Warifu Settlement"))
}

fn base64url(bytes: &[u8]) -> String {
    let binary: String = bytes.iter().copied().map(char::from).collect();
    let plain = web_sys::window().unwrap().btoa(&binary).unwrap();
    plain.trim_end_matches('=').replace('+', "-").replace('/', "_")
}
