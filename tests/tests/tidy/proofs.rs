//! Each rule meets something it must refuse and something close that it must let pass.

use super::rules::{self, Rule};
use super::seed;
use super::source::{Function, functions, layers};

fn refuses(rule: Rule, path: &str, text: &str) {
    assert!(!rule(path, text).is_empty(), "{path} should be refused:\n{text}");
}

fn accepts(rule: Rule, path: &str, text: &str) {
    assert_eq!(rule(path, text), Vec::<String>::new(), "{path} should pass:\n{text}");
}

#[test]
fn comments_strings_and_code_are_told_apart() {
    let text = "let a = \"in \\\" {\"; // b {\nlet c = 'd'; /* e /* f */ g */ fn h<'i>() {}\n\
                let j = r#\"k \" {\"#; let l = b\"m\"; let n = '\\''; let o = '{';";
    let both = layers(text);
    assert_eq!(both.code.lines().count(), 3);
    for gone in ["in", "b {", "e", "k", "m"] {
        assert!(!both.code.split_whitespace().any(|word| word == gone), "{gone} is not code");
    }
    assert!(both.code.contains("fn h<'i>() {}") && both.code.contains("let n"));
    assert_eq!(both.code.matches('{').count(), 1);
    assert!(both.strings.contains("in \\\" {") && both.strings.contains("k \" {"));
    assert!(!both.strings.contains("let"));
}

#[test]
fn functions_are_measured_to_their_last_brace() {
    let text = "impl A {\n    #[test]\n    fn one(&self, f: fn(u8) -> u8) -> [u8; 2] {\n        \
                if true { f(1) };\n    }\n    fn declared();\n}\nfn $two() {}\n";
    let found = functions(&layers(text).code);
    let one = Function { name: "one".into(), line: 3, length: 3, is_test: true };
    let two = Function { name: "$two".into(), line: 8, length: 1, is_test: false };
    assert_eq!(found, [one, two]);
}

#[test]
fn a_file_without_a_header_or_with_an_essay_is_refused() {
    refuses(rules::header, "a/src/b.rs", "use std::fmt;\n");
    refuses(rules::header, "a/src/b.rs", &"//! word\n".repeat(rules::HEADER + 1));
    accepts(rules::header, "a/src/b.rs", "//! Says it.\nuse std::fmt;\n");
    accepts(rules::header, "www/a.js", "let a;\n");
}

#[test]
fn long_lines_are_refused_and_counted_in_characters() {
    refuses(rules::line_length, "a.rs", &"x".repeat(rules::LINE + 1));
    accepts(rules::line_length, "a.rs", &"茶".repeat(rules::LINE));
    accepts(rules::line_length, "a.md", &"x".repeat(rules::LINE + 1));
}

#[test]
fn long_functions_are_refused_sooner_where_requests_are_answered() {
    let of = |lines: usize| format!("fn long() {{\n{}}}\n", "    work();\n".repeat(lines - 2));
    refuses(rules::function_length, "a/src/b.rs", &of(rules::FUNCTION + 1));
    accepts(rules::function_length, "a/src/b.rs", &of(rules::FUNCTION));
    refuses(rules::function_length, "agent-server/src/http/grants.rs", &of(rules::HANDLER + 1));
    accepts(rules::function_length, "agent-server/src/http/grants.rs", &of(rules::HANDLER));
}

#[test]
fn long_files_are_refused_sooner_where_sql_lives() {
    refuses(rules::file_length, "a/src/b.rs", &"//\n".repeat(rules::FILE + 1));
    accepts(rules::file_length, "a/src/b.rs", &"//\n".repeat(rules::FILE));
    refuses(rules::file_length, "a/src/store/b.rs", &"//\n".repeat(rules::STORE_FILE + 1));
}

#[test]
fn names_that_say_nothing_are_refused() {
    refuses(rules::names_that_say_nothing, "a/src/utils.rs", "");
    refuses(rules::names_that_say_nothing, "tests/common/mod.rs", "");
    accepts(rules::names_that_say_nothing, "a/src/utility_bills.rs", "");
}

#[test]
fn notes_of_undone_work_are_refused() {
    refuses(rules::notes_of_undone_work, "a.md", concat!("a\n// TO", "DO: more\n"));
    refuses(rules::notes_of_undone_work, "a.js", concat!("FIX", "ME"));
    accepts(rules::notes_of_undone_work, "a.rs", "a to-do list, MASTODON");
}

#[test]
fn sql_outside_a_store_is_refused() {
    let sql = "fn f() { q(\"SELECT id FROM purchase\") }";
    refuses(rules::sql_outside_the_stores, "agent-server/src/grants.rs", sql);
    accepts(rules::sql_outside_the_stores, "agent-server/src/store/grants.rs", sql);
    accepts(rules::sql_outside_the_stores, "agent-server/src/a.rs", "// SELECT is for the store\n");
}

#[test]
fn axum_in_the_domain_is_refused() {
    refuses(rules::axum_inside, "agent-server/src/grants.rs", "use axum::Router;");
    accepts(rules::axum_inside, "agent-server/src/http/grants.rs", "use axum::Router;");
    accepts(rules::axum_inside, "merchant-server/src/app.rs", "use axum::Router;");
    accepts(rules::axum_inside, "agent-server/src/grants.rs", "//! Knows no axum::Router.");
}

#[test]
fn a_store_that_calls_out_is_refused() {
    refuses(rules::calls_from_a_store, "agent-server/src/store/a.rs", "reqwest::get(url)");
    accepts(rules::calls_from_a_store, "agent-server/src/driver.rs", "reqwest::get(url)");
}

#[test]
fn postcard_beside_the_codec_is_refused() {
    let code = "let a = postcard::to_allocvec(&b);";
    refuses(rules::postcard_outside_the_codec, "client-wasm/src/a.rs", code);
    accepts(rules::postcard_outside_the_codec, "shared-protocol/src/codec.rs", code);
}

#[test]
fn serde_attributes_that_corrupt_are_refused() {
    let rule = rules::serde_attributes_that_corrupt;
    let path = "shared-protocol/src/grant.rs";
    refuses(rule, path, "#[serde(default, skip_serializing_if = \"Option::is_none\")]");
    refuses(rule, path, "#[cfg_attr(a, serde(\n    flatten\n))]");
    accepts(rule, path, "#[serde(transparent)]\nfn f() { a.flatten() }");
}

#[test]
fn clocks_and_chance_inside_are_refused() {
    let rule = rules::clocks_and_chance_inside;
    refuses(rule, "agent-server/src/grants.rs", "let now = SystemTime::now();");
    refuses(rule, "client-wasm/src/form.rs", "let r = OsRng;");
    accepts(rule, "agent-server/src/clock.rs", "let now = SystemTime::now();");
    accepts(rule, "a/src/b.rs", "fn f() {}\n#[cfg(test)]\nmod tests { let r = OsRng; }");
}

#[test]
fn places_of_one_machine_are_refused() {
    let rule = rules::places_of_one_machine;
    refuses(rule, "a.md", concat!("see /ro", "ot/x"));
    refuses(rule, "a.toml", concat!("\"/wo", "rk/main\""));
    refuses(rule, "a.md", concat!("https://static.cra", "tes.io/x"));
    accepts(rule, "a.md", concat!("docs/wo", "rk/x and ~/ho", "me/x"));
}

#[test]
fn big_files_are_refused_except_pictures() {
    assert!(!rules::size("a.bin", rules::BLOB + 1).is_empty());
    assert!(rules::size("docs/a.png", rules::BLOB + 1).is_empty());
    assert!(!rules::size("docs/a.png", rules::PICTURE + 1).is_empty());
}

#[test]
fn an_invariant_without_a_real_guard_is_refused() {
    let tests = rules::tests_in("a.rs", "#[tokio::test]\nasync fn guards_it() {}\nfn other() {}\n");
    assert_eq!(tests, ["guards_it"]);
    let open =
        "- **I1** never. `other`\n- **I2** always, says\n  `tests::guards_it`.\n- an aside\n";
    assert_eq!(rules::unguarded_invariants(open, &tests), ["- **I1** never. `other`"]);
}

#[test]
fn a_line_of_the_seed_without_a_real_test_is_refused() {
    let tests = ["shows_it".to_owned()];
    let page = "## 1 Claims\n- [x] a\n  shown by `shows_it`\n- [x] b\n- [x] c\n  shown by `gone`\n\
                ## 3 Prior art\n- f\n";
    let wrong = seed::offences(page, &tests);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    for (found, line) in wrong.iter().zip(["b", "c"]) {
        assert!(found.ends_with(line), "{found}");
    }
}
