//! The screens, one file each, in the markup of `www/gallery.html`. They read state and call
//! actions; they decide nothing.

mod correction;
mod details;
mod enrol;
mod failure;
mod field;
mod final_check;
mod frame;
mod hand_over;
mod number;
mod product;
mod thanks;
mod transfer;
mod waiting;

use crate::{
    app::{App, Trust},
    element::{El, dynamic, el, of, said},
    stage::{Event, Stage},
    texts::{self, Text},
    ways,
};
pub use enrol::hear;
use frame::host_learns;
pub use frame::{bars, footer, header};
pub use hand_over::leave;
pub use number::spelt;

/// The screen that is on, drawn anew when it or the language changes.
pub fn screen(app: App) -> El {
    dynamic(move || {
        app.lang();
        let stage = app.stage.read();
        el("main").attr("data-screen", stage.name()).child(view(app, &stage))
    })
}

fn view(app: App, stage: &Stage) -> El {
    let Some(words) = app.words() else {
        let problem = match *app.trust.peek() {
            Trust::Refused(problem) => problem,
            Trust::Checking | Trust::Verified => shared_protocol::Problem::MarkInvalid,
        };
        return failure::view(app, &crate::stage::Trouble::of(problem));
    };
    match stage {
        Stage::Product => product::view(app, &words),
        Stage::Details => details::view(app, &words),
        Stage::FinalCheck => final_check::view(app, &words),
        Stage::Waiting => waiting::view(app, &words),
        Stage::Correction(fix) => correction::view(app, &words, fix),
        Stage::HandOver(promise) if ways::EVERY => hand_over::view(app, &words, promise),
        Stage::HandOver(_) => failure::expired(app),
        Stage::Thanks(receipt) => thanks::view(app, &words, receipt),
        Stage::Failure(trouble) => failure::view(app, trouble),
        Stage::Expired => failure::expired(app),
    }
}

/// The heading of a screen, to which the focus moves.
fn heading(text: &str) -> El {
    el("h1").attr("tabindex", "-1").text(text)
}

/// The heading of a screen that always says the same.
fn titled(app: App, text: Text) -> El {
    heading(&app.say(text))
}

fn button(class: &str, test: &str, text: &str) -> El {
    said("button", class, text).attr("type", "button").test(test)
}

/// A form whose rules are ours, not the browser's.
fn form(screen: &str, mut submitted: impl FnMut() + 'static) -> El {
    el("form").attr("data-s", screen).flag("novalidate", true).on("submit", move |submit| {
        submit.prevent_default();
        submitted();
    })
}

/// The end of a form: its one button, which the Enter key presses too, and the way back.
fn acts(app: App, test: &str, text: &str) -> El {
    of("div", "act")
        .child(said("button", "go", text).test(test))
        .child(back(app, texts::COMMON_BACK))
}

fn back(app: App, text: Text) -> El {
    button("sub", "back", &app.say(text)).click(move || {
        app.dispatch(Event::Back);
    })
}

/// The mark of this product above a screen: halves apart, or together.
fn tally(class: &str) -> El {
    of("div", class).attr("aria-hidden", "true")
}

/// A line of a list of terms: what, and its value.
fn row(app: App, what: Text, value: El) -> El {
    el("div").child(app.said("dt", "", what)).child(value)
}

/// The same with something to do about it.
fn acting(row: El, act: El) -> El {
    row.child(el("dd").child(act))
}

/// A value in such a line.
fn value(text: &str) -> El {
    el("dd").text(text)
}

/// Lines below each other.
fn lines(element: El, lines: &[&str]) -> El {
    let mut lines = lines.iter().filter(|line| !line.is_empty());
    let first = lines.next().copied().unwrap_or_default();
    lines.fold(element.text(first), |element, line| element.child(el("br")).text(line))
}

/// The card of one half: for whom it is, in their colour.
fn half(app: App, reader: &str, id: &str, mark: &str, title: Text) -> El {
    let heading = said("h2", "", &[mark, &app.say(title)].concat()).attr("id", id);
    of("section", &["half ", reader].concat()).child(heading).attr("aria-labelledby", id)
}

/// A text of many lines that opens on request.
fn unfolding(app: App, class: &str, summary: Text, contents: El) -> El {
    of("details", class).child(app.said("summary", "", summary)).child(contents)
}

/// A button that copies, and says that it did.
fn copy(app: App, class: &str, text: String) -> El {
    let label = app.say(texts::COMMON_COPY);
    let button = button(class, "copy", &label);
    let node = button.node().clone();
    button.click(move || {
        let (node, text) = (node.clone(), text.clone());
        crate::app::spawn(async move {
            let said = match crate::page::copy(&text).await {
                true => texts::COMMON_COPIED,
                false => texts::COMMON_COPY_FAILED,
            };
            let said = app.say(said);
            node.set_text_content(Some(&said));
            app.announce(&said);
        });
    })
}
