//! From the page that the server has rendered to the program, without losing a letter: values,
//! screen, focus, selection and a button pressed too early all go along.

use any_spawner::Executor;
use reactive_graph::owner::Owner;
use shared_protocol::{Locale, Problem};
use wasm_bindgen::{JsCast, UnwrapThrowExt as _, closure::Closure};

use crate::page::{document, window};
use crate::{
    app::{App, State, after, after_drawing, spawn},
    element::{el, listen},
    network::is_online,
    page::{self, Left},
    passkey, placing, port,
    screens::{bars, footer, header, hear, screen},
    session_key::WebCrypto,
    stage::Stage,
    texts,
    words::Words,
};

/// Takes over, once what the page claims has been checked and no character is being composed.
pub fn begin() {
    // The page works on meanwhile, by handlers of its own.
    spawn(async {
        // `boot.js` has them already: it starts the program when it has both.
        texts::fetch(locale()).await;
        let words = match page::claims() {
            Some(claims) => Words::verify(&claims, &WebCrypto).await.and_then(as_shown),
            None => Err(Problem::MarkInvalid),
        };
        take_over(words);
    });
}

/// What the page has shown of price and seller so far must be what was signed (TRUST.md T33): who
/// changed that on the way may have changed anything.
fn as_shown(words: Words) -> Result<Words, Problem> {
    let shown = |css: &str, kept: fn(&char) -> bool| -> Option<String> {
        let text: String = page::find(css)?.text_content()?.chars().filter(kept).collect();
        (!text.is_empty()).then_some(text)
    };
    let price = shown(".price strong", char::is_ascii_digit);
    if price.is_some_and(|price| price.parse() != Ok(words.offer.unit_price.minor)) {
        return Err(Problem::OfferInvalid);
    }
    let is_letter = |letter: &char| !letter.is_control();
    let notice = words.mark.legal_notice.get(locale()).chars().filter(is_letter);
    match shown("[data-test=legal]", is_letter).is_some_and(|shown| !notice.eq(shown.chars())) {
        true => Err(Problem::MarkInvalid),
        false => Ok(words),
    }
}

fn take_over(words: Result<Words, Problem>) {
    let rendered = page::rendered();
    let Some(left) = page::left() else { return };
    if left.composing {
        let again = Closure::once_into_js(move || after(0, move || take_over(words)));
        let options = web_sys::AddEventListenerOptions::new();
        options.set_once(true);
        document()
            .add_event_listener_with_callback_and_add_event_listener_options(
                "compositionend",
                again.unchecked_ref(),
                &options,
            )
            .unwrap_throw();
        return;
    }
    let typed = left.typed.clone();
    let app = mount(move || State::new(words, typed, rendered, locale()));
    resume(app, &left);
    // What was typed is in this program's hands: the page's own handlers may go.
    page::call("warifuTakeover");
    placing::judge(app);
    spawn(async move {
        let passkeys = passkey::is_at_hand().await;
        app.typed.borrow_mut().passkeys = passkeys;
    });
}

/// Replaces the page by the program's. The state lives as long as the page.
pub fn mount(state: impl FnOnce() -> State + 'static) -> App {
    let body = document().body().unwrap_throw();
    body.replace_children_with_node_0();
    let mut app = None;
    let kept = &mut app;
    // An error says only that it has begun already.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    owner.with(|| {
        let app: App = Box::leak(Box::new(state()));
        let status = el("p").class("vh").attr("role", "status").attr("id", "say");
        for part in [header(app), bars(app), screen(app), status, footer(app)] {
            body.append_child(part.node()).unwrap_throw();
        }
        *kept = Some(app);
    });
    core::mem::forget(owner);
    let app: App = app.unwrap_throw();
    watch(app);
    if let Some(root) = document().document_element() {
        root.set_attribute("data-program", "running").unwrap_throw();
    }
    app
}

/// The same screen, the same place in it, and what was pressed too early.
fn resume(app: App, left: &Left) {
    if left.screen == "details" && app.words().is_some() {
        app.stage.set(Stage::Details);
        placing::fetch_ahead(app);
    }
    let (focus, pending) = (left.focus.clone(), left.pending.clone());
    after_drawing(move || {
        focus.restore();
        match pending.as_deref() {
            Some("review") => placing::read_form(app),
            Some("enrol") => page::press("[data-test=enrol]"),
            Some("language") => app.speak(app.other_locale()),
            _ => {}
        }
    });
    port::on_locale(move |locale| app.speak(locale));
}

/// Listens to what concerns the whole page: any touch, the seconds, the network.
fn watch(app: App) {
    for touch in ["pointerdown", "keydown", "input"] {
        listen(document().as_ref(), touch, Box::new(move |_| app.touch()));
    }
    for change in ["online", "offline"] {
        listen(window().as_ref(), change, Box::new(move |_| app.offline.set(!is_online())));
    }
    listen(window().as_ref(), "message", Box::new(move |message| hear(app, &message)));
    every_second(app);
}

fn every_second(app: App) {
    after(1000, move || {
        app.tick();
        every_second(app);
    });
}

fn locale() -> Locale {
    let root = document().document_element();
    root.and_then(|root| root.get_attribute("lang")?.parse().ok()).unwrap_or_default()
}
