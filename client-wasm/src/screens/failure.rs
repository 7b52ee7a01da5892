//! Fig 12: whether money moved, why there is no order, one next step. And step 72 after step 51:
//! nothing was done for too long.

use shared_protocol::{NextStep, Problem};

use super::{acting, back, button, copy, row, tally, transfer, value};
use crate::{
    app::{App, Trust},
    element::{El, el, of, said},
    placing,
    stage::Trouble,
    texts::{self, Text},
};

pub(super) fn view(app: App, trouble: &Trouble) -> El {
    let locale = *app.locale.peek();
    let (money, title) = match trouble.known {
        true => (texts::MONEY_NOT_MOVED, texts::FAILURE_TITLE),
        false => (texts::MONEY_UNKNOWN, texts::FAILURE_TITLE_UNKNOWN),
    };
    let (why, next) = match (trouble.known, app.key_failed.get()) {
        (true, true) => (app.say(texts::CAUSE_UNSUPPORTED_WHY), texts::CAUSE_UNSUPPORTED_NEXT),
        (true, false) => (texts::cause(trouble.problem, locale).to_owned(), next(trouble.problem)),
        (false, _) => (app.say(texts::CAUSE_UNKNOWN_WHY), texts::CAUSE_UNKNOWN_NEXT),
    };
    let (title, next) = transfer::failure(trouble.problem).unwrap_or((title, next));
    let reference = trouble.reference.clone().map(|reference| {
        let act = copy(app, "link", reference.clone());
        acting(row(app, texts::COMMON_REFERENCE, value(&reference).test("reference")), act)
    });
    let causes = of("dl", "rows").child(row(app, texts::FAILURE_WHY, value(&why))).child(row(
        app,
        texts::FAILURE_NEXT,
        app.said("dd", "", next),
    ));
    let sheet = of("div", "sheet")
        .child(causes.maybe(reference))
        .test("problem")
        .attr("data-code", trouble.problem.code());
    let view = el("section")
        .attr("data-s", "failure")
        .child(tally("tally"))
        .child(heading(app, money, title))
        .child(sheet);
    if app.words().is_none() {
        return view;
    }
    let minutes = app.idle_minutes().to_string();
    let kept = said("p", "note lead", &app.fill(texts::FAILURE_KEPT, &[("minutes", &minutes)]));
    // Should the mark hold again, there is a way on.
    let holds = !matches!(*app.trust.read(), Trust::Refused(_));
    view.child(kept).maybe(holds.then(|| acts(app, trouble)))
}

pub(super) fn expired(app: App) -> El {
    let again = button("go", "again", &app.say(texts::EXPIRED_AGAIN)).click(move || {
        placing::begin_again(app);
    });
    of("section", "")
        .child(tally("tally"))
        .child(heading(app, texts::MONEY_NOT_MOVED, texts::EXPIRED_TITLE))
        .child(app.said("p", "lead", texts::EXPIRED_LEAD))
        .child(app.said("p", "note lead", texts::EXPIRED_KEPT))
        .child(of("div", "act").child(again))
        .attr("data-s", "expired")
}

/// The money first, so that it is read first and read out first. Nothing here moves any: a Grant
/// waits for the shopper's own word.
fn heading(app: App, money: Text, title: Text) -> El {
    let money = app.said("span", "money", money).test("money-moved").attr("data-moved", "false");
    of("h1", "").child(money).child(app.said("span", "after", title)).attr("tabindex", "-1")
}

fn acts(app: App, trouble: &Trouble) -> El {
    let label = if trouble.known { texts::FAILURE_RETRY } else { texts::FAILURE_ASK_AGAIN };
    let retry = button("go", "retry", &app.say(label)).click(move || placing::retry(app));
    let back = trouble.known.then(|| back(app, texts::FAILURE_FIX));
    let is_short = trouble.problem == Problem::BalanceShort;
    let another = transfer::another(app, if is_short { "go" } else { "sub" });
    match (is_short, another) {
        (true, Some(another)) => of("div", "act").child(another).maybe(back),
        (_, another) => of("div", "act").child(retry).maybe(another).maybe(back),
    }
}

/// The one next step.
fn next(problem: Problem) -> Text {
    match problem.next_step() {
        NextStep::Correct => texts::NEXT_CORRECT,
        NextStep::TryAgain => texts::NEXT_TRY_AGAIN,
        NextStep::StartOver => texts::NEXT_START_OVER,
        NextStep::OtherContract => texts::NEXT_OTHER_CONTRACT,
        NextStep::OtherMethod => texts::NEXT_OTHER_METHOD,
        NextStep::AskAgent => texts::NEXT_ASK_AGENT,
        NextStep::AskShop => texts::NEXT_ASK_SHOP,
    }
}
