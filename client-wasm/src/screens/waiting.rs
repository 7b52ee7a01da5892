//! Fig 10: what is being waited for, how long already, and the handling number the moment it
//! exists.

use std::rc::{Rc, Weak};

use shared_protocol::{DeliveryTerms, Timestamp};
use wasm_bindgen::UnwrapThrowExt as _;

use super::{number::number_box, tally, titled};
use crate::{
    app::{App, after},
    clock,
    element::{El, dynamic, el, of, write},
    live::Live,
    progress::{Check, Patience, State},
    texts::{self, Text},
    words::Words,
};

pub(super) fn view(app: App, words: &Words) -> El {
    let now = ticking();
    let shop = match words.offer.delivery {
        _ if words.has_mailbox() => texts::WAITING_TERMS,
        DeliveryTerms::Physical { .. } => texts::WAITING_SHOP,
        DeliveryTerms::Intangible => texts::WAITING_SHOP_NO_DELIVERY,
    };
    let accepts = match words.has_mailbox() {
        true => texts::WAITING_MAILBOX,
        false => texts::WAITING_ACCEPTANCE,
    };
    let asked = words.hand_over().is_none();
    let by_shop = |check, what| asked.then(|| line(app, now.clone(), check, what));
    let checks = of("ol", "checks")
        .maybe(by_shop(Check::Shop, shop))
        .child(line(app, now.clone(), Check::Agent, texts::WAITING_AGENT))
        .maybe(by_shop(Check::Acceptance, accepts));
    of("section", "")
        .child(tally("tally"))
        .child(titled(app, texts::WAITING_TITLE))
        .maybe(asked.then(|| app.said("p", "lead", texts::WAITING_LEAD)))
        .child(checks)
        .child(patience(app, now))
        .child(dynamic(move || number(app)))
        .child(app.said("p", "note lead", texts::WAITING_SAFE))
        .attr("data-s", "waiting")
}

/// The time, ten times a second for as long as the screen is on.
fn ticking() -> Now {
    let now = Rc::new(Live::new(clock::now()));
    tick(Rc::downgrade(&now));
    now
}

fn tick(watched: Weak<Live<Timestamp>>) {
    after(TICK_MILLIS, move || {
        if let Some(now) = watched.upgrade() {
            now.set(clock::now());
            tick(watched);
        }
    });
}

/// One check: what, how it stands, and for the eye how long.
fn line(app: App, now: Now, check: Check, what: Text) -> El {
    let state = move || app.progress.read().of(check);
    let stands = el("span").live(move |span| {
        let (said, _) = words_of(state());
        write(span, &app.say(said));
    });
    let took = el("span").class("note").attr("aria-hidden", "true").live(move |span| {
        let millis = match state() {
            State::Busy(since) => Some(now.read().since(since).as_millis()),
            State::Done(took) => Some(took),
            State::Todo | State::Failed => None,
        };
        write(span, &millis.map(|millis| seconds(app, millis)).unwrap_or_default());
    });
    of("li", "").child(app.said("span", "", what).text(" ")).child(stands).child(took).live(
        move |line| {
            let (_, name) = words_of(state());
            line.set_attribute("data-state", name).unwrap_throw();
        },
    )
}

fn words_of(state: State) -> (Text, &'static str) {
    match state {
        State::Todo => (texts::WAITING_TODO, "todo"),
        State::Busy(_) => (texts::WAITING_BUSY, "busy"),
        State::Done(_) => (texts::WAITING_DONE, "done"),
        State::Failed => (texts::WAITING_FAILED, "failed"),
    }
}

/// After 2, 10 and 30 seconds something is said, once each.
fn patience(app: App, now: Now) -> El {
    el("p").class("lead").attr("role", "status").live(move |text| {
        let said = match app.progress.read().patience(*now.read()) {
            Patience::Fresh => String::new(),
            Patience::Still => app.say(texts::WAITING_STILL),
            Patience::Slow => app.say(texts::WAITING_SLOW),
            Patience::VerySlow => app.say(texts::WAITING_VERY_SLOW),
        };
        write(text, &said);
    })
}

fn number(app: App) -> El {
    match app.progress.read().number {
        Some(number) => number_box(app, &number, app.said("p", "note", texts::WAITING_NUMBER_NOTE)),
        None => el("div"),
    }
}

/// Tenths of a second.
fn seconds(app: App, millis: i64) -> String {
    let tenths = millis.max(0) / 100;
    let shown = [&(tenths / 10).to_string(), ".", &(tenths % 10).to_string()].concat();
    app.fill(texts::COMMON_SECONDS, &[("n", &shown)])
}

type Now = Rc<Live<Timestamp>>;

const TICK_MILLIS: i32 = 100;
