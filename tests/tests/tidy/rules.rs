//! The rules: each looks at one file and lists what offends. None reads anything else.

use super::source::{Function, functions, is_word, layers, line_of, without_tests};

/// Longest line of code.
pub const LINE: usize = 100;
/// Longest function: one screen.
pub const FUNCTION: usize = 70;
/// Longest function that answers a request.
pub const HANDLER: usize = 30;
/// Longest file of code.
pub const FILE: usize = 500;
/// Longest file with SQL.
pub const STORE_FILE: usize = 400;
/// Longest header of a file.
pub const HEADER: usize = 6;
/// Largest file of any kind.
pub const BLOB: u64 = 256 * 1024;
/// Largest picture in the documentation.
pub const PICTURE: u64 = 1024 * 1024;
/// Longest ARCHITECTURE.md.
pub const ARCHITECTURE: usize = 220;

/// A rule gets a path and a text, and gives back one line per offence.
pub type Rule = fn(&str, &str) -> Vec<String>;

pub fn header(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().take_while(|line| line.starts_with("//!")).count();
    match is_rust(path) && !(1..=HEADER).contains(&lines) {
        true => vec![format!("{path}: {lines} lines of `//!` at its top, not 1 to {HEADER}")],
        false => Vec::new(),
    }
}

pub fn line_length(path: &str, text: &str) -> Vec<String> {
    if !is_rust(path) {
        return Vec::new();
    }
    let long = text.lines().enumerate().filter(|(_, line)| line.chars().count() > LINE);
    long.map(|(at, line)| format!("{path}:{}: {} characters", at + 1, line.chars().count()))
        .collect()
}

pub fn function_length(path: &str, text: &str) -> Vec<String> {
    if !is_rust(path) {
        return Vec::new();
    }
    let limit = if is_edge(path) && !path.ends_with("/app.rs") { HANDLER } else { FUNCTION };
    let all = functions(&layers(text).code);
    let long = all.iter().filter(|function| function.length > limit);
    long.map(|Function { name, line, length, .. }| {
        format!("{path}:{line}: {name} has {length} lines, more than {limit}")
    })
    .collect()
}

pub fn file_length(path: &str, text: &str) -> Vec<String> {
    let limit = if is_store(path) { STORE_FILE } else { FILE };
    let lines = text.lines().count();
    match is_code(path) && lines > limit {
        true => vec![format!("{path}: {lines} lines, more than {limit}")],
        false => Vec::new(),
    }
}

pub fn names_that_say_nothing(path: &str, _: &str) -> Vec<String> {
    const EMPTY: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];
    let parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    match parts.into_iter().any(|part| EMPTY.contains(&part.to_lowercase().as_str())) {
        true => vec![format!("{path}: the name says nothing about what is in it")],
        false => Vec::new(),
    }
}

pub fn notes_of_undone_work(path: &str, text: &str) -> Vec<String> {
    let notes = [concat!("TO", "DO"), concat!("FIX", "ME")];
    words(path, text, &notes)
}

pub fn sql_outside_the_stores(path: &str, text: &str) -> Vec<String> {
    const SQL: &[&str] = &[
        "SELECT ",
        "INSERT INTO",
        "INSERT OR",
        "UPDATE ",
        "DELETE FROM",
        "CREATE TABLE",
        "CREATE INDEX",
        "ALTER TABLE",
        "DROP TABLE",
        "PRAGMA ",
        "BEGIN IMMEDIATE",
        "ON CONFLICT",
    ];
    if !is_rust(path) || is_store(path) || is_test(path) || is_example(path) {
        return Vec::new();
    }
    words(path, &layers(text).strings, SQL)
}

pub fn axum_inside(path: &str, text: &str) -> Vec<String> {
    match is_server(path) && !is_edge(path) {
        true => words(path, &layers(text).code, &["axum"]),
        false => Vec::new(),
    }
}

pub fn calls_from_a_store(path: &str, text: &str) -> Vec<String> {
    const CALLERS: &[&str] = &["reqwest", "hyper", "lettre", "TcpStream"];
    match is_rust(path) && is_store(path) {
        true => words(path, &layers(text).code, CALLERS),
        false => Vec::new(),
    }
}

pub fn postcard_outside_the_codec(path: &str, text: &str) -> Vec<String> {
    match is_rust(path) && path != "shared-protocol/src/codec.rs" {
        true => words(path, &layers(text).code, &["postcard::"]),
        false => Vec::new(),
    }
}

pub fn serde_attributes_that_corrupt(path: &str, text: &str) -> Vec<String> {
    const BAD: &[&str] = &["skip_serializing_if", "skip_serializing", "flatten", "untagged"];
    // The JWS is JSON by its own standard; postcard never meets its types.
    let is_json = path == "shared-protocol/src/jws.rs";
    if !is_rust(path) || is_json || !path.starts_with("shared-protocol/src/") {
        return Vec::new();
    }
    let code = layers(text).code;
    let mut offences = Vec::new();
    for (start, _) in code.match_indices("serde(") {
        let attribute = &code[start..];
        let attribute = &attribute[..attribute.find(']').unwrap_or(attribute.len())];
        if let Some(bad) = BAD.iter().find(|bad| attribute.contains(**bad)) {
            offences.push(format!("{path}:{}: serde({bad})", line_of(&code, start)));
        }
    }
    offences
}

pub fn clocks_and_chance_inside(path: &str, text: &str) -> Vec<String> {
    const SOURCES: &[&str] = &[
        "SystemTime::now",
        "Instant::now",
        "Date::now",
        "Utc::now",
        "Timestamp::now",
        "Zoned::now",
        "OsRng",
        "SystemRandom",
        "thread_rng",
        "Math::random",
        "get_random_values",
    ];
    const EDGES: &[&str] = &["main.rs", "clock.rs", "entropy.rs"];
    let file = path.rsplit('/').next().unwrap_or(path);
    if !is_rust(path) || is_test(path) || EDGES.contains(&file) {
        return Vec::new();
    }
    words(path, without_tests(&layers(text).code), SOURCES)
}

pub fn places_of_one_machine(path: &str, text: &str) -> Vec<String> {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let hosts = [
        concat!("index.cra", "tes.io"),
        concat!("static.cra", "tes.io"),
        concat!("registry.npm", "js.org"),
        concat!("py", "pi.org"),
        concat!("python", "hosted.org"),
        concat!("deb.deb", "ian.org"),
        concat!("security.deb", "ian.org"),
        concat!("static.rust", "-lang.org"),
    ];
    let mut offences = words(path, text, &hosts);
    for folder in folders {
        for (at, _) in text.match_indices(folder) {
            // In the middle of a longer path or address it is no folder of a machine.
            let before = text[..at].chars().next_back();
            if !before.is_some_and(|c| is_word(c) || "./-~}".contains(c)) {
                offences.push(format!("{path}:{}: {folder}", line_of(text, at)));
            }
        }
    }
    offences
}

pub fn size(path: &str, bytes: u64) -> Vec<String> {
    let is_picture = path.starts_with("docs/") && path.ends_with(".png");
    let limit = if is_picture { PICTURE } else { BLOB };
    match bytes > limit {
        true => vec![format!("{path}: {bytes} bytes, more than {limit}")],
        false => Vec::new(),
    }
}

/// Invariant lines (`- **I…`) that do not name, in backticks, one of the tests.
pub fn unguarded_invariants(architecture: &str, tests: &[String]) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in architecture.lines() {
        match line.starts_with("  ") {
            true if !items.is_empty() => items.last_mut().expect("not empty").push_str(line),
            _ => items.push(line.to_owned()),
        }
    }
    let guarded = |item: &String| {
        let quoted = item.split('`').skip(1).step_by(2);
        quoted
            .map(|name| name.rsplit("::").next().unwrap_or(name))
            .any(|name| tests.iter().any(|test| test == name.trim_end_matches("()")))
    };
    let invariants = items.into_iter().filter(|item| item.starts_with("- **I"));
    invariants.filter(|item| !guarded(item)).collect()
}

/// Names of the test functions of a file.
pub fn tests_in(path: &str, text: &str) -> Vec<String> {
    if !is_rust(path) {
        return Vec::new();
    }
    let all = functions(&layers(text).code);
    all.into_iter().filter(|function| function.is_test).map(|function| function.name).collect()
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

fn is_code(path: &str) -> bool {
    is_rust(path) || path.ends_with(".js")
}

fn is_server(path: &str) -> bool {
    is_rust(path)
        && ["agent-server/src/", "merchant-server/src/"].iter().any(|p| path.starts_with(p))
}

/// Where a server meets HTTP.
fn is_edge(path: &str) -> bool {
    path.contains("/src/http/") || path.ends_with("/src/http.rs") || path.ends_with("/src/app.rs")
}

fn is_store(path: &str) -> bool {
    ["/src/store/", "/src/store.rs", "/migrations/"].iter().any(|part| path.contains(part))
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "benches")
}

/// Somebody else's program, all in one file, to be read from top to bottom.
fn is_example(path: &str) -> bool {
    path.contains("/examples/")
}

/// Where these stand as whole words.
fn words(path: &str, text: &str, wanted: &[&str]) -> Vec<String> {
    let mut offences = Vec::new();
    for word in wanted {
        for (at, _) in text.match_indices(word) {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            let open = |c: char| !is_word(c);
            let ends_open = !word.ends_with(is_word) || after.is_none_or(open);
            if before.is_none_or(open) && ends_open {
                offences.push(format!("{path}:{}: {}", line_of(text, at), word.trim()));
            }
        }
    }
    offences
}
