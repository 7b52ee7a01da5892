//! The page that the server has rendered and `boot.js` has served so far: what it says of the
//! deal, what has been typed into it, and where the shopper is in it.

use js_sys::{Array, Function, JsString, Object, Reflect};
use shared_protocol::{Field, Plan};
use wasm_bindgen::{JsCast, JsValue, UnwrapThrowExt as _};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, HtmlElement, HtmlInputElement, HtmlSelectElement, Node, Window};

use crate::{
    typed::{Platform, Typed},
    words::Claims,
};

/// What had been typed, and where, at the moment of the takeover.
#[derive(Clone)]
pub struct Left {
    /// The contents of the form.
    pub typed: Typed,
    /// `product` or `details`.
    pub screen: String,
    /// Where the shopper was typing.
    pub focus: Focus,
    /// Whether a character is being composed just now (an input method is open).
    pub composing: bool,
    /// A button that was pressed too early: `review` or `language`.
    pub pending: Option<String>,
}

/// Which control has the focus, and what is selected in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    css: Option<String>,
    selection: Option<(u32, u32)>,
}

/// What only the server knows, read before its page is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The shop's name in the header: all that there is while the shop's words do not hold.
    pub shop: String,
    /// Whether shoppers may pay by transfer.
    pub has_transfer: bool,
    /// The other choices of how to pay.
    pub plans: Vec<String>,
    /// How to reach the agent: the lines below its name.
    pub agent_contact: Vec<String>,
}

/// The method of a transfer, in the form.
pub const TRANSFER: &str = "bank-transfer";

/// What the page claims about its deal; `None` if it says nothing at all.
pub fn claims() -> Option<Claims> {
    let bytes = |name| meta(name).and_then(|text| from_base64url(&text));
    let list = |name| -> Vec<String> {
        meta(name).unwrap_or_default().split_whitespace().map(String::from).collect()
    };
    Some(Claims {
        merchant: meta("merchant")?,
        item: meta("item")?,
        keys: list("keys").iter().filter_map(|key| from_base64url(key)).collect(),
        mark: bytes("mark").unwrap_or_default(),
        offer: bytes("offer").unwrap_or_default(),
        host: bytes("host").unwrap_or_default(),
        origins: if is_framed() { shown_by(list("origins")) } else { Vec::new() },
    })
}

/// A `<meta name="warifu-…">` of the page.
pub fn meta(name: &str) -> Option<String> {
    find(&["meta[name=warifu-", name, "]"].concat())?.get_attribute("content")
}

/// The first element of this selector.
pub fn find(css: &str) -> Option<Element> {
    document().query_selector(css).ok().flatten()
}

/// What is chosen in a list.
pub fn chosen(list: &Element) -> String {
    list.unchecked_ref::<HtmlSelectElement>().value()
}

/// What `boot.js` has kept so far; `None` if this is not its page.
pub fn left() -> Option<Left> {
    let left = call("warifuTyped")?;
    let text = |name: &str| get(&left, name).and_then(|value| value.as_string());
    let number = |name: &str| get(&left, name).and_then(|value| value.as_f64());
    let values = get(&left, "values")?;
    let value = |name: &str| get(&values, name).and_then(|value| value.as_string());
    let mut typed = Typed::new(count(number("quantity")).unwrap_or(1));
    for field in Field::ALL {
        typed.set(*field, value(field.name()).unwrap_or_default());
    }
    if value("payment.method").as_deref() == Some(TRANSFER) {
        typed.set(Field::PaymentPlan, Plan::Transfer.to_string());
    }
    typed.to_another = value("delivery.other").is_some();
    let named = |attribute: &str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(["[", attribute, "='", &value, "']"].concat())
    };
    let css = named("name", text("focusName")).or_else(|| named("data-test", text("focusTest")));
    let selection = count(number("selectionStart")).zip(count(number("selectionEnd")));
    Some(Left {
        typed,
        screen: text("screen")?,
        focus: Focus { css, selection },
        composing: get(&left, "composing").is_some_and(|value| value.is_truthy()),
        pending: global("warifuPending").and_then(|value| value.as_string()),
    })
}

/// What only the server knows.
pub fn rendered() -> Rendered {
    let shop = find("header p").and_then(|name| name.text_content());
    let plans = all("[name='payment.plan'] option").into_iter();
    let lines = all("#help p").get(1).map(texts_in).unwrap_or_default();
    Rendered {
        shop: shop.unwrap_or_default(),
        has_transfer: find("[name='payment.method']").is_some(),
        plans: plans.filter_map(|plan| plan.get_attribute("value")).collect(),
        agent_contact: lines.into_iter().skip(1).collect(),
    }
}

impl Focus {
    /// On the control of this name.
    pub fn on(name: &str) -> Self {
        Self { css: Some(["[name='", name, "']"].concat()), selection: None }
    }

    /// Where the focus is now, among controls that survive a redrawing.
    pub fn now() -> Self {
        let Some(active) = document().active_element() else { return Self::default() };
        let named = |attribute: &str| {
            let value = active.get_attribute(attribute)?;
            Some(["[", attribute, "='", &value, "']"].concat())
        };
        let input = active.dyn_ref::<HtmlInputElement>();
        let end = |end: Result<Option<u32>, JsValue>| end.ok().flatten();
        let selection =
            input.and_then(|input| end(input.selection_start()).zip(end(input.selection_end())));
        Self { css: named("name").or_else(|| named("data-test")), selection }
    }

    /// Puts it back.
    pub fn restore(&self) {
        let Some(found) = self.css.as_deref().and_then(find) else { return };
        focus(&found);
        if let (Some(input), Some((start, end))) =
            (found.dyn_ref::<HtmlInputElement>(), self.selection)
        {
            let _ = input.set_selection_range(start, end);
        }
    }
}

/// Moves the focus to an element. If it takes none, there is none to move.
pub fn focus(element: &Element) {
    let _ = element.unchecked_ref::<HtmlElement>().focus();
}

/// The window that this program runs in.
pub fn window() -> Window {
    web_sys::window().unwrap_throw()
}

/// The page in it.
pub fn document() -> Document {
    window().document().unwrap_throw()
}

/// Whether nobody sees the page now.
pub fn is_hidden() -> bool {
    get(&document(), "hidden").is_some_and(|hidden| hidden.is_truthy())
}

/// Presses a button that was pressed too early, if it is there.
pub fn press(css: &str) {
    if let Some(button) = find(css) {
        button.unchecked_ref::<HtmlElement>().click();
    }
}

/// Unicode normalisation form KC, the browser's own.
pub fn nfkc(text: &str) -> String {
    JsString::from(text).normalize("NFKC").into()
}

/// What the rules of the form ask of this browser.
pub const PLATFORM: Platform = Platform { nfkc, is_email };

/// Whether the browser itself takes a text for an e-mail address (HTML, "valid e-mail address").
fn is_email(text: &str) -> bool {
    let input = document().create_element("input").unwrap_throw();
    let input = input.unchecked_into::<HtmlInputElement>();
    input.set_type("email");
    input.set_value(text);
    input.check_validity()
}

/// Copies a text; whether the browser allowed it.
pub async fn copy(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    // Where the page is not secure there is none.
    if clipboard.is_undefined() {
        return false;
    }
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// A function of `boot.js`, called without arguments.
pub fn call(name: &str) -> Option<JsValue> {
    global(name)?.dyn_ref::<Function>()?.call0(&JsValue::UNDEFINED).ok()
}

/// A global of the page, if it is there.
pub fn global(name: &str) -> Option<JsValue> {
    get(&window(), name)
}

/// A property, if it is there.
pub fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &name.into()).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// An object of these properties.
pub fn object(properties: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        Reflect::set(&object, &(*name).into(), value).unwrap_throw();
    }
    object
}

fn all(css: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(css) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}

/// The texts directly in an element, one for each line.
fn texts_in(element: &Element) -> Vec<String> {
    let nodes = element.child_nodes();
    let nodes = (0..nodes.length()).filter_map(|at| nodes.get(at));
    nodes
        .filter(|node| node.node_type() == Node::TEXT_NODE)
        .filter_map(|n| n.text_content())
        .collect()
}

/// Whether another page shows this one.
fn is_framed() -> bool {
    window().parent().ok().flatten().is_some_and(|parent| parent != window())
}

/// The origin of the page around this one where the browser tells it, else all that it may be:
/// `boot.js` has taken the channel from one of those only.
fn shown_by(registered: Vec<String>) -> Vec<String> {
    let around = get(&window().location(), "ancestorOrigins").map(|list| Array::from(&list));
    let around = around.and_then(|list| list.get(0).as_string());
    around.map_or(registered, |origin| vec![origin])
}

fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let binary = window().atob(&plain).ok()?;
    binary.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn count(number: Option<f64>) -> Option<u32> {
    number.filter(|number| (0.0..=f64::from(u32::MAX)).contains(number)).map(|number| number as u32)
}
