//! Who may use the console: their role, since when, when they came in last; and, for who governs,
//! inviting somebody, another role, the end of it. Each is signed by a passkey before it is done;
//! who moves money is named on the command line.

use askama::Template;
use axum::{
    Form,
    extract::{OriginalUri, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;

use super::{
    changes::prepare,
    desk::{Desk, role, stamp},
    guard::By,
};
use crate::{
    app::App,
    domain::{
        operator::{Change, Operator, Power, Role, Unchanged},
        unavailable,
    },
    http::problem::Refused,
    texts::Words,
};

/// All of them.
pub(super) async fn list(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "operators");
    page(&app, &by, desk, Typed::default(), None).await
}

/// Writes down what is to be changed.
pub(super) async fn change(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    by: By,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Refused> {
    let desk = Desk::of(&app, &by, &uri, &headers, "operators");
    let all = app.store.operators().await.map_err(unavailable)?;
    match prepare(&app, &by, (&uri, desk.w), typed.read(&all)).await? {
        Ok(onward) => Ok(onward),
        Err(wrong) => page(&app, &by, desk, typed, Some(wrong)).await,
    }
}

async fn page(
    app: &App,
    by: &By,
    desk: Desk<'_>,
    typed: Typed,
    wrong: Option<String>,
) -> Result<Response, Refused> {
    let all = app.store.operators().await.map_err(unavailable)?;
    // Who moves money is named on the command line.
    let given = Role::ALL.into_iter().filter(|role| !role.may(Power::Money));
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        lines: all.iter().map(|known| Line::of(known, desk.w)).collect(),
        roles: given.map(|known| (known.name(), desk.w.get(role(known.name())))).collect(),
        may_govern: by.operator().role.may(Power::Govern),
        typed,
        wrong,
        desk,
    };
    Ok(Desk::answer(status, false, &page))
}

/// What was typed.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    change: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

impl Typed {
    fn read(&self, all: &[Operator]) -> Result<Change, Unchanged> {
        let name = self.name.trim().to_owned();
        Ok(match self.change.as_str() {
            "invite" => Change::Invite { name, role: self.role.clone() },
            "link" => Change::Link { name },
            "remove" => Change::Remove { name },
            "role" => {
                let known = all.iter().find(|known| known.name == name);
                let before = known.ok_or(Unchanged::Nothing)?.role.name().to_owned();
                Change::Role { name, before, after: self.role.clone() }
            }
            _ => return Err(Unchanged::Nothing),
        })
    }

    /// What was typed into the field for somebody new.
    fn new_name(&self) -> &str {
        if self.change == "invite" { &self.name } else { "" }
    }
}

struct Line {
    name: String,
    role: &'static str,
    role_name: &'static str,
    /// Whether a link would let somebody else move money.
    moves_money: bool,
    since: String,
    last: Option<String>,
    removed: Option<String>,
}

impl Line {
    fn of(known: &Operator, w: Words) -> Self {
        Self {
            name: known.name.clone(),
            role: w.get(role(known.role.name())),
            role_name: known.role.name(),
            moves_money: known.role.may(Power::Money),
            since: stamp(known.created_at),
            last: known.signed_in_at.map(stamp),
            removed: known.removed_at.map(stamp),
        }
    }
}

#[derive(Template)]
#[template(path = "console/operators.html")]
struct Page<'a> {
    desk: Desk<'a>,
    lines: Vec<Line>,
    roles: Vec<(&'static str, &'static str)>,
    may_govern: bool,
    typed: Typed,
    wrong: Option<String>,
}
