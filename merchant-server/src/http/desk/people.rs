//! Who may use the desk, for owners: whom they add, change and take out is signed for.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use shared_protocol::Problem;

use super::guard::By;
use super::shell::{Asked, Shell, parameter, role_key};
use super::signing::address;
use crate::app::App;
use crate::domain::Failure;
use crate::domain::desk::{self, Act, Done, Invitation, Person, Role, Signed, Token};
use crate::texts::{act_key, minute};

/// All of them, what they did, and a link that was just made.
pub(super) async fn list(
    State(app): State<App>,
    asked: Asked,
    by: By,
) -> Result<Response, Failure> {
    let shell = Shell::of(&app, &by, &asked, "people");
    let link = parameter(&asked.uri, "link").and_then(|token| token.parse::<Token>().ok());
    let link = link.map(|token| {
        format!("{}{}/desk/enrol/{}", app.desk_party().origin, asked.base, token.expose())
    });
    let zone = &app.config().time_zone;
    let done = |done: &Done| {
        let what = shell.w.get(act_key(&done.act));
        let name = done.name.clone().unwrap_or_else(|| shell.w.get("desk.command_line").into());
        (minute(done.at, zone), name, what, done.about.clone())
    };
    let acts = app.store().acts(ACTS).await?.iter().map(done).collect();
    let mut people = app.store().people().await?;
    people.retain(|person| person.removed.is_none());
    let roles = Role::ALL.map(|role| (role.name(), shell.w.get(role_key(role))));
    Ok(Shell::answer(false, &Page { people, roles, acts, link, own: by.person().id, shell }))
}

/// Leads to the page where it is signed for.
pub(super) async fn draft(
    State(_): State<App>,
    asked: Asked,
    Form(typed): Form<Typed>,
) -> Response {
    match typed.act() {
        Some(act) => asked.onward(&address(&act)),
        None => asked.onward("/desk/people?said=unlike"),
    }
}

/// Does what was signed for; where to read what became of it.
pub(super) async fn done(app: &App, signed: &Signed, act: &Act) -> Result<String, Failure> {
    let (store, by, now) = (app.store(), Some(signed.by()), app.now());
    let invitation = match act {
        Act::Invite { name, role } => Invitation::New(name, *role),
        Act::InviteAgain { name } => Invitation::Again(name),
        Act::GiveRole { name, role } => {
            let is_done = desk::give_role(store, (name, *role), by, now).await?;
            return said(is_done, "role-given");
        }
        Act::Remove { name } => {
            return said(desk::remove(store, name, by, now).await?, "removed");
        }
        Act::Money(_) => return Err(Problem::NotFound.into()),
    };
    let link = desk::invite(store, &mut app.entropy(), invitation, by, now).await?;
    Ok(match link {
        Some(token) => format!("/desk/people?link={}", token.expose()),
        None => "/desk/people?said=name-taken".into(),
    })
}

fn said(is_done: bool, what: &str) -> Result<String, Failure> {
    let what = if is_done { what } else { "unlike" };
    Ok(format!("/desk/people?said={what}"))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    act: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

impl Typed {
    fn act(&self) -> Option<Act> {
        let name = self.name.trim().to_owned();
        let is_plain = (1..=NAME_MAX).contains(&name.chars().count());
        if !is_plain || name.chars().any(char::is_control) {
            return None;
        }
        let role = || Role::from_name(&self.role);
        Some(match self.act.as_str() {
            "invite" => Act::Invite { name, role: role()? },
            "again" => Act::InviteAgain { name },
            "role" => Act::GiveRole { name, role: role()? },
            "remove" => Act::Remove { name },
            _ => return None,
        })
    }
}

const ACTS: u32 = 100;
const NAME_MAX: usize = 60;

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    shell: Shell,
    people: Vec<Person>,
    roles: [(&'static str, &'static str); 3],
    acts: Vec<(String, String, &'static str, String)>,
    link: Option<String>,
    own: i64,
}
