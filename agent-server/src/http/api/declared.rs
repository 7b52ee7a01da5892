//! What each address was said to answer, to hold what it does answer against.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    http::{Method, header::CONTENT_TYPE},
    response::Response,
};
use shared_protocol::Problem;

use super::Endpoint;

/// All that was said of answers.
#[derive(Debug)]
pub struct Declared(BTreeMap<(&'static str, String), Answers>);

#[derive(Debug, Default)]
struct Answers {
    good: Vec<(u16, Option<String>)>,
    problems: BTreeSet<Problem>,
}

impl Declared {
    /// Of these.
    pub fn of(endpoints: &[Endpoint]) -> Self {
        let said = endpoints.iter().map(|endpoint| {
            let kind = |(status, body): &(u16, Option<super::Body>)| {
                (*status, body.as_ref().map(|body| body.kind.clone()))
            };
            let good = endpoint.answers.iter().map(kind).collect();
            let answers = Answers { good, problems: endpoint.problems.clone() };
            ((endpoint.path, endpoint.method.to_string()), answers)
        });
        Self(said.collect())
    }

    /// Whether this address may refuse so. Pages may as they like.
    pub fn refuses(&self, method: &Method, path: &str, problem: Problem) -> bool {
        self.at(method, path).is_none_or(|said| said.problems.contains(&problem))
    }

    /// Whether this address may answer so. Pages may as they like.
    pub fn answers(&self, method: &Method, path: &str, response: &Response) -> bool {
        let Some(said) = self.at(method, path) else { return true };
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_it = |(status, named): &(u16, Option<String>)| {
            *status == response.status().as_u16() && named.as_deref() == kind
        };
        said.good.iter().any(is_it)
    }

    fn at(&self, method: &Method, path: &str) -> Option<&Answers> {
        let of = |((known, by), _): &(&(&'static str, String), &Answers)| {
            *known == path && by == method.as_str()
        };
        self.0.iter().find(of).map(|(_, said)| said)
    }
}
