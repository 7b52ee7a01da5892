//! The document of all addresses for programs, as OpenAPI 3.1 has it: made of what stands beside
//! each handler, in English.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use shared_protocol::{Locale, Problem};
use utoipa::openapi::{
    Components, ContentBuilder, HttpMethod, Info, License, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, Response, ResponseBuilder, ServerBuilder, Tag, Type,
    path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    schema::{AllOfBuilder, ComponentsBuilder, Object, ObjectBuilder, Schema},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

use super::{
    api::{Body, Endpoint, Group, Parameter, Proof},
    problem::PROBLEM_KIND,
};
use crate::texts::Words;

/// The document, for a server at this address.
pub fn document(endpoints: &[Endpoint], base: &str) -> OpenApi {
    let w = Words::of(Locale::En);
    let paths = endpoints.iter().fold(PathsBuilder::new(), |paths, endpoint| {
        paths.path(endpoint.path, PathItem::new(method(&endpoint.method), operation(endpoint, w)))
    });
    let mut info = Info::new("Warifu agent", env!("CARGO_PKG_VERSION"));
    info.description = Some(w.get("docs.lead").into());
    info.license = Some(License::new("MIT OR Apache-2.0"));
    let tags = Group::ALL.map(|group| tag(group, w));
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new().url(base).build()]))
        .paths(paths)
        .components(Some(components(endpoints)))
        .tags(Some(tags))
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        _ => HttpMethod::Get,
    }
}

fn tag(group: Group, w: Words) -> Tag {
    TagBuilder::new().name(group.tag()).description(Some(w.get(group.text()))).build()
}

fn operation(endpoint: &Endpoint, w: Words) -> Operation {
    let parameters = endpoint.parameters.iter().map(|parameter| described(parameter, w));
    let mut operation = OperationBuilder::new()
        .operation_id(Some(endpoint.name()))
        .tag(endpoint.group.tag())
        .summary(Some(w.get(endpoint.text)))
        .parameters(Some(parameters.map(ParameterBuilder::build)));
    if let Some(body) = &endpoint.takes {
        let taken = RequestBodyBuilder::new().required(Some(Required::True));
        let taken = taken.description(about(body)).content(&body.kind, content(body));
        operation = operation.request_body(Some(taken.build()));
    }
    for (status, response) in good(endpoint) {
        operation = operation.response(status.to_string(), response);
    }
    for (status, problems) in by_status(&endpoint.problems) {
        operation = operation.response(status.to_string(), refusal(&problems));
    }
    let by = |name: &str| SecurityRequirement::new::<_, [&str; 0], _>(name, []);
    match endpoint.proof {
        Proof::None => operation.build(),
        Proof::Token => operation.security(by(TOKEN)).build(),
        Proof::OperatorToken => operation.security(by(OPERATOR_TOKEN)).build(),
        Proof::TokenOrSignature => {
            let signed = by(SIGNATURE).add::<_, [&str; 0], _>(TIME, []);
            operation.security(by(TOKEN)).security(signed).build()
        }
    }
}

fn described(parameter: &Parameter, w: Words) -> ParameterBuilder {
    let place = if parameter.in_path { ParameterIn::Path } else { ParameterIn::Query };
    let required = if parameter.required { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(place)
        .required(required)
        .description(Some(w.get(parameter.kind.text)))
        .schema(Some(parameter.kind.schema()))
        .example(Some(parameter.kind.shown()))
}

/// What is answered when all is well, by status: perhaps as one of several media types.
fn good(endpoint: &Endpoint) -> BTreeMap<u16, Response> {
    let mut all: BTreeMap<u16, ResponseBuilder> = BTreeMap::new();
    for (status, body) in &endpoint.answers {
        let said = if body.is_some() { "As asked." } else { "Done." };
        let response = all.remove(status);
        let mut response = response.unwrap_or_else(|| ResponseBuilder::new().description(said));
        if let Some(body) = body {
            response = response.content(&body.kind, content(body));
        }
        all.insert(*status, response);
    }
    all.into_iter().map(|(status, response)| (status, response.build())).collect()
}

/// The same problems by their HTTP status.
pub fn by_status(problems: &BTreeSet<Problem>) -> BTreeMap<u16, Vec<Problem>> {
    let mut all: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
    for problem in problems {
        all.entry(problem.status()).or_default().push(*problem);
    }
    all
}

/// A problem document that is one of these.
fn refusal(problems: &[Problem]) -> Response {
    let line = |problem: &Problem| format!("- `{}`: {}", problem.code(), problem.text(Locale::En));
    let said = problems.iter().map(line).collect::<Vec<_>>().join("\n");
    let codes = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(problems.iter().map(|problem| problem.code())));
    let one_of_these = Object::builder().property("code", codes.build());
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("ProblemDocument"))
        .item(one_of_these.build())
        .build();
    let content = ContentBuilder::new().schema(Some(Schema::AllOf(schema))).build();
    ResponseBuilder::new().description(said).content(PROBLEM_KIND, content).build()
}

fn content(body: &Body) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(body.schema.clone())).build()
}

/// Which message it is, and how long it may be.
fn about(body: &Body) -> Option<String> {
    let message = body.message.map(|name| format!("The message `{name}` of PROTOCOL.md. "));
    let most = body.most.map(|most| format!("At most {most} bytes."));
    match (message, most) {
        (None, None) => None,
        (message, most) => Some([message, most].into_iter().flatten().collect()),
    }
}

fn components(endpoints: &[Endpoint]) -> Components {
    let taken = endpoints.iter().filter_map(|endpoint| endpoint.takes.as_ref());
    let given = endpoints.iter().flat_map(|endpoint| &endpoint.answers);
    let bodies = taken.chain(given.filter_map(|(_, body)| body.as_ref()));
    let problem = Body::json::<super::problem::ProblemDocument>();
    let mut named: BTreeMap<_, RefOr<_>> = problem.schemas.into_iter().collect();
    named.extend(bodies.flat_map(|body| body.schemas.clone()));
    let token = |begins: &str| {
        let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format(begins).build();
        SecurityScheme::Http(bearer)
    };
    ComponentsBuilder::new()
        .schemas_from_iter(named)
        .security_scheme(TOKEN, token("wmt_…"))
        .security_scheme(OPERATOR_TOKEN, token("wot_…"))
        .security_scheme(SIGNATURE, header("warifu-signature"))
        .security_scheme(TIME, header("warifu-time"))
        .build()
}

fn header(name: &str) -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(name)))
}

const TOKEN: &str = "token";
const OPERATOR_TOKEN: &str = "operator_token";
const SIGNATURE: &str = "signature";
const TIME: &str = "time";
