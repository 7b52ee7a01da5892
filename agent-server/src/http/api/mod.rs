//! Addresses for programs. Each is served by what describes it, one value next to its handler, so
//! that the document at `/openapi.json`, the pages at `/docs` and the router name the same.

mod body;
mod declared;
mod parameter;

use std::collections::BTreeSet;

use axum::{
    Extension, Router,
    handler::Handler,
    http::Method,
    routing::{self, MethodRouter},
};
use shared_protocol::{Message, Problem};
use utoipa::ToSchema;

pub use body::Body;
pub use declared::Declared;
pub use parameter::{Kind, Parameter, kinds};

use crate::app::App;

/// All that is known of one address and one method.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// How it is asked.
    pub method: Method,
    /// Its path, with `{names}` for what it is about.
    pub path: &'static str,
    /// The key of its text: `api.` and its name.
    pub text: &'static str,
    /// Beside which others it stands.
    pub group: Group,
    /// Who may ask.
    pub proof: Proof,
    /// What stands in the address.
    pub parameters: Vec<Parameter>,
    /// What it takes.
    pub takes: Option<Body>,
    /// What it answers when all is well: the status, and with what.
    pub answers: Vec<(u16, Option<Body>)>,
    /// What it may answer otherwise.
    pub problems: BTreeSet<Problem>,
}

/// Which addresses belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// JSON for a merchant's own programs.
    Merchant,
    /// JSON for operators' own programs.
    Operator,
    /// A checkout, as the shopper's browser and the merchant's server go through it.
    Checkout,
    /// What follows a confirmed purchase.
    Settlement,
    /// Sellers without a site, windows in others' pages.
    Market,
    /// Who the agent is.
    Agent,
    /// How the server is.
    Operation,
}

/// By what a caller shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nobody need show anything, or what is sent is signed itself.
    None,
    /// A merchant's token (RFC 6750).
    Token,
    /// A merchant's token, or its signature in headers.
    TokenOrSignature,
    /// An operator's token (RFC 6750).
    OperatorToken,
}

impl Endpoint {
    /// Its name among all: `operationId`.
    pub fn name(&self) -> &'static str {
        name_of(self.text)
    }
}

impl Group {
    /// All of them, in the order of the pages.
    pub const ALL: [Self; 7] = [
        Self::Merchant,
        Self::Operator,
        Self::Checkout,
        Self::Settlement,
        Self::Market,
        Self::Agent,
        Self::Operation,
    ];

    /// Its name in the document.
    pub fn tag(self) -> &'static str {
        name_of(self.text())
    }

    /// The key of its text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Merchant => "docs.merchant",
            Self::Operator => "docs.operator",
            Self::Checkout => "docs.checkout",
            Self::Settlement => "docs.settlement",
            Self::Market => "docs.market",
            Self::Agent => "docs.agent",
            Self::Operation => "docs.operation",
        }
    }
}

/// A text's key without the table that it is of.
fn name_of(text: &'static str) -> &'static str {
    text.split_once('.').map_or(text, |(_, name)| name)
}

/// Why nothing more happens to a purchase.
pub const CLOSED: &[Problem] = &[
    Problem::PurchaseClosed,
    Problem::CancelledByShopper,
    Problem::NotConfirmed,
    Problem::OrderRefused,
];

/// An address with its handler.
pub struct Served {
    endpoint: Endpoint,
    handler: MethodRouter<App>,
}

/// Something that is asked for.
pub fn get<H, T>(path: &'static str, text: &'static str, handler: H) -> Served
where
    H: Handler<T, App>,
    T: 'static,
{
    Served::new(Method::GET, path, text, routing::get(handler))
}

/// Something that is handed in.
pub fn post<H, T>(path: &'static str, text: &'static str, handler: H) -> Served
where
    H: Handler<T, App>,
    T: 'static,
{
    Served::new(Method::POST, path, text, routing::post(handler))
}

/// Something that is put where its name says, once.
pub fn put<H, T>(path: &'static str, text: &'static str, handler: H) -> Served
where
    H: Handler<T, App>,
    T: 'static,
{
    Served::new(Method::PUT, path, text, routing::put(handler))
}

impl Served {
    fn new(
        method: Method,
        path: &'static str,
        text: &'static str,
        handler: MethodRouter<App>,
    ) -> Self {
        let endpoint = Endpoint {
            method,
            path,
            text,
            group: Group::Checkout,
            proof: Proof::None,
            parameters: Vec::new(),
            takes: None,
            answers: Vec::new(),
            // Whatever is asked: an address that is no text, or a server that cannot.
            problems: BTreeSet::from([Problem::MalformedMessage, Problem::Unavailable]),
        };
        Self { endpoint, handler }
    }

    /// Beside these.
    pub fn among(mut self, group: Group) -> Self {
        self.endpoint.group = group;
        self
    }

    /// For a merchant that shows itself so, whose id is in the path.
    pub fn by(mut self, proof: Proof) -> Self {
        self.endpoint.proof = proof;
        self.at("merchant", kinds::MERCHANT).refuses(&[Problem::TokenInvalid])
    }

    /// For operators' own programs that show a token, which this guard looks at first.
    pub fn by_operator(
        mut self,
        guard: impl FnOnce(MethodRouter<App>) -> MethodRouter<App>,
    ) -> Self {
        self.endpoint.proof = Proof::OperatorToken;
        self.handler = guard(self.handler);
        self.refuses(&[Problem::TokenInvalid, Problem::RoleNotAllowed])
    }

    /// With this in its path.
    pub fn at(mut self, name: &'static str, kind: Kind) -> Self {
        self.endpoint.parameters.push(Parameter { name, kind, in_path: true, required: true });
        self.endpoint.problems.extend(kind.unknown);
        self.refuses(&[Problem::NotFound])
    }

    /// With this after the question mark, or without it.
    pub fn with(mut self, name: &'static str, kind: Kind) -> Self {
        self.endpoint.parameters.push(Parameter { name, kind, in_path: false, required: false });
        self
    }

    /// With this after the question mark, always.
    pub fn needs(mut self, name: &'static str, kind: Kind) -> Self {
        self.endpoint.parameters.push(Parameter { name, kind, in_path: false, required: true });
        self
    }

    /// Takes this message.
    pub fn takes<M: Message>(self) -> Self {
        self.takes_body(Body::message::<M>())
    }

    /// Takes this.
    pub fn takes_body(mut self, body: Body) -> Self {
        self.endpoint.takes = Some(body);
        self.refuses(&[Problem::MessageTooLarge, Problem::UnsupportedMediaType])
    }

    /// Answers this message.
    pub fn answers<M: Message>(self) -> Self {
        self.answers_body(Body::message::<M>())
    }

    /// Answers JSON like this.
    pub fn answers_json<T: ToSchema>(self) -> Self {
        self.answers_body(Body::json::<T>())
    }

    /// Answers this.
    pub fn answers_body(mut self, body: Body) -> Self {
        self.endpoint.answers.push((200, Some(body)));
        self
    }

    /// Answers that it was done, and nothing more.
    pub fn answers_nothing(mut self) -> Self {
        self.endpoint.answers.push((204, None));
        self
    }

    /// May refuse for these reasons.
    pub fn refuses(mut self, problems: &[Problem]) -> Self {
        self.endpoint.problems.extend(problems);
        self
    }
}

/// Addresses with what is said of them.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    endpoints: Vec<Endpoint>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more.
    pub fn and(mut self, served: Served) -> Self {
        self.router = self.router.route(served.endpoint.path, served.handler);
        self.endpoints.push(served.endpoint);
        self
    }

    /// These too.
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.endpoints.extend(other.endpoints);
        self
    }

    /// What people and their browsers open.
    pub fn pages(mut self, pages: Router<App>) -> Self {
        self.router = self.router.merge(pages);
        self
    }

    /// What all of their handlers know.
    pub fn knowing<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.router = self.router.layer(Extension(value));
        self
    }

    /// What is said of them.
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The router, and what is said of it.
    pub fn parts(self) -> (Router<App>, Vec<Endpoint>) {
        (self.router, self.endpoints)
    }
}
