//! Fig 9: only the wrong fields are open, in the half that they belong to; everything else is
//! kept, folded away.

use shared_protocol::{Field, Role};

use super::{
    button,
    details::form,
    field::{field, id},
    half, heading, submit, unfolding,
};
use crate::{
    app::App,
    element::{El, el, of, said},
    page, placing,
    stage::{Event, Fix},
    texts,
    words::Words,
};

pub(super) fn view(app: App, words: &Words, fix: &Fix) -> El {
    let wrong: Vec<Field> = fix.wrong.iter().map(|(field, _)| *field).collect();
    let rest = app.typed.borrow().fields(&words.offer).filter(|field| !wrong.contains(field));
    let rest: Vec<El> = rest.map(|name| field(app, &words.offer, name, PREFIX)).collect();
    let done = unfolding("done", &app.say(texts::CORRECTION_DONE), el("div").all(&rest))
        // With nothing typed yet there is nothing to fold away.
        .flag("open", app.typed.borrow().is_untouched());
    let halves = [Role::Merchant, Role::Agent].into_iter();
    let halves: Vec<El> =
        halves.filter_map(|reader| wrong_half(app, words, &wrong, reader)).collect();
    form("correction")
        .child(summary(app, fix))
        .child(el("div").class("halves").all(&halves))
        .child(done)
        .child(of(
            "div",
            "act",
            &[
                submit("resubmit", &app.say(texts::CORRECTION_RESUBMIT)),
                button("sub", "back", &app.say(texts::COMMON_BACK)).click(move || {
                    app.dispatch(Event::Back);
                }),
            ],
        ))
        .on("submit", move |submit| {
            submit.prevent_default();
            placing::read_form(app);
        })
}

/// How many, and a link to each. The focus lands here.
fn summary(app: App, fix: &Fix) -> El {
    let title = match fix.wrong.len() {
        1 => app.say(texts::CORRECTION_TITLE_ONE),
        count => app.fill(texts::CORRECTION_TITLE, &[("n", &count.to_string())]),
    };
    let locale = *app.locale.peek();
    let link = |(field, problem): &crate::typed::Wrong| {
        let to = ["#", &id(*field, PREFIX)].concat();
        let link = said("a", "", &problem.text(*field, locale)).attr("href", &to);
        let link = link.on("click", move |click| {
            click.prevent_default();
            if let Some(field) = page::find(&to) {
                page::focus(&field);
            }
        });
        of("li", "", &[link])
    };
    of(
        "div",
        "fix",
        &[
            heading(&title),
            said("p", "", &app.say(texts::CORRECTION_LEAD)),
            el("ul").all(&fix.wrong.iter().map(link).collect::<Vec<_>>()),
        ],
    )
}

fn wrong_half(app: App, words: &Words, wrong: &[Field], reader: Role) -> Option<El> {
    let fields: Vec<El> = wrong
        .iter()
        .filter(|name| name.reader() == reader)
        .map(|name| field(app, &words.offer, *name, PREFIX))
        .collect();
    let card = match reader {
        Role::Merchant => half(app, "shop", "fix-shop", "", texts::DETAILS_SHOP_TITLE),
        _ => half(app, "agent", "fix-agent", "", texts::DETAILS_AGENT_TITLE),
    };
    (!fields.is_empty()).then(|| card.all(&fields))
}

const PREFIX: &str = "fix-";
