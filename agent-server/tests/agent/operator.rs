//! The operator's commands, as programs.

use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::market::database;

struct Operator {
    folder: TempDir,
}

impl Operator {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent-server"));
        if let Some(url) = database(self.folder.path()) {
            command.env("WARIFU_DATABASE_URL", url);
        }
        command.args(["--demo", "--json", "--data"]).arg(self.folder.path()).args(arguments);
        command.current_dir(self.folder.path()).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn finding(&self, what: &str) -> Value {
        let said: Value = serde_json::from_slice(&self.run(&["doctor"]).stdout).unwrap();
        let all = said["findings"].as_array().unwrap();
        all.iter().find(|finding| finding["what"] == what).unwrap().clone()
    }
}

#[test]
fn keys_are_made_once() {
    let operator = Operator::new();
    let first = operator.json(&["keys", "init"]);
    assert_eq!(first["created"].as_array().unwrap().len(), 4);
    let again = operator.json(&["keys", "init"]);
    assert_eq!(again["created"].as_array().unwrap().len(), 0);
    let shown = operator.json(&["keys", "show"]);
    for key in ["agent", "verifying_key", "sealing_key", "kid"] {
        assert_eq!(shown[key], first[key]);
        assert_eq!(again[key], first[key]);
    }
}

#[test]
fn a_merchant_is_added_changed_and_suspended() {
    let operator = Operator::new();
    let keys = operator.json(&["keys", "init"]);
    let (verifying, sealing) =
        (keys["verifying_key"].as_str().unwrap(), keys["sealing_key"].as_str().unwrap());
    let add = ["merchants", "add", "--id", "mrc_books", "--name-ja", "本屋", "--name-en", "Books"];
    let more = ["--server-url", "https://books.example/", "--origin", "https://books.example"];
    let keys = ["--verifying-key", verifying, "--sealing-key", sealing];
    let added = operator.json(&[&add[..], &more, &keys].concat());
    assert_eq!(added["server"], "https://books.example");
    let more = ["merchants", "origins", "mrc_books", "--add", "https://m.books.example"];
    assert_eq!(operator.json(&more)["origins"].as_array().unwrap().len(), 2);
    operator.json(&["merchants", "suspend", "mrc_books"]);
    let listed = &operator.json(&["merchants", "list"])["merchants"][0];
    assert_eq!((&listed["status"], &listed["serial"]), (&"suspended".into(), &3.into()));
    assert_eq!(listed["name"]["ja"], "本屋");
    assert_eq!(listed["plans"].as_array().unwrap().len(), 6, "every plan at first");
    let fewer = ["merchants", "add", "mrc_books", "--plan", "single", "--plan", "bonus"];
    assert_eq!(operator.json(&fewer)["plans"], serde_json::json!(["single", "bonus"]));
    let wrong = ["merchants", "add", "mrc_books", "--plan", "cash"];
    assert_eq!(operator.run(&wrong).status.code(), Some(2));
    let bad = ["merchants", "origins", "mrc_books", "--add", "https://books.example/path"];
    assert_eq!(operator.run(&bad).status.code(), Some(1));
}

#[test]
fn a_contracts_number_is_read_as_people_write_it_and_never_shown() {
    let operator = Operator::new();
    operator.json(&["keys", "init"]);
    let add = ["contracts", "add", "--number", "c-1234-5678-9012", "--code", "2468"];
    let more = ["--email", "a@example.jp", "--limit", "50000"];
    operator.json(&[&add[..], &more].concat());
    let again = operator.run(&[&add[..], &more].concat());
    assert_eq!(again.status.code(), Some(1));
    let listed = operator.run(&["contracts", "list"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.contains("\"12\"") && text.contains("50000"), "{text}");
    assert!(!text.contains("123456789012") && !text.contains("2468"));
    let suspended = operator.json(&["contracts", "suspend", "C123456789012"]);
    assert_eq!(suspended["status"], "suspended");
    let plans = ["contracts", "plans", "C-1234-5678-9012", "--plan", "single"];
    assert_eq!(operator.json(&plans)["plans"], serde_json::json!(["single"]));
    let listed = operator.json(&["contracts", "list"]);
    assert_eq!(listed["contracts"][0]["plans"], serde_json::json!(["single"]));
    let unknown = ["contracts", "plans", "C999999999999"];
    assert_eq!(operator.run(&unknown).status.code(), Some(1));
    let card = ["contracts", "add", "--number", "4111111111111111", "--code", "2468"];
    assert_eq!(operator.run(&[&card[..], &more].concat()).status.code(), Some(1));
}

#[test]
fn a_contract_is_stopped_opened_and_given_another_number() {
    let operator = Operator::new();
    operator.json(&["keys", "init"]);
    let add = ["contracts", "add", "--number", "C123456789012", "--code", "2468"];
    operator.json(&[&add[..], &["--email", "a@example.jp", "--limit", "50000"]].concat());
    let id = operator.json(&["contracts", "show", "C123456789012"])["id"].to_string();
    for (command, status) in [
        ("suspend", "suspended"),
        ("unlock", "suspended"),
        ("resume", "active"),
        ("lapse", "lapsed"),
        ("resume", "active"),
    ] {
        assert_eq!(operator.json(&["contracts", command, &id])["status"], status);
    }
    let replaced = operator.json(&["contracts", "replace", &id, "--code", "739182"]);
    let number = replaced["number"].as_str().unwrap();
    assert_eq!(operator.json(&["contracts", "show", number])["id"].to_string(), id);
    assert_eq!(operator.run(&["contracts", "show", "C123456789012"]).status.code(), Some(1));
    let again = [&add[..], &["--email", "b@example.jp", "--limit", "1"]].concat();
    assert_eq!(operator.run(&again).status.code(), Some(1), "a lost number is never issued again");
    assert_eq!(operator.run(&["contracts", "show", "12345"]).status.code(), Some(1));
    let trivial = ["contracts", "replace", &id, "--code", "1234"];
    assert_eq!(operator.run(&trivial).status.code(), Some(1));
    let objections = operator.json(&["purchases", "objections"]);
    assert_eq!(objections["objections"].as_array().unwrap().len(), 0);
}

#[test]
fn the_doctor_says_what_is_missing() {
    let operator = Operator::new();
    assert_eq!(operator.run(&["doctor"]).status.code(), Some(1));
    assert_eq!(operator.finding("keys")["ok"], false);
    assert!(operator.finding("keys")["says"].as_str().unwrap().contains("keys init"));
    operator.json(&["keys", "init"]);
    assert_eq!(operator.finding("keys")["ok"], true);
    let database = operator.finding("database");
    match database["says"].as_str().unwrap() {
        // The tests' own server is careless, and that is told.
        says if says.starts_with("PostgreSQL") => assert!(says.contains("fsync off"), "{says}"),
        says => assert_eq!(database["ok"], true, "{says}"),
    }
    assert_eq!(operator.finding("sqlite")["ok"], true);
    assert!(operator.finding("plans")["says"].as_str().unwrap().contains("bonus-times-12"));
    let pepper = operator.folder.path().join("keys/pepper");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&pepper, open).unwrap();
    assert!(operator.finding("keys")["says"].as_str().unwrap().contains("chmod 600"));
}

#[test]
fn without_the_demo_a_server_wants_its_settings() {
    let operator = Operator::new();
    let output = Command::new(env!("CARGO_BIN_EXE_agent-server"))
        .arg("serve")
        .current_dir(operator.folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("public_url"));
}

#[test]
fn new_books_are_empty_and_sound() {
    let operator = Operator::new();
    operator.json(&["keys", "init"]);
    assert_eq!(operator.json(&["ledger", "balances"])["balances"], serde_json::json!([]));
    assert_eq!(operator.json(&["ledger", "payouts"])["payouts"], serde_json::json!([]));
    let audit = operator.json(&["audit"]);
    assert_eq!((&audit["entries"], &audit["findings"]), (&0.into(), &serde_json::json!([])));
    let number = "0000-0000-0000";
    assert_eq!(operator.json(&["ledger", "bills", number])["bills"], serde_json::json!([]));
    assert_eq!(operator.run(&["ledger", "paid", number, "1"]).status.code(), Some(1));
    assert_eq!(operator.run(&["purchases", "resolve", number, "upheld"]).status.code(), Some(1));
    assert_eq!(operator.run(&["purchases", "resolve", number, "perhaps"]).status.code(), Some(2));
}

#[test]
fn files_are_written_and_read_by_commands() {
    let operator = Operator::new();
    let keys = operator.json(&["keys", "init"]);
    let verifying = keys["verifying_key"].as_str().unwrap();
    let sealing = keys["sealing_key"].as_str().unwrap();
    let keys = ["--verifying-key", verifying, "--sealing-key", sealing];
    operator.json(&[&["merchants", "add", "mrc_tea"], &keys[..]].concat());
    fn bank<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["merchants", "bank", "mrc_tea"], more].concat()
    }
    assert_eq!(operator.json(&bank(&[]))["number"], "7654321", "the demo's own");
    let japan = ["--bank", "0005", "--branch", "123", "--number", "42", "--holder", "やまだ"];
    assert_eq!(operator.json(&bank(&japan))["holder"], "ﾔﾏﾀﾞ");
    assert_eq!(operator.json(&bank(&[]))["number"], "0000042");
    let wrong = ["--iban", "DE88 3704 0044 0532 0130 00", "--holder", "Yamada Tea"];
    assert_eq!(operator.run(&bank(&wrong)).status.code(), Some(1));
    let right = ["--iban", "DE89 3704 0044 0532 0130 00", "--holder", "Yamada Tea"];
    operator.json(&bank(&right));
    assert_eq!(operator.json(&bank(&[]))["iban"], "DE89370400440532013000");

    let nothing = ["files", "payouts", "--format", "zengin", "--out", "out"];
    assert_eq!(operator.json(&nothing)["payments"], 0);
    assert!(!operator.folder.path().join("out").exists());
    let again = [&nothing[..], &["--again", "WARIFU-1"]].concat();
    assert_eq!(operator.run(&again).status.code(), Some(1));
    assert_eq!(operator.run(&["files", "payouts", "--format", "csv"]).status.code(), Some(2));
    assert_eq!(operator.json(&["files", "sent"])["files"], serde_json::json!([]));
    let journal = ["files", "journal", "--from", "2026-11-01", "--to", "2026-11-30", "--out"];
    operator.json(&[&journal[..], &["books.csv"]].concat());
    let books = std::fs::read_to_string(operator.folder.path().join("books.csv")).unwrap();
    assert_eq!(books, "entry,line,date,time,kind,purchase,debit,credit,amount,currency\r\n");

    let settings = "[bank]\nname = \"W\"\nstatement_account = \"0010011234567\"\n";
    std::fs::write(operator.folder.path().join("agent.toml"), settings).unwrap();
    let notice = crate::bank_notices::notice("M-1", &[("A", 5, "x")]);
    std::fs::write(operator.folder.path().join("notice.xml"), notice).unwrap();
    let read = ["files", "statement", "notice.xml"];
    assert_eq!(operator.json(&read)["parked"], 1);
    let twice = operator.run(&read);
    assert_eq!(twice.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&twice.stderr).contains("read before"));
    let parked = operator.json(&["files", "parked"])["parked"][0].clone();
    assert_eq!((&parked["minor"], &parked["why"]), (&5.into(), &"no_reference".into()));
    let line = parked["line"].as_str().unwrap();
    assert_eq!(operator.run(&["files", "resolve", line]).status.code(), Some(2));
    assert_eq!(operator.run(&["files", "resolve", line, "--payout", "1"]).status.code(), Some(1));
    operator.json(&["files", "resolve", line, "--charge"]);
    assert_eq!(operator.json(&["files", "parked"])["parked"], serde_json::json!([]));
    assert_eq!(operator.json(&["audit"])["findings"], serde_json::json!([]));
}

#[test]
fn a_webhook_secret_is_replaced_and_events_are_triggered_in_a_demo_only() {
    let operator = Operator::new();
    let keys = operator.json(&["keys", "init"]);
    let (verifying, sealing) =
        (keys["verifying_key"].as_str().unwrap(), keys["sealing_key"].as_str().unwrap());
    let add = ["merchants", "add", "mrc_books", "--name-ja", "本屋", "--name-en", "Books"];
    let more = ["--server-url", "https://books.example/", "--origin", "https://books.example"];
    let keys = ["--verifying-key", verifying, "--sealing-key", sealing];
    operator.json(&[&add[..], &more, &keys].concat());
    let webhook = |what| operator.json(&["merchants", "webhook", what, "mrc_books"]);
    let first = webhook("show");
    assert_eq!(first["url"], "https://books.example/warifu/v1/events");
    assert!(first["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(webhook("show")["secret"], first["secret"]);
    let second = webhook("rotate");
    assert_ne!(second["secret"], first["secret"]);
    assert!(second["old_until"].as_i64().is_some());
    assert_eq!(webhook("enable")["secret"], second["secret"]);
    assert_eq!(operator.json(&["events", "list"])["events"], serde_json::json!([]));
    for (wrong, code) in [
        (&["events", "trigger", "purchase.confirmed"][..], 1),
        (&["events", "trigger", "purchase.eaten"], 2),
        (&["events", "resend", "evt_1"], 1),
        (&["events", "show", "1"], 1),
        (&["merchants", "webhook", "show", "mrc_none"], 1),
    ] {
        assert_eq!(operator.run(wrong).status.code(), Some(code), "{wrong:?}");
    }
}

#[test]
fn a_saved_mark_is_verified_and_taken_back_by_commands() {
    let operator = Operator::new();
    let keys = operator.json(&["keys", "init"]);
    let (verifying, sealing) =
        (keys["verifying_key"].as_str().unwrap(), keys["sealing_key"].as_str().unwrap());
    let keys = ["--verifying-key", verifying, "--sealing-key", sealing];
    operator.json(&[&["merchants", "add", "mrc_tea"], &keys[..]].concat());
    let saved = operator.folder.path().join("mark.svg");
    std::fs::write(&saved, drawn(&operator)).unwrap();
    let verify = |more: &[&str]| {
        let output = operator.run(&[&["mark", "verify", "mark.svg"], more].concat());
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = verify(&[]);
    assert_eq!((code, &said["good"]), (Some(0), &true.into()), "{said}");
    assert_eq!((&said["merchant"], &said["agent"]), (&"mrc_tea".into(), &"agt_demo".into()));
    assert_eq!(said["origins"], serde_json::json!(["http://127.0.0.1:8080"]));
    let elsewhere = verify(&["--origin", "https://evil.example"]);
    assert_eq!(elsewhere.1["problem"], "origin_not_registered");
    assert_eq!(verify(&["--origin", "http://127.0.0.1:8080"]).0, Some(0));
    let evil = ["merchants", "add", "mrc_evil", "--name-ja", "x", "--name-en", "x"];
    let at = ["--server-url", "https://e.example", "--origin", "http://127-0-0-1"];
    let refused = operator.run(&[&evil[..], &at, &keys].concat());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("could be taken for"));
    let without = ["merchants", "revoke-mark", "mrc_tea"];
    assert_eq!(operator.run(&without).status.code(), Some(2), "why?");
    let revoked = operator.json(&[&without[..], &["--why", "keys"]].concat());
    assert_eq!(revoked["status"], "revoked");
    let (code, said) = verify(&[]);
    assert_eq!((code, &said["problem"]), (Some(1), &"mark_revoked".into()));
    assert_eq!(said["genuine"], true);
    std::fs::write(&saved, "<svg/>").unwrap();
    let (code, said) = verify(&[]);
    assert_eq!((code, &said["problem"]), (Some(1), &"mark_missing".into()));
    assert_eq!(operator.json(&["merchants", "resume", "mrc_tea"])["status"], "active");
    std::fs::write(&saved, drawn(&operator)).unwrap();
    assert_eq!(verify(&[]).0, Some(0), "a new one");
}

/// The demo shop's Mark as its picture, drawn with the operator's own keys.
fn drawn(operator: &Operator) -> String {
    let shop = operator.json(&["merchants", "list"])["merchants"][0].clone();
    let text = |name: &str| shop[name].as_str().unwrap().to_owned();
    let key = |name: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text(name)).unwrap()
    };
    let keys = operator.folder.path().join("keys");
    let keys = agent_server::keys::AgentKeyring::load(&keys).unwrap();
    let both = shared_protocol::Localized::new("山田茶舗", "Yamada Tea");
    let merchant = agent_server::domain::Merchant {
        id: text("id").parse().unwrap(),
        name: both.clone(),
        legal_notice: both.clone(),
        origins: vec!["http://127.0.0.1:8080".into()],
        server: text("server"),
        verifying_key: key("verifying_key").as_slice().try_into().unwrap(),
        sealing_key: key("sealing_key").as_slice().try_into().unwrap(),
        plans: Vec::new(),
        payout_class: "standard".into(),
        status: agent_server::domain::MerchantStatus::Active,
        valid_until: None,
        waives: None,
        relay: None,
        payee: None,
        hand_over: None,
        serial: shop["serial"].as_u64().unwrap(),
    };
    let marks = agent_server::marks::Marks::new("agt_demo".parse().unwrap(), both);
    let now = agent_server::clock::Clock::now(&agent_server::clock::SystemClock);
    let signed = marks.current(&merchant, &keys, now);
    let mark = signed.claimed().unwrap();
    agent_server::marks::picture::svg(&signed, &mark, shared_protocol::Locale::Ja)
}

#[test]
fn an_operator_is_added_by_a_link_that_is_printed_once() {
    let operator = Operator::new();
    let add = ["operators", "add", "hanako", "--role", "finance"];
    let link = operator.json(&add)["link"].as_str().unwrap().to_owned();
    let (place, token) = link.rsplit_once('/').unwrap();
    assert!(place.ends_with("/console/enrol") && token.len() == 43, "{link}");
    assert_eq!(operator.run(&add).status.code(), Some(1), "the name is taken");
    let again = operator.json(&["operators", "invite", "hanako"]);
    assert_ne!(again["link"], link);
    operator.json(&["operators", "role", "hanako", "viewer"]);
    let listed = operator.json(&["operators", "list"]);
    let hanako = &listed["operators"][0];
    assert_eq!((&hanako["name"], &hanako["role"]), (&"hanako".into(), &"viewer".into()));
    operator.json(&["operators", "remove", "hanako"]);
    for gone in [&["operators", "invite", "hanako"][..], &["operators", "remove", "hanako"]] {
        assert_eq!(operator.run(gone).status.code(), Some(1));
    }
    assert_eq!(operator.run(&["operators", "add", "x", "--role", "king"]).status.code(), Some(2));
    let record = operator.json(&["operators", "record"]);
    let acts: Vec<_> = record["record"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert_eq!(acts, ["removed", "role-given", "invited", "added"]);
}

#[test]
fn keys_are_rotated_listed_and_retired() {
    let operator = Operator::new();
    operator.json(&["keys", "init"]);
    let states = |said: &Value, kind: &str| {
        let keys = said["keys"].as_array().unwrap().iter();
        let of_kind = keys.filter(|key| key["kind"] == kind);
        of_kind.map(|key| key["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let said = operator.json(&["keys", "rotate", "signing"]);
    assert_eq!(states(&said, "signing"), ["current", "next"]);
    assert_eq!(states(&said, "opening"), ["current"]);
    assert_eq!(operator.json(&["keys", "show"])["verifying_keys"].as_array().unwrap().len(), 2);
    assert!(!operator.run(&["keys", "rotate", "signing"]).status.success(), "one after the other");
    assert!(!operator.run(&["keys", "retire", "signing"]).status.success(), "it is not used yet");
    let said = operator.json(&["keys", "retire", "signing", "--revoked"]);
    assert_eq!(states(&said, "signing"), ["revoked", "current"]);
    let said = operator.json(&["keys", "init"]);
    assert_eq!(said["created"].as_array().unwrap().len(), 0, "the retired one is not made again");
}

/// Which database the settings lead to, as the merchants in it show.
#[test]
fn a_variable_is_over_the_settings_and_a_file_that_one_names_too() {
    let operator = Operator::new();
    let at = |name: &str| format!("sqlite:{}", operator.folder.path().join(name).display());
    let run = |variables: &[(&str, String)]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_agent-server"));
        program.args(["--demo", "--json", "--config", "agent.toml", "merchants", "list"]);
        program.envs(variables.iter().map(|(name, value)| (name, value)));
        program.current_dir(operator.folder.path()).output().unwrap()
    };
    let settings = format!("data_dir = \"data\"\ndatabase_url = \"{}\"\n", at("settings.sqlite"));
    std::fs::write(operator.folder.path().join("agent.toml"), settings).unwrap();
    std::fs::write(operator.folder.path().join("url"), at("file.sqlite") + "\n").unwrap();
    let is_there = |name: &str| operator.folder.path().join(name).exists();
    assert!(run(&[]).status.success());
    assert!(is_there("settings.sqlite"));
    std::fs::remove_file(operator.folder.path().join("settings.sqlite")).unwrap();
    assert!(run(&[("WARIFU_DATABASE_URL", at("variable.sqlite"))]).status.success());
    assert!(is_there("variable.sqlite") && !is_there("settings.sqlite"));
    assert!(run(&[("WARIFU_DATABASE_URL_FILE", "url".into())]).status.success());
    assert!(is_there("file.sqlite") && !is_there("settings.sqlite"));
    let both = [("WARIFU_DATABASE_URL", at("x")), ("WARIFU_DATABASE_URL_FILE", "url".into())];
    let told = String::from_utf8(run(&both).stderr).unwrap();
    assert!(told.contains("WARIFU_DATABASE_URL_FILE"), "{told}");
}

#[test]
fn a_merchants_token_is_shown_once_listed_without_itself_and_revoked() {
    let operator = Operator::new();
    operator.json(&["keys", "init"]);
    operator.json(&["merchants", "add", "mrc_tea", "--keys", &keys_file(&operator)]);
    let made = operator.json(&["merchants", "token", "add", "mrc_tea", "--label", "till"]);
    let (name, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert!(name.starts_with("mtk_") && token.starts_with("wmt_") && token.len() == 47);
    let listed = operator.run(&["merchants", "token", "list", "mrc_tea"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.contains(name) && text.contains("till") && !text.contains(token), "{text}");
    operator.json(&["merchants", "token", "revoke", "mrc_tea", name]);
    let listed = operator.json(&["merchants", "token", "list", "mrc_tea"]);
    assert!(listed["tokens"][0]["revoked_at"].is_i64());
    let wrong = ["merchants", "token", "revoke", "mrc_tea", "mtk_1"];
    assert_eq!(operator.run(&wrong).status.code(), Some(1));
    let days = ["--from", "2026-01-01", "--to", "2026-12-31"];
    let asked = [&["merchants", "statement", "mrc_tea"][..], &days].concat();
    let said = operator.json(&asked);
    assert_eq!((&said["opening"], &said["closing"]), (&0.into(), &0.into()));
    let csv = operator.json(&[&asked[..], &["--csv"]].concat());
    assert!(csv["csv"].as_str().unwrap().starts_with("entry,date,time,kind,purchase,name,payout"));
    let wrong = ["--from", "2026-12-31", "--to", "2026-01-01"];
    let asked = [&["merchants", "statement", "mrc_tea"][..], &wrong].concat();
    assert_eq!(operator.run(&asked).status.code(), Some(1));
}

#[test]
fn an_operators_token_is_shown_once_and_goes_with_the_operator() {
    let operator = Operator::new();
    operator.json(&["operators", "add", "hanako", "--role", "viewer"]);
    let add = ["operators", "token", "add", "hanako", "--label", "watch", "--only", "today"];
    let made = operator.json(&[&add[..], &["--only", "audit"]].concat());
    let (name, token) = (made["id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert!(name.starts_with("otk_") && token.starts_with("wot_") && token.len() == 47);
    let listed = operator.run(&["operators", "token", "list", "hanako"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.contains(name) && text.contains("watch") && !text.contains(token), "{text}");
    let all = operator.json(&["operators", "token", "add", "hanako"])["id"].to_string();
    let listed = operator.json(&["operators", "token", "list", "hanako"])["tokens"].clone();
    assert_eq!(listed[0]["sections"], serde_json::json!(["today", "audit"]));
    assert_eq!(listed[1]["sections"].as_array().unwrap().len(), 8, "{all}");
    operator.json(&["operators", "token", "revoke", "hanako", name]);
    let listed = operator.json(&["operators", "token", "list", "hanako"]);
    assert!(listed["tokens"][0]["revoked_at"].is_i64());
    for (wrong, code) in [
        (&["operators", "token", "revoke", "hanako", "otk_1"][..], 1),
        (&["operators", "token", "revoke", "hanako", "mtk_1"], 2),
        (&["operators", "token", "add", "nobody"], 1),
        (&["operators", "token", "add", "hanako", "--only", "money"], 2),
    ] {
        assert_eq!(operator.run(wrong).status.code(), Some(code), "{wrong:?}");
    }
    operator.json(&["operators", "remove", "hanako"]);
    let listed = operator.json(&["operators", "token", "list", "hanako"]);
    assert_eq!(listed["tokens"], serde_json::json!([]));
}

/// Two keys, as a merchant's server prints them.
fn keys_file(operator: &Operator) -> String {
    let file = operator.folder.path().join("merchant.json");
    let keys = operator.json(&["keys", "show"]);
    std::fs::write(&file, keys.to_string()).unwrap();
    file.display().to_string()
}
