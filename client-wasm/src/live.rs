//! A value that screens follow: Leptos' trigger beside a cell. Leptos' own signals are compiled
//! anew for each type that they hold, about 1 KB (Brotli) each; a trigger holds nothing.

use std::cell::{Ref, RefCell};

use reactive_graph::{
    signal::ArcTrigger,
    traits::{Notify, Track},
};

/// A value and who follows it.
pub struct Live<T> {
    value: RefCell<T>,
    changed: ArcTrigger,
}

impl<T> Live<T> {
    /// A value that nobody follows yet.
    pub fn new(value: T) -> Self {
        Self { value: RefCell::new(value), changed: ArcTrigger::new() }
    }

    /// The value; the view being drawn will be drawn again when it changes.
    pub fn read(&self) -> Ref<'_, T> {
        self.changed.track();
        self.value.borrow()
    }

    /// The value as it is now.
    pub fn peek(&self) -> Ref<'_, T> {
        self.value.borrow()
    }

    /// Another value, told to all who follow.
    pub fn set(&self, value: T) {
        self.value.replace(value);
        self.changed.notify();
    }

    /// The value changed in place, told to all who follow.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.changed.notify();
    }
}
