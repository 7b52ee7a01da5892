//! The state of one page, which lives as long as the page: signals for what is on screen, cells
//! for what is not. Nothing of it is stored anywhere else.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
};

use shared_protocol::{Field, FieldProblem, Locale, Localized, Problem, Span, Timestamp};
use wasm_bindgen::{JsCast, UnwrapThrowExt as _, closure::Closure};
use wasm_bindgen_futures::spawn_local;

use crate::page::{document, window};
use crate::{
    clock::{self, AgentClock},
    deal::Attempt,
    element::{El, said},
    idle::{Idle, Quiet},
    intl,
    live::Live,
    network::Network,
    page::{self, Focus, Rendered},
    placing::{self, Ready},
    port,
    progress::Progress,
    session_key::SessionKey,
    stage::{Event, Stage},
    texts::{self, Text},
    typed::{self, Typed, Wrong},
    words::{Quoted, Words},
};

/// A handle of the page's state.
pub type App = &'static State;

/// The state of the page.
pub struct State {
    /// The screen.
    pub stage: Live<Stage>,
    /// The language.
    pub locale: Live<Locale>,
    /// How far the shop's mark is verified.
    pub trust: Live<Trust>,
    /// The panel that is open in the header.
    pub panel: Live<Option<Panel>>,
    /// How many.
    pub quantity: Live<u32>,
    /// What is wrong with which field, as shown under it.
    pub wrong: Live<Vec<Wrong>>,
    /// How the purchase on its way stands.
    pub progress: Live<Progress>,
    /// Whether the shopper is warned that time runs out.
    pub warned: Live<bool>,
    /// Seconds left.
    pub seconds_left: Live<i64>,
    /// Whether there is no network.
    pub offline: Live<bool>,
    /// Whether the language that was asked for did not come.
    pub unspoken: Live<bool>,
    /// What is in the form.
    pub typed: RefCell<Typed>,
    /// What the server has rendered.
    pub rendered: Rendered,
    /// The deal, if its words hold.
    pub words: RefCell<Option<Rc<Words>>>,
    /// The agent's time.
    pub clock: Cell<AgentClock>,
    /// What the next attempt will need, fetched ahead.
    pub(crate) ready: RefCell<Option<Ready>>,
    /// What the chosen plan comes to, as the shopper sees it before the last button; none for a
    /// lump sum.
    pub(crate) quoted: RefCell<Option<Quoted>>,
    /// The attempt that is under way, or of which no answer came.
    pub(crate) attempt: RefCell<Option<Rc<Attempt>>>,
    /// The page's key.
    pub(crate) key: RefCell<Option<SessionKey>>,
    /// Whether this browser could not make a session key.
    pub key_failed: Cell<bool>,
    /// Whether the shopper has chosen to pay by passkey.
    pub by_passkey: Cell<bool>,
    /// When the agent was last asked whether it stands for the shop.
    looked: Cell<Timestamp>,
    idle: Cell<Idle>,
}

/// What is known of the shop's mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is being checked.
    Checking,
    /// The signatures hold, this page may show it, and it is in time.
    Verified,
    /// It does not hold, for this reason.
    Refused(Problem),
}

/// A panel of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// What was verified about the shop.
    Mark,
    /// Whom to ask.
    Help,
}

impl State {
    /// A fresh one, for words that hold or do not.
    pub fn new(
        words: Result<Words, Problem>,
        typed: Typed,
        rendered: Rendered,
        locale: Locale,
    ) -> Self {
        let now = clock::now();
        let stage = match &words {
            Ok(_) => Stage::Product,
            Err(problem) => Stage::Failure(crate::stage::Trouble::of(*problem)),
        };
        let trust = words.as_ref().err().copied().map_or(Trust::Checking, Trust::Refused);
        let idle = page::meta("idle").and_then(|secs| secs.parse().ok());
        Self {
            stage: Live::new(stage),
            locale: Live::new(locale),
            trust: Live::new(trust),
            panel: Live::new(None),
            quantity: Live::new(typed.quantity),
            wrong: Live::new(Vec::new()),
            progress: Live::new(Progress::new(now)),
            warned: Live::new(false),
            seconds_left: Live::new(0),
            offline: Live::new(!crate::network::is_online()),
            unspoken: Live::new(false),
            typed: RefCell::new(typed),
            rendered,
            words: RefCell::new(words.ok().map(Rc::new)),
            clock: Cell::new(AgentClock::default()),
            ready: RefCell::new(None),
            quoted: RefCell::new(None),
            attempt: RefCell::new(None),
            key: RefCell::new(None),
            key_failed: Cell::new(false),
            by_passkey: Cell::new(false),
            looked: Cell::new(now),
            idle: Cell::new(Idle::new(idle, now)),
        }
    }

    /// The deal.
    pub fn words(&self) -> Option<Rc<Words>> {
        self.words.borrow().clone()
    }

    /// The language, noted by whoever draws with it.
    pub fn lang(&self) -> Locale {
        *self.locale.read()
    }

    /// The language to which the toggle leads.
    pub fn other_locale(&self) -> Locale {
        match *self.locale.peek() {
            Locale::Ja => Locale::En,
            Locale::En => Locale::Ja,
        }
    }

    /// A text of this product in the language on screen; `{shop}` and `{agent}` are known.
    pub fn say(&self, text: Text) -> String {
        self.fill(text, &[])
    }

    /// An element that holds such a text.
    pub fn said(&self, tag: &str, class: &str, text: Text) -> El {
        said(tag, class, &self.say(text))
    }

    /// The text with more values.
    pub fn fill(&self, text: Text, values: &[(&str, &str)]) -> String {
        let locale = *self.locale.peek();
        let (shop, agent) = (self.shop(), self.agent());
        let known = [("shop", shop.as_str()), ("agent", agent.as_str())];
        text.fill(locale, &[&known, values].concat())
    }

    /// A text of a party in the language on screen.
    pub fn local(&self, text: &Localized) -> String {
        text.get(*self.locale.peek()).into()
    }

    /// The shop's name.
    pub fn shop(&self) -> String {
        let words = self.words.borrow();
        let signed = words.as_ref().map(|words| self.local(&words.mark.name));
        signed.unwrap_or_else(|| self.rendered.shop.clone())
    }

    /// The agent's name.
    pub fn agent(&self) -> String {
        let words = self.words.borrow();
        words.as_ref().map(|words| self.local(&words.mark.agent_name)).unwrap_or_default()
    }

    /// Money as the reader's language writes it.
    pub fn money(&self, amount: shared_protocol::Amount) -> String {
        intl::money(amount, *self.locale.peek())
    }

    /// The time by the agent's clock, as far as it is known.
    pub fn now(&self) -> Timestamp {
        self.clock.get().at(clock::now())
    }

    /// The network, judged by the agent's clock.
    pub fn network(&self) -> Network {
        Network { clock: self.clock.get() }
    }

    /// Minutes of quiet after which the order ends.
    pub fn idle_minutes(&self) -> i64 {
        self.idle.get().minutes()
    }

    /// The message under a field, if there is one.
    pub fn problem_of(&self, field: Field) -> Option<FieldProblem> {
        let wrong = self.wrong.read();
        wrong.iter().find(|(wrong, _)| *wrong == field).map(|(_, problem)| *problem)
    }

    /// Something happened; goes to the screen that follows, if any does. Whether it did.
    pub fn dispatch(&'static self, event: Event) -> bool {
        let next = self.stage.peek().after(event);
        let Some(next) = next else { return false };
        if let Stage::Correction(fix) = &next {
            self.wrong.set(fix.wrong.clone());
        }
        let name = next.name();
        if name == "product" || name == "final-check" {
            self.wrong.set(Vec::new());
        }
        self.touch();
        self.panel.set(None);
        self.stage.set(next);
        port::screen(name);
        after_drawing(|| {
            if let Some(heading) = page::find("main h1") {
                page::focus(&heading);
            }
        });
        true
    }

    /// Goes to the screen that follows, at the control of this name.
    pub fn go_to(&'static self, event: Event, name: &'static str) {
        if self.dispatch(event) {
            let focus = Focus::on(name);
            after_drawing(move || after_drawing(move || focus.restore()));
        }
    }

    /// Shows the page in another language as soon as its texts are there; without them it stays as
    /// it is, and says so.
    pub fn speak(&'static self, locale: Locale) {
        spawn(async move {
            let is_there = texts::has(locale) || texts::fetch(locale).await;
            self.unspoken.set(!is_there);
            if is_there {
                self.turn_to(locale);
            }
        });
    }

    /// Another language: what was typed and where the shopper is stay.
    fn turn_to(&'static self, locale: Locale) {
        let focus = Focus::now();
        if let Some(root) = document().document_element() {
            root.set_attribute("lang", locale.tag()).unwrap_throw();
        }
        self.locale.set(locale);
        let title = [texts::COMMON_CHECKOUT.get(locale), " – ", &self.shop()].concat();
        document().set_title(&title);
        after_drawing(move || focus.restore());
    }

    /// Tells a screen reader.
    pub fn announce(&self, text: &str) {
        if let Some(say) = page::find("#say") {
            say.set_text_content(Some(text));
        }
    }

    /// The shopper did something.
    pub fn touch(&self) {
        let mut idle = self.idle.get();
        idle.touch(clock::now());
        self.idle.set(idle);
        if *self.warned.peek() {
            self.warned.set(false);
        }
    }

    /// A second has passed.
    pub fn tick(&'static self) {
        self.look_again();
        let counts = self.stage.peek().may_end();
        let quiet = if counts { self.idle.get().at(clock::now()) } else { Quiet::Fine };
        match quiet {
            Quiet::Fine => {}
            Quiet::Warned(left) => {
                self.seconds_left.set(left);
                if !*self.warned.peek() {
                    self.warned.set(true);
                }
            }
            Quiet::Over => {
                self.dispatch(Event::Idle);
            }
        }
    }

    /// As long as the page is seen and nothing is placed, the agent is asked now and then whether
    /// it still stands for the shop: what it takes back is told within a minute (claim 5, ¶63).
    fn look_again(&'static self) {
        let now = clock::now();
        let waits = self.stage.peek().may_end() || matches!(*self.trust.peek(), Trust::Refused(_));
        if waits && !page::is_hidden() && now.since(self.looked.get()) >= LOOK {
            self.looked.set(now);
            placing::look_again(self);
        }
    }

    /// The shopper types into a field. A message under it goes as soon as it is put right.
    pub fn typing(&self, field: Field, text: String) {
        self.typed.borrow_mut().set(field, text);
        let shown = self.wrong.peek().iter().any(|(wrong, _)| *wrong == field);
        if shown && self.read(field).is_ok() {
            self.wrong.update(|all| all.retain(|(wrong, _)| *wrong != field));
        }
    }

    /// What a field means, once read; as typed if it cannot be read.
    pub fn normal(&self, field: Field) -> String {
        self.read(field).unwrap_or_else(|_| self.typed.borrow().get(field).to_owned())
    }

    /// How the contents of a field are usually written, if they are right and it is another way.
    pub fn shown(&self, field: Field) -> Option<String> {
        typed::shown(field, &self.read(field).ok()?)
    }

    /// The shopper has left a field: says what is wrong with it. An empty field is not scolded
    /// before the shopper says that the form is complete.
    pub fn left(&self, field: Field) {
        let wrong = self.read(field).err().filter(|problem| *problem != FieldProblem::Missing);
        if let Some(problem) = wrong {
            self.wrong.update(|all| {
                all.retain(|(wrong, _)| *wrong != field);
                all.push((field, problem));
            });
        }
    }

    fn read(&self, field: Field) -> Result<String, FieldProblem> {
        let Some(words) = self.words() else { return Err(FieldProblem::Missing) };
        self.typed.borrow().read(field, &words.offer, page::PLATFORM)
    }
}

/// So often the mark is asked after.
const LOOK: Span = Span::secs(50);

/// Does this when the effects of the current turn have drawn.
pub fn after_drawing(act: impl FnOnce() + 'static) {
    after(0, act);
}

/// Does this so many milliseconds later.
pub fn after(millis: i32, act: impl FnOnce() + 'static) {
    later(millis, Box::new(act));
}

fn later(millis: i32, act: Box<dyn FnOnce()>) {
    let act = Closure::once_into_js(act);
    window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), millis)
        .unwrap_throw();
}

/// Lets this go on beside everything else.
pub fn spawn(task: impl Future<Output = ()> + 'static) {
    let task: Pin<Box<dyn Future<Output = ()>>> = Box::pin(task);
    spawn_local(task);
}

/// Asks before the page is left, while a purchase is under way.
pub fn guard_leaving(on: bool) {
    let guard = on.then(|| Closure::<dyn FnMut(web_sys::Event)>::new(ask_first).into_js_value());
    window().set_onbeforeunload(guard.as_ref().map(JsCast::unchecked_ref));
}

fn ask_first(leaving: web_sys::Event) {
    leaving.prevent_default();
}
