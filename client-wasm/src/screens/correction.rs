//! Fig 9: only the wrong fields are open, in the half that they belong to; everything else is
//! kept, folded away.

use shared_protocol::{Field, Role};

use super::{
    acts,
    field::{field, id},
    form, half, heading, unfolding,
};
use crate::{
    app::App,
    element::{El, el, of, said},
    page, placing,
    stage::Fix,
    texts,
    typed::Wrong,
    words::Words,
};

pub(super) fn view(app: App, words: &Words, fix: &Fix) -> El {
    let draw = |name| field(app, &words.offer, name, PREFIX);
    let is_wrong = |field: &Field| fix.wrong.iter().any(|(wrong, _)| wrong == field);
    let typed = app.typed.borrow();
    let rest = typed.fields(&words.offer).filter(|field| !is_wrong(field));
    let done = unfolding(app, "done", texts::CORRECTION_DONE, el("div").all(rest.map(draw)))
        // With nothing typed yet there is nothing to fold away.
        .flag("open", typed.is_untouched());
    let open = |reader: Role, card: El| {
        let wrong = || fix.wrong.iter().filter(|(field, _)| field.reader() == reader);
        let any = wrong().next().is_some();
        any.then(|| card.all(wrong().map(|(field, _)| draw(*field))))
    };
    let shop = half(app, "shop", "fix-shop", "", texts::DETAILS_SHOP_TITLE);
    let agent = half(app, "agent", "fix-agent", "", texts::DETAILS_AGENT_TITLE);
    let halves = of("div", "halves");
    form("correction", move || placing::read_form(app))
        .child(summary(app, fix))
        .child(halves.maybe(open(Role::Merchant, shop)).maybe(open(Role::Agent, agent)))
        .child(done)
        .child(acts(app, "resubmit", &app.say(texts::CORRECTION_RESUBMIT)))
}

/// How many, and a link to each. The focus lands here.
fn summary(app: App, fix: &Fix) -> El {
    let title = match fix.wrong.len() {
        1 => app.say(texts::CORRECTION_TITLE_ONE),
        count => app.fill(texts::CORRECTION_TITLE, &[("n", &count.to_string())]),
    };
    of("div", "fix")
        .child(heading(&title))
        .child(app.said("p", "", texts::CORRECTION_LEAD))
        .child(el("ul").all(fix.wrong.iter().map(|wrong| link(app, wrong))))
}

fn link(app: App, (field, problem): &Wrong) -> El {
    let to = ["#", &id(*field, PREFIX)].concat();
    let link = said("a", "", &problem.text(*field, *app.locale.peek())).attr("href", &to);
    let link = link.on("click", move |click| {
        click.prevent_default();
        if let Some(field) = page::find(&to) {
            page::focus(&field);
        }
    });
    el("li").child(link)
}

const PREFIX: &str = "fix-";
