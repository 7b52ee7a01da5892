//! Fig 9: only the wrong fields are open, in the half that they belong to; everything else is
//! kept, folded away.

use shared_protocol::{Field, Problem, Role};

use super::{
    acts,
    field::{field, id},
    form, half, heading, product, unfolding,
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
        let problem = fix.quantity.filter(|_| reader == Role::Merchant);
        let any = problem.is_some() || wrong().next().is_some();
        let quantity = problem.map(|problem| quantity(app, words, problem));
        any.then(|| card.maybe(quantity).all(wrong().map(|(field, _)| draw(*field))))
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

/// How many are ordered, with why they cannot be.
fn quantity(app: App, words: &Words, problem: Problem) -> El {
    let error =
        said("p", "err", texts::cause(problem, *app.locale.peek())).attr("id", "quantity-error");
    of("div", "f")
        .child(product::quantity(app, &words.offer, Some("quantity-error")))
        .child(error.test("problem").attr("data-code", problem.code()))
}

/// How many, and a link to each. The focus lands here.
fn summary(app: App, fix: &Fix) -> El {
    let locale = *app.locale.peek();
    let quantity =
        fix.quantity.map(|problem| link(texts::cause(problem, locale), "#quantity".into()));
    let to_field = |(field, problem): &Wrong| {
        link(&texts::wrong(*problem, *field, locale), ["#", &id(*field, PREFIX)].concat())
    };
    let title = match fix.wrong.len() + usize::from(quantity.is_some()) {
        1 => app.say(texts::CORRECTION_TITLE_ONE),
        count => app.fill(texts::CORRECTION_TITLE, &[("n", &count.to_string())]),
    };
    of("div", "fix")
        .child(heading(&title))
        .child(app.said("p", "", texts::CORRECTION_LEAD))
        .child(el("ul").maybe(quantity).all(fix.wrong.iter().map(to_field)))
}

fn link(text: &str, to: String) -> El {
    let link = said("a", "", text).attr("href", &to).on("click", move |click| {
        click.prevent_default();
        if let Some(field) = page::find(&to) {
            page::focus(&field);
        }
    });
    el("li").child(link)
}

const PREFIX: &str = "fix-";
