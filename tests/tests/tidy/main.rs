//! The repository's own rules, run as tests. Each lists every offender, not only the first.
//! `proofs` shows of each rule that it can fail.

mod proofs;
mod rules;
mod seed;
mod source;
mod tree;

use rules::Rule;

#[test]
fn every_rust_file_begins_by_saying_what_it_is() {
    hold(rules::header);
}

#[test]
fn no_line_is_too_long_to_read() {
    hold(rules::line_length);
}

#[test]
fn no_function_is_longer_than_a_screen() {
    hold(rules::function_length);
}

#[test]
fn no_file_is_too_long_to_know() {
    hold(rules::file_length);
}

#[test]
fn every_file_has_a_name_that_says_something() {
    hold(rules::names_that_say_nothing);
}

#[test]
fn no_work_is_left_as_a_note() {
    hold(rules::notes_of_undone_work);
}

#[test]
fn sql_stays_in_the_stores() {
    hold(rules::sql_outside_the_stores);
}

#[test]
fn axum_stays_at_the_edge() {
    hold(rules::axum_inside);
}

#[test]
fn stores_call_nobody() {
    hold(rules::calls_from_a_store);
}

#[test]
fn only_the_codec_names_postcard() {
    hold(rules::postcard_outside_the_codec);
}

#[test]
fn no_serde_attribute_corrupts_the_wire() {
    hold(rules::serde_attributes_that_corrupt);
}

#[test]
fn clocks_and_chance_are_read_only_at_the_edge() {
    hold(rules::clocks_and_chance_inside);
}

#[test]
fn no_place_of_one_machine_is_written_down() {
    hold(rules::places_of_one_machine);
}

#[test]
fn no_file_is_big() {
    let offences =
        tree::files().iter().flat_map(|file| rules::size(&file.path, file.bytes)).collect();
    none(offences);
}

#[test]
fn the_words_need_no_machine() {
    const MACHINERY: &[&str] = &["tokio", "axum", "hyper", "reqwest", "sqlx", "web-sys"];
    for target in [None, Some("wasm32-unknown-unknown")] {
        let needs = tree::needs("shared-protocol", target);
        none(needs.into_iter().filter(|name| MACHINERY.contains(&name.as_str())).collect());
    }
}

#[test]
fn the_two_servers_do_not_know_each_other() {
    let others = |room: &str, other: &str| {
        let needs = tree::needs(room, None);
        needs
            .into_iter()
            .filter(|name| name == other)
            .map(|name| format!("{room} needs {name}"))
            .collect::<Vec<_>>()
    };
    none(others("agent-server", "merchant-server"));
    none(others("merchant-server", "agent-server"));
}

#[test]
fn the_program_in_the_frame_holds_no_server() {
    const SERVERS: &[&str] = &["agent-server", "merchant-server", "tokio", "axum", "sqlx"];
    let needs = tree::needs("client-wasm", Some("wasm32-unknown-unknown"));
    none(needs.into_iter().filter(|name| SERVERS.contains(&name.as_str())).collect());
}

#[test]
fn every_room_takes_the_workspace_lints() {
    let files = tree::files();
    let takes = |room: &String| {
        let manifest = files.iter().find(|file| file.path == format!("{room}/Cargo.toml"));
        let text = manifest.and_then(|manifest| manifest.text.as_deref()).unwrap_or_default();
        text.contains("[lints]\nworkspace = true")
    };
    let rooms = tree::rooms();
    assert!(rooms.len() >= 6, "the list of rooms was not read: {rooms:?}");
    none(rooms.into_iter().filter(|room| !takes(room)).collect());
}

#[test]
fn the_architecture_is_short_and_each_invariant_names_its_guard() {
    let files = tree::files();
    let text = |file: &tree::File| file.text.clone().unwrap_or_default();
    let architecture = files.iter().find(|file| file.path == "ARCHITECTURE.md").map(text);
    let architecture = architecture.expect("ARCHITECTURE.md is tracked");
    let lines = architecture.lines().count();
    assert!(lines <= rules::ARCHITECTURE, "ARCHITECTURE.md has {lines} lines");
    assert!(architecture.contains("\n- **I"), "ARCHITECTURE.md lists no invariant");
    let tests: Vec<_> =
        files.iter().flat_map(|file| rules::tests_in(&file.path, &text(file))).collect();
    none(rules::unguarded_invariants(&architecture, &tests));
}

#[test]
fn every_line_of_the_seed_names_the_test_that_shows_it() {
    let files = tree::files();
    let text = |file: &tree::File| file.text.clone().unwrap_or_default();
    let page = files.iter().find(|file| file.path == "docs/SEED.md").map(text);
    let page = page.expect("docs/SEED.md is tracked");
    assert!(seed::lines(&page).len() > 75, "the page was not read");
    let tests: Vec<_> =
        files.iter().flat_map(|file| rules::tests_in(&file.path, &text(file))).collect();
    none(seed::offences(&page, &tests));
}

/// The rule holds for every tracked text file.
fn hold(rule: Rule) {
    let files = tree::files();
    let texts = files.iter().filter_map(|file| Some((&file.path, file.text.as_ref()?)));
    none(texts.flat_map(|(path, text)| rule(path, text)).collect());
}

fn none(offences: Vec<String>) {
    assert!(offences.is_empty(), "\n{} in all:\n  {}", offences.len(), offences.join("\n  "));
}
