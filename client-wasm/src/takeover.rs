//! From the page that the server has rendered to the program, without losing a letter: values,
//! screen, focus, selection and a button pressed too early all go along.

use leptos::{
    mount::mount_to_renderer,
    prelude::{document, window},
};
use shared_protocol::{Locale, Problem};
use wasm_bindgen::{JsCast, closure::Closure};

use crate::{
    app::{App, State, after, after_drawing},
    element::{el, listen},
    network::is_online,
    page::{self, Left},
    placing, port,
    screens::{bars, footer, header, screen},
    stage::Stage,
    words::Words,
};

/// Takes over, once no character is being composed.
pub fn begin() {
    let rendered = page::rendered();
    let Some(left) = page::left(&rendered.plans) else { return };
    if left.composing {
        let again = Closure::once_into_js(|| after(0, begin));
        let options = web_sys::AddEventListenerOptions::new();
        options.set_once(true);
        document()
            .add_event_listener_with_callback_and_add_event_listener_options(
                "compositionend",
                again.unchecked_ref(),
                &options,
            )
            .expect("a page takes listeners");
        return;
    }
    let claims = page::claims().ok_or(Problem::MarkInvalid);
    let words = claims.and_then(|claims| Words::verify(&claims));
    let typed = left.typed.clone();
    let app = mount(move || State::new(words, typed, rendered, locale()));
    resume(app, &left);
    // What was typed is in this program's hands: the page's own handlers may go.
    page::call("warifuTakeover");
    placing::judge(app);
}

/// Replaces the page by the program's. The state lives as long as the page.
pub fn mount(state: impl FnOnce() -> State + 'static) -> App {
    let body = document().body().expect("a page has a body");
    body.replace_children_with_node_0();
    let mut app = None;
    let kept = &mut app;
    let owner = leptos::prelude::Owner::new();
    owner.with(|| *kept = Some(&*Box::leak(Box::new(state()))));
    let app: App = app.expect("it was just made");
    mount_to_renderer(&body, move || {
        let status = el("p").class("vh").attr("role", "status").attr("id", "say");
        (header(app), bars(app), screen(app), status, footer(app))
    })
    .forget();
    core::mem::forget(owner);
    watch(app);
    if let Some(root) = document().document_element() {
        root.set_attribute("data-program", "running").expect("an element takes an attribute");
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
