//! Counts what a shopper does: fields typed into or chosen from, and buttons, links and boxes
//! pressed, by the events that their own hand made (`isTrusted`), page by page.

use serde::Deserialize;

use crate::{Browser, Result};

/// What was done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Effort {
    /// Fields, each once.
    pub fields: Vec<String>,
    /// Presses.
    pub presses: Vec<String>,
}

impl Effort {
    /// Counts from now on in the page or frame that the browser is in. It ends with the page, but
    /// what was counted stays in the tab for the other pages of the same origin.
    pub async fn watch(browser: &Browser) -> Result {
        browser.driver.execute(WATCH, Vec::new()).await?;
        Ok(())
    }

    /// What was counted, in the pages of this page's or frame's origin.
    pub async fn so_far(browser: &Browser) -> Result<Self> {
        browser.script("return JSON.parse(sessionStorage.effort)").await
    }
}

const WATCH: &str = "
    const kept = () => JSON.parse(sessionStorage.effort ?? '{\"fields\":[],\"presses\":[]}');
    const keep = (change) => {
        const all = kept();
        change(all);
        sessionStorage.effort = JSON.stringify(all);
    };
    keep(() => {});
    const typed = ({ isTrusted, target: { type, name, id } }) => {
        // WebDriver chooses from a list by script, and tells only of the change.
        if (!isTrusted && !type.startsWith('select') || /radio|checkbox/.test(type)) return;
        const field = location.pathname + ' ' + (name || id);
        keep(({ fields }) => fields.includes(field) || fields.push(field));
    };
    for (const event of ['input', 'change']) addEventListener(event, typed, true);
    addEventListener('click', ({ isTrusted, target }) => {
        const pressed = target.closest('button,a,summary,[type=checkbox],[type=radio]');
        if (!isTrusted || !pressed) return;
        const { test } = pressed.dataset;
        keep(({ presses }) =>
            presses.push(location.pathname + ' ' + (test || pressed.value || pressed.id)));
    }, true);";
