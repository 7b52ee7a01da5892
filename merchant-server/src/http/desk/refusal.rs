//! What a person reads in place of a problem document.

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use shared_protocol::Problem;

use super::shell::{Asked, Shell};
use crate::app::App;
use crate::http::problem::{Told, take};

/// Turns what was refused into a page where a person asked for one.
pub(super) async fn for_people(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = Asked::of(&parts);
    let mut answer = next.run(Request::from_parts(parts, body)).await;
    if !asked.is_by_a_person() {
        return answer;
    }
    let status = answer.status();
    let Some(problem) = take(&mut answer) else { return answer };
    let shell = Shell::of_nobody(&app, &asked);
    let text = match problem {
        Problem::NotFound => shell.w.get("desk.nothing_here"),
        problem => problem.text(shell.w.locale()),
    };
    let mut page = Shell::answer_as(status, false, &Page { shell, text });
    page.extensions_mut().insert(Told);
    page
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Page {
    shell: Shell,
    text: &'static str,
}
