//! What stands around the console's pages: who is signed in, the way to all other pages, the
//! console's own, denser style.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use shared_protocol::{Amount, Currency, Timestamp};

use super::guard::By;
use crate::{
    app::App,
    http::{
        form::own_page,
        html::{self, Inline},
        pages::{Shell, parameter, rendered},
        policy::console_policy,
        session::see_other,
    },
    texts::{self, Words},
};

/// Around a page.
pub(super) struct Desk<'a> {
    pub(super) shell: Shell<'a>,
    pub(super) w: Words,
    pub(super) css: &'static str,
    /// Which page of the menu it belongs to.
    pub(super) section: &'static str,
    /// Name and role of whoever is signed in.
    pub(super) who: Option<(String, &'static str)>,
    pub(super) form_token: String,
    /// The script by which passkeys sign, where one does.
    pub(super) script: Option<String>,
    /// What was done a moment ago, or was not.
    pub(super) said: Option<&'static str>,
}

/// A line of the menu: its section, its address, its text, the key that leads to it.
pub(super) type Line = (&'static str, &'static str, &'static str, &'static str);

const MENU: [Line; 9] = [
    ("today", "/console", "console.today", "1"),
    ("purchases", "/console/purchases", "console.purchases", "2"),
    ("merchants", "/console/merchants", "console.merchants", "3"),
    ("contracts", "/console/contracts", "console.contracts", "4"),
    ("deliveries", "/console/deliveries", "console.deliveries", "5"),
    ("settlements", "/console/settlements", "console.settlements", "6"),
    ("proposals", "/console/proposals", "console.proposals", "7"),
    ("audit", "/console/audit", "console.audit", "8"),
    ("operators", "/console/operators", "console.operators", "9"),
];

impl<'a> Desk<'a> {
    /// Of an operator who is signed in.
    pub(super) fn of(
        app: &'a App,
        by: &By,
        uri: &Uri,
        headers: &HeaderMap,
        section: &'static str,
    ) -> Self {
        let desk = Self::of_nobody(app, uri, headers, section);
        let role = desk.w.get(role(by.operator().role.name()));
        let who = Some((by.operator().name.clone(), role));
        Self { who, form_token: by.form_token(app), ..desk }
    }

    /// Of the pages where operators come in.
    pub(super) fn of_nobody(
        app: &'a App,
        uri: &Uri,
        headers: &HeaderMap,
        section: &'static str,
    ) -> Self {
        let shell = Shell::new(app, uri, headers);
        let said = parameter(uri, "said").and_then(said);
        let w = shell.w;
        Self {
            said: said.map(|key| w.get(key)),
            w,
            css: &style().text,
            section,
            who: None,
            form_token: String::new(),
            script: None,
            shell,
        }
    }

    /// The menu.
    pub(super) fn menu(&self) -> &'static [Line] {
        &MENU
    }

    /// Whether the operator of this name is signed in.
    pub(super) fn is(&self, name: &str) -> bool {
        self.who.as_ref().is_some_and(|(known, _)| known == name)
    }

    /// The address of another page, in the same language.
    pub(super) fn to(&self, path: &str) -> String {
        format!("{path}{}", self.shell.locale_query)
    }

    /// What to put behind an address that has parameters, for the same language.
    pub(super) fn and(&self) -> String {
        self.shell.locale_query.replacen('?', "&", 1)
    }

    /// The page as an answer.
    pub(super) fn answer(status: StatusCode, has_script: bool, page: &impl Template) -> Response {
        let policy = console_policy(style(), has_script);
        own_page(html::answer(status, &policy, rendered(page)))
    }
}

/// Leads to another page of the console, in the language of this one.
pub(super) fn onward(uri: &Uri, to: &str) -> Response {
    let mark = if to.contains('?') { '&' } else { '?' };
    match parameter(uri, "locale") {
        Some(tag @ ("ja" | "en")) => see_other(&format!("{to}{mark}locale={tag}")),
        _ => see_other(to),
    }
}

/// To the second, in Japan time: 2026-11-25 23:59:59.
pub(super) fn stamp(at: Timestamp) -> String {
    texts::stamp(at)
}

/// Money that may go either way.
pub(super) fn money(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "−" } else { "" };
    let amount = Amount { minor: minor.unsigned_abs(), currency };
    format!("{sign}{}", texts::amount(amount))
}

/// All of a digest.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What became of a delivery, in words.
pub(super) fn delivered(state: &str) -> &'static str {
    match state {
        "waiting" => "console.delivery_waiting",
        "done" => "console.delivery_done",
        "dead" => "console.delivery_dead",
        _ => "console.delivery_listed",
    }
}

/// What a role is called.
pub(super) fn role(name: &str) -> &'static str {
    match name {
        "viewer" => "console.role_viewer",
        "support" => "console.role_support",
        "finance" => "console.role_finance",
        _ => "console.role_admin",
    }
}

fn said(name: &str) -> Option<&'static str> {
    Some(match name {
        "stopped" => "console.said_stopped",
        "opened" => "console.said_opened",
        "unlocked" => "console.said_unlocked",
        "resent" => "console.said_resent",
        "not-resent" => "console.said_not_resent",
        "running" => "console.said_running",
        "drafted" => "console.said_drafted",
        "proposed" => "console.said_proposed",
        "approved" => "console.said_approved",
        "own" => "console.said_own",
        "closed" => "console.said_closed",
        "refused" => "console.said_refused",
        "nothing" => "console.said_nothing",
        "changed" => "console.said_changed",
        "unlike" => "console.said_unlike",
        "no-notice" => "console.said_no_notice",
        "known-notice" => "console.said_known_notice",
        "done" => "console.said_done",
        "not-done" => "console.said_not_done",
        "last-admin" => "console.said_last_admin",
        "signed-out" => "console.said_signed_out",
        _ => return None,
    })
}

fn style() -> &'static Inline {
    static STYLE: LazyLock<Inline> = LazyLock::new(|| {
        let console = include_str!("../../../../www/pages/console.css");
        Inline::new([html::style().text.as_str(), console].concat())
    });
    &STYLE
}
