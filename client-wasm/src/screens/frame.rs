//! What is around every screen: the shop's name and mark, language and help, the bars that warn,
//! and who settles.

use shared_protocol::Problem;

use super::{button, lines, row, value};
use crate::{
    app::{App, Panel, Trust},
    element::{El, dynamic, el, of, said, set, write},
    intl,
    texts::{self, Text},
    words::Words,
};

/// The header, with its panels.
pub fn header(app: App) -> El {
    dynamic(move || {
        app.lang();
        of("header", "top")
            .child(said("p", "shop", &sellers(app)))
            .child(mark_button(app))
            .child(language(app))
            .child(toggle(app, Panel::Help, "help").text(&app.say(texts::HELP_LABEL)))
            .child(dynamic(move || panel(app, Panel::Mark)))
            .child(dynamic(move || panel(app, Panel::Help)))
    })
}

/// Who sells; in a borrowed window, whose page it is too (¶79).
fn sellers(app: App) -> String {
    with_host(app, texts::WINDOW_BOTH).unwrap_or_else(|| app.shop())
}

/// What the merchant learns in whose page a window was borrowed (¶80); nothing to say in others.
pub(super) fn host_learns(app: App) -> Option<El> {
    Some(said("p", "note", &with_host(app, texts::WINDOW_HOST_LEARNS)?))
}

/// A text that names the merchant in whose page this is, if that is another's.
fn with_host(app: App, text: Text) -> Option<String> {
    let words = app.words()?;
    let host = app.local(&words.host()?.name);
    Some(app.fill(text, &[("host", &host)]))
}

/// The warnings: time runs out, there is no network, the other language did not come.
pub fn bars(app: App) -> El {
    dynamic(move || {
        app.lang();
        let idle = app.warned.read().then(|| idle_bar(app));
        let bar = |is_on: bool, name: &str, text| {
            let bar = || of("div", "bar").child(app.said("p", "", text)).attr("role", "status");
            is_on.then(|| bar().test(name))
        };
        let offline = bar(*app.offline.read(), "offline", texts::OFFLINE_LEAD);
        let unspoken = bar(*app.unspoken.read(), "unspoken", texts::COMMON_LANGUAGE_FAILED);
        el("div").maybe(idle).maybe(offline).maybe(unspoken)
    })
}

/// Who settles.
pub fn footer(app: App) -> El {
    dynamic(move || {
        app.lang();
        app.said("footer", "foot", texts::COMMON_SETTLED_BY)
    })
}

fn mark_button(app: App) -> El {
    toggle(app, Panel::Mark, "mark").live(move |button| {
        let (text, verified) = match *app.trust.read() {
            Trust::Checking => (texts::MARK_CHECKING, "false"),
            Trust::Verified => (texts::MARK_VERIFIED, "true"),
            Trust::Refused(_) => (texts::MARK_REFUSED, "false"),
        };
        write(button, &app.say(text));
        set(button, "data-verified", verified);
    })
}

/// A button that opens and closes a panel.
fn toggle(app: App, panel: Panel, name: &str) -> El {
    button(name, name, "")
        .attr("aria-controls", name)
        .live(move |button| {
            let is_open = *app.panel.read() == Some(panel);
            set(button, "aria-expanded", if is_open { "true" } else { "false" });
        })
        .click(move || {
            let is_open = *app.panel.peek() == Some(panel);
            app.panel.set((!is_open).then_some(panel));
        })
}

fn language(app: App) -> El {
    let other = app.other_locale();
    app.said("a", "lang", texts::COMMON_LANGUAGE)
        .test("language")
        .attr("href", "#")
        .attr("role", "button")
        .attr("hreflang", other.tag())
        .attr("lang", other.tag())
        .attr("aria-label", &app.say(texts::COMMON_LANGUAGE_LABEL))
        .on("click", move |click| {
            click.prevent_default();
            app.speak(other);
        })
}

fn panel(app: App, panel: Panel) -> El {
    let (name, label) = match panel {
        Panel::Mark => ("mark", texts::MARK_LABEL),
        Panel::Help => ("help", texts::HELP_LABEL),
    };
    let section = el("section").class("panel").attr("id", name).attr("aria-label", &app.say(label));
    if *app.panel.read() != Some(panel) {
        return section.flag("hidden", true);
    }
    match panel {
        Panel::Mark => mark_panel(app, section),
        Panel::Help => help_panel(app, section),
    }
}

fn mark_panel(app: App, section: El) -> El {
    let text = |text| app.said("p", "", text);
    match (*app.trust.read(), app.words()) {
        (Trust::Verified, Some(words)) => section
            .child(said("p", "", &mark_ok(app)))
            .child(verified(app, &words))
            .child(text(texts::MARK_OFFER_OK)),
        (Trust::Refused(problem), _) => {
            section.child(text(texts::MARK_BAD)).child(why(app, problem))
        }
        (Trust::Checking | Trust::Verified, _) => section.child(text(texts::MARK_WAIT)),
    }
}

/// That the page is the shop's own, or that it may sell on this page of another's.
fn mark_ok(app: App) -> String {
    with_host(app, texts::MARK_OK_LENT).unwrap_or_else(|| app.say(texts::MARK_OK))
}

/// What was verified: who, where, by whom, until when.
fn verified(app: App, words: &Words) -> El {
    let mark = &words.mark;
    let locale = *app.locale.peek();
    let (from, until) = (intl::day(mark.valid_from, locale), intl::day(mark.valid_until, locale));
    let valid = app.fill(texts::MARK_VALID_RANGE, &[("from", &from), ("until", &until)]);
    let origins: Vec<&str> = mark.origins.iter().map(String::as_str).collect();
    of("dl", "rows")
        .child(row(app, texts::MARK_SHOP, value(&app.shop())))
        .child(row(app, texts::MARK_ORIGIN, lines(el("dd"), &origins)))
        .child(row(app, texts::MARK_AGENT, value(&app.agent())))
        .child(row(app, texts::MARK_VALID, value(&valid)))
        .child(row(app, texts::MARK_SERIAL, value(&mark.serial.to_string())))
}

fn why(app: App, problem: Problem) -> El {
    said("p", "", texts::cause(problem, *app.locale.peek()))
        .test("problem")
        .attr("data-code", problem.code())
}

fn help_panel(app: App, section: El) -> El {
    let title = |text| app.said("h2", "", text);
    let Some(words) = app.words() else { return section.child(title(texts::HELP_SHOP)) };
    let agent = app.agent();
    let mut agent_lines = vec![agent.as_str()];
    agent_lines.extend(app.rendered.agent_contact.iter().map(String::as_str));
    let legal = app.local(&words.mark.legal_notice);
    let legal: Vec<&str> = legal.lines().collect();
    section
        .child(title(texts::HELP_SHOP))
        .child(lines(el("p"), &[&app.shop(), &words.mark.server]))
        .child(title(texts::HELP_AGENT))
        .child(lines(el("p"), &agent_lines))
        .child(title(texts::HELP_LEGAL))
        .child(lines(el("p"), &legal))
}

/// Announced once, when it appears; the seconds that run down in it are for the eye only.
fn idle_bar(app: App) -> El {
    let warning = move |secs: i64| {
        let seconds = (secs % 60).to_string();
        let zero = if seconds.len() < 2 { "0" } else { "" };
        let time = [&(secs / 60).to_string(), ":", zero, &seconds].concat();
        app.fill(texts::IDLE_WARNING, &[("time", &time)])
    };
    let seen = el("strong").attr("aria-hidden", "true");
    let seen = seen.live(move |text| write(text, &warning(*app.seconds_left.read())));
    let heard = said("span", "vh", &warning(*app.seconds_left.peek()));
    let note = app.said("span", "", texts::IDLE_WARNING_NOTE);
    let extend = button("sub", "extend", &app.say(texts::IDLE_EXTEND)).click(move || {
        app.touch();
        app.announce(&app.say(texts::IDLE_EXTENDED));
    });
    of("div", "bar")
        .child(of("p", "").child(seen).child(heard).child(el("br")).child(note))
        .child(extend)
        .attr("role", "alert")
        .test("idle")
}
