//! One element type for every view, on Leptos' effects and owners. Leptos' own typed views compile
//! each shape of a screen anew, about 3 KB (Brotli) a screen on top of 9 KB for them all; this type
//! is compiled once. It sets text and attributes, never HTML (Trusted Types).

use std::{cell::RefCell, rc::Rc};

use leptos_dom::helpers::document;
use reactive_graph::{effect::RenderEffect, owner::on_cleanup};
use wasm_bindgen::{JsCast, UnwrapThrowExt as _, closure::Closure};
use web_sys::{Element, Event, EventTarget};

/// An element on its way into the page.
#[derive(Clone, Debug)]
pub struct El(Element);

/// An element with this tag.
pub fn el(tag: &str) -> El {
    El(document().create_element(tag).expect_throw("our tags are tags"))
}

/// An element with these classes.
pub fn of(tag: &str, class: &str) -> El {
    el(tag).class(class)
}

/// An element with these classes that holds a text.
pub fn said(tag: &str, class: &str, text: &str) -> El {
    el(tag).class(class).text(text)
}

/// An element that is built anew whenever a value read by `build` changes.
pub fn dynamic(build: impl Fn() -> El + 'static) -> El {
    rebuilt(Box::new(build))
}

fn rebuilt(build: Box<dyn Fn() -> El>) -> El {
    let shown = Rc::new(RefCell::new(None::<Element>));
    let kept = shown.clone();
    follow(Box::new(move || {
        let El(new) = build();
        if let Some(old) = kept.replace(Some(new.clone())) {
            old.replace_with_with_node_1(&new).expect_throw("elements replace elements");
        }
    }));
    let first = shown.borrow().clone();
    El(first.expect_throw("an effect has run once when it is there"))
}

impl El {
    /// Sets its classes, if there are any.
    pub fn class(self, class: &str) -> Self {
        if class.is_empty() { self } else { self.attr("class", class) }
    }

    /// Sets an attribute.
    pub fn attr(self, name: &str, value: &str) -> Self {
        set(&self.0, name, value);
        self
    }

    /// Sets an attribute without a value, if `on`.
    pub fn flag(self, name: &str, on: bool) -> Self {
        if on { self.attr(name, "") } else { self }
    }

    /// Sets its hook for tests and other people's tools.
    pub fn test(self, name: &str) -> Self {
        self.attr("data-test", name)
    }

    /// Appends a text.
    pub fn text(self, text: &str) -> Self {
        self.0.append_with_str_1(text).expect_throw("elements take text");
        self
    }

    /// Appends an element.
    pub fn child(self, El(child): Self) -> Self {
        self.0.append_child(&child).expect_throw("elements take elements");
        self
    }

    /// Appends an element, if there is one.
    pub fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Appends elements.
    pub fn all(self, children: impl Iterator<Item = Self>) -> Self {
        children.fold(self, Self::child)
    }

    /// Listens to an event for as long as the element lives.
    pub fn on(self, event: &str, act: impl FnMut(Event) + 'static) -> Self {
        listen(self.0.as_ref(), event, Box::new(act));
        self
    }

    /// Does this when it is clicked.
    pub fn click(self, act: impl FnMut() + 'static) -> Self {
        self.clicked(Box::new(act))
    }

    fn clicked(self, mut act: Box<dyn FnMut()>) -> Self {
        self.on("click", move |_| act())
    }

    /// Does this now, and again whenever a value that it read changes.
    pub fn live(self, update: impl Fn(&Element) + 'static) -> Self {
        self.updated(Box::new(update))
    }

    fn updated(self, update: Box<dyn Fn(&Element)>) -> Self {
        let element = self.0.clone();
        follow(Box::new(move || update(&element)));
        self
    }

    /// The element itself.
    pub fn node(&self) -> &Element {
        &self.0
    }

    /// The element as what its tag says it is.
    pub fn cast<T: JsCast>(&self) -> &T {
        self.0.unchecked_ref()
    }
}

/// Sets an attribute.
pub fn set(element: &Element, name: &str, value: &str) {
    element.set_attribute(name, value).expect_throw("our attributes are attributes");
}

/// Sets a text, but only if it is another: a live region repeats what is set.
pub fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Listens to an event for as long as its target lives.
pub fn listen(target: &EventTarget, event: &str, act: Box<dyn FnMut(Event)>) {
    let act = Closure::wrap(act).into_js_value();
    target
        .add_event_listener_with_callback(event, act.unchecked_ref())
        .expect_throw("targets take listeners");
}

/// Does this now and whenever a value that it read changes, until the view around it is built
/// anew.
fn follow(act: Box<dyn Fn()>) {
    let effect = RenderEffect::new(move |_| act());
    on_cleanup(move || drop(effect));
}
