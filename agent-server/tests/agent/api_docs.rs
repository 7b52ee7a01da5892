//! The document of all addresses, the pages about them, and the addresses themselves: they name the
//! same, and each takes what is said of it.

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use shared_protocol::{Locale, Problem};

use crate::market::{Market, answer};

impl Market {
    async fn document(&self) -> Value {
        let sent = self.http.get(self.url("/openapi.json")).send().await.unwrap();
        assert_eq!(sent.headers()["content-type"], "application/json");
        serde_json::from_slice(&sent.bytes().await.unwrap()).unwrap()
    }
}

/// Each operation with its method and an address that it has.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let item = item.as_object().unwrap().clone();
        let path = path.clone();
        item.into_iter().map(move |(method, operation)| {
            let mut path = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = format!("{{{}}}", parameter["name"].as_str().unwrap());
                path = path.replace(&name, parameter["example"].as_str().unwrap_or_default());
            }
            (method.to_uppercase().parse().unwrap(), path, operation)
        })
    };
    paths.iter().flat_map(of).collect()
}

#[tokio::test]
async fn all_that_is_described_is_there_and_takes_what_is_said_of_it() {
    let market = Market::open().await;
    let document = market.document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let all = operations(&document);
    assert!(all.len() > 25, "{}", all.len());
    let mut names = BTreeSet::new();
    for (method, path, operation) in &all {
        let ask = || market.http.request(method.clone(), market.url(path));
        assert!(names.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
        let sent = ask().send().await.unwrap();
        assert_ne!(sent.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let is_refused = sent.status().is_client_error();
        let problem = if is_refused { answer(sent).await.err() } else { None };
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            let may_be_gone = ["/payouts/", "/pictures/"].iter().any(|part| path.contains(part));
            let nothing = problem == Some(Problem::NotFound) && !may_be_gone;
            assert!(!nothing, "{method} {path} is not there");
            continue;
        };
        assert_eq!(problem, Some(Problem::UnsupportedMediaType), "{method} {path}");
        let (kind, _) = content.iter().next().unwrap();
        let said = operation["requestBody"]["description"].as_str().unwrap();
        let most = said.split("At most ").nth(1).unwrap().split(' ').next().unwrap();
        let most: usize = most.parse().unwrap();
        let send = async |bytes: usize| {
            let request = ask().header("content-type", kind).body(vec![0xff; bytes]);
            answer(request.send().await.unwrap()).await.unwrap_err()
        };
        assert_eq!(send(most + 1).await, Problem::MessageTooLarge, "{method} {path}");
        assert_eq!(send(most).await, Problem::MalformedMessage, "{method} {path}");
    }
}

/// Pages are made with `.route(`, addresses for programs only by what describes them.
#[tokio::test]
async fn no_address_for_programs_is_without_its_description() {
    const PAGES: [&str; 3] = ["/v1/frame", "/v1/page", "/v1/warifu.js"];
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    let mut routes = 0;
    while let Some(place) = files.pop() {
        if place.is_dir() {
            files.extend(fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&place).unwrap();
        for part in text.split(".route(").skip(1) {
            let Some(path) = part.trim_start().strip_prefix('"') else { continue };
            let path = path.split('"').next().unwrap();
            let is_api = path.starts_with("/v1/") || path.starts_with("/.well-known/");
            assert!(!is_api || PAGES.contains(&path), "{path} in {}", place.display());
            routes += 1;
        }
    }
    assert!(routes > 30, "only {routes}: is the search still right?");
}

#[tokio::test]
async fn every_refusal_that_is_described_has_a_page_and_every_page_stands_alone() {
    let market = Market::open().await;
    let document = market.document().await;
    let mut pages = vec!["/docs".to_owned(), "/problems".into()];
    for (_, path, operation) in operations(&document) {
        pages.push(format!("/docs/{}", operation["operationId"].as_str().unwrap()));
        for (status, said) in operation["responses"].as_object().unwrap() {
            let refusal = &said["content"]["application/problem+json"]["schema"]["allOf"][1];
            for code in refusal["properties"]["code"]["enum"].as_array().into_iter().flatten() {
                let problem = Problem::from_code(code.as_str().unwrap()).unwrap();
                assert_eq!(problem.status().to_string(), *status, "{path}");
            }
        }
    }
    pages.extend(Problem::ALL.iter().map(|problem| problem.path()));
    for locale in Locale::ALL {
        for path in &pages {
            let url = format!("{}?locale={}", market.url(path), locale.tag());
            let sent = market.http.get(url).send().await.unwrap();
            assert_eq!(sent.status(), StatusCode::OK, "{path}");
            let policy = sent.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"));
            let page = sent.text().await.unwrap();
            assert!(page.contains(&format!("<html lang=\"{}\"", locale.tag())), "{path}");
            assert!(!page.contains("<link") && !page.contains("docs.of_"), "{path}");
        }
    }
    let protocol = market.http.get(market.url("/docs/protocol")).send().await.unwrap();
    assert!(protocol.text().await.unwrap().starts_with("# The Warifu protocol"));
    let nothing = market.http.get(market.url("/docs/nothing")).send().await.unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
}
