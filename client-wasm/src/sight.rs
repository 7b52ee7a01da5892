//! Whether the last button can be seen: something laid over it could make a shopper press it
//! unknowingly. Where the browser can tell (IntersectionObserver v2), a covered button is dead.

use std::{cell::Cell, rc::Rc};

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverInit};

use crate::{
    network::pause,
    page::{get, global, object},
};

/// Watches one element for as long as it is kept.
#[derive(Debug)]
pub struct Sight {
    seen: Rc<Cell<Seen>>,
    observer: Option<IntersectionObserver>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Not reported yet, or scrolled away.
    Unknown,
    /// In full view.
    Clear,
    /// Something is over it, or it is made to look like something else.
    Covered,
}

impl Sight {
    /// Begins to watch.
    pub fn of(element: &Element) -> Self {
        let seen = Rc::new(Cell::new(Seen::Unknown));
        let observer = can_tell().then(|| observer(seen.clone())).flatten();
        match &observer {
            Some(observer) => observer.observe(element),
            None => seen.set(Seen::Clear),
        }
        Self { seen, observer }
    }

    /// Whether the element is in clear view, or the browser cannot tell. Gives the browser a
    /// moment to look again, as the last thing that moved may have been this element.
    pub async fn is_clear(&self) -> bool {
        for _ in 0..LOOKS {
            if self.seen.get() == Seen::Clear {
                return true;
            }
            pause(LOOK_MILLIS).await;
        }
        self.seen.get() != Seen::Covered
    }
}

impl Drop for Sight {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

fn observer(seen: Rc<Cell<Seen>>) -> Option<IntersectionObserver> {
    let report = move |entries: Array, _: JsValue| {
        let Some(last) = entries.iter().last() else { return };
        let flag = |name: &str| get(&last, name).is_some_and(|value| value.is_truthy());
        seen.set(match (flag("isIntersecting"), flag("isVisible")) {
            (_, true) => Seen::Clear,
            (true, false) => Seen::Covered,
            (false, false) => Seen::Unknown,
        });
    };
    let report = Closure::<dyn Fn(Array, JsValue)>::new(report).into_js_value();
    let options = object(&[
        ("trackVisibility", true.into()),
        ("delay", LOOK_MILLIS.into()),
        ("threshold", Array::of2(&0.into(), &1.into()).into()),
    ]);
    let options: IntersectionObserverInit = options.unchecked_into();
    IntersectionObserver::new_with_options(report.unchecked_ref(), &options).ok()
}

/// Only Chromium's engine reports what is really visible.
fn can_tell() -> bool {
    let entry = global("IntersectionObserverEntry").and_then(|class| get(&class, "prototype"));
    entry.is_some_and(|entry| Reflect::has(&entry, &"isVisible".into()).unwrap_or(false))
}

const LOOK_MILLIS: u32 = 100;
const LOOKS: u32 = 5;
