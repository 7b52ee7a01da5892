//! The binary as the shop's owner uses it: output for people and programs, meaningful exit codes.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use merchant_server::keys::public_text;
use serde_json::Value;
use shared_protocol::{Offer, Signed, decode};

use crate::market::Market;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merchant-server"))
        .args(arguments)
        .arg("--config")
        .arg(folder.join("merchant.toml"))
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A market whose configuration the binary can read too.
async fn market() -> Market {
    let market = Market::start().await;
    std::fs::write(market.folder.path().join("merchant.toml"), &market.config).unwrap();
    market
}

#[tokio::test]
async fn keys_are_made_once_and_shown_in_public_only() {
    let market = market().await;
    let folder = market.folder.path();
    let shown = run(folder, &["keys", "show", "--json"]);
    let key = merchant_server::keys::public_text(market.verifying_key().as_bytes());
    assert_eq!(json(&shown)["verifying_key"].as_str(), Some(key.as_str()));
    assert_eq!(json(&shown)["sealing_key"].as_str().map(str::len), Some(43));
    let again = run(folder, &["keys", "init"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("keys in"), "{}", said(&again));
    let secret = std::fs::read_to_string(folder.join("data/keys/signing.key")).unwrap();
    let secret = secret.split(' ').nth(1).unwrap().trim();
    assert!(!said(&shown).contains(secret));
}

#[tokio::test]
async fn orders_are_listed_without_and_shown_with_the_person() {
    let market = market().await;
    let folder = market.folder.path().to_owned();
    let none = run(&folder, &["orders", "list", "--json"]);
    assert_eq!(json(&none), Value::Array(Vec::new()));
    let (attempt, grant) = market.buy("TEAPOT-01").await;
    market.notify("purchase.lapsed", shared_protocol::PurchaseId::new([3; 16]), None).await;
    let listed = run(&folder, &["orders", "list", "--json"]);
    assert_eq!(json(&listed).as_array().map(Vec::len), Some(1), "a tombstone is no order");
    let order = &json(&listed)[0];
    assert_eq!(order["state"], "accepted");
    assert_eq!(order["amount"], 3850);
    assert_eq!(order["purchase"], attempt.purchase.to_string());
    assert!(!said(&listed).contains("花子"));
    let table = said(&run(&folder, &["orders", "list"]));
    assert!(table.contains("Y-20261118-0001  accepted"), "{table}");
    assert!(table.contains("3850 JPY") && !table.contains("花子"), "{table}");
    let names = [
        "Y-20261118-0001".to_owned(),
        grant.handling_number.to_string(),
        attempt.purchase.to_string(),
    ];
    for name in &names {
        let shown = run(&folder, &["orders", "show", name]);
        assert!(said(&shown).contains("銀座1-2-3"), "{name}: {}", said(&shown));
    }
    let unknown = run(&folder, &["orders", "show", "Y-20261118-9999"]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[tokio::test]
async fn offers_are_signed_into_files_and_those_of_before_stay_on_the_list() {
    let market = market().await;
    let folder = market.folder.path();
    let out = folder.join("offers");
    let sign =
        |days| run(folder, &["offers", "sign", "--out", out.to_str().unwrap(), "--days", days]);
    let list = || -> Value {
        serde_json::from_slice(&std::fs::read(out.join("offers.json")).unwrap()).unwrap()
    };
    assert_eq!(sign("30").status.code(), Some(0));
    let first = list();
    let offers = first["offers"].as_array().unwrap();
    for listed in offers {
        let file = std::fs::read(out.join(listed["item"].as_str().unwrap())).unwrap();
        let signed: Signed<Offer> = decode(&file).unwrap();
        let offer = signed.verify(&market.verifying_key()).unwrap();
        assert_eq!(listed["digest"], public_text(offer.digest().as_bytes()));
        assert_eq!(listed["unit_price"], offer.unit_price.minor);
    }
    assert_eq!(sign("30").status.code(), Some(0));
    assert_eq!(list()["offers"].as_array().unwrap().len(), offers.len(), "the same, once");
    assert_eq!(sign("31").status.code(), Some(0));
    let both = list();
    let both = both["offers"].as_array().unwrap();
    assert_eq!(both.len(), 2 * offers.len());
    assert!(offers.iter().all(|offer| both.contains(offer)), "shoppers may still see them");
    assert_eq!(sign("0").status.code(), Some(2));
}

#[tokio::test]
async fn only_a_grant_of_this_shop_is_entered() {
    let market = market().await;
    let folder = market.folder.path();
    let form = folder.join("form.json");
    let enter = |text: &str| {
        std::fs::write(&form, text).unwrap();
        run(folder, &["orders", "enter", form.to_str().unwrap()])
    };
    for (text, why) in [
        ("", "form.json"),
        ("{}", "no grant"),
        (r#"{"grant": "a.b.c"}"#, "no quantity"),
        (r#"{"grant": "a.b.c", "quantity": "1"}"#, "grant_invalid"),
    ] {
        let said_no = enter(text);
        assert_eq!(said_no.status.code(), Some(1), "{text}");
        assert!(said(&said_no).contains(why), "{}", said(&said_no));
    }
    let listed = run(folder, &["orders", "list", "--json"]);
    assert_eq!(json(&listed), Value::Array(Vec::new()));
}

#[tokio::test]
async fn the_catalogue_is_checked_with_an_exit_code() {
    let market = market().await;
    let folder = market.folder.path();
    let fine = run(folder, &["offers", "check"]);
    assert_eq!(fine.status.code(), Some(0));
    assert!(said(&fine).contains("✓ TEAPOT-01  3300 JPY"), "{}", said(&fine));
    let broken = crate::market::SAMPLE.replace("unit_price = 3300", "unit_price = 0");
    std::fs::write(folder.join("catalogue.toml"), broken).unwrap();
    let amiss = run(folder, &["offers", "check"]);
    assert_eq!(amiss.status.code(), Some(1));
    assert!(said(&amiss).contains("item TEAPOT-01, unit_price"), "{}", said(&amiss));
    let amiss = run(folder, &["offers", "check", "--json"]);
    assert_eq!(json(&amiss)["mistakes"][0]["item"], "TEAPOT-01");
}

#[tokio::test]
async fn the_doctor_says_what_is_amiss() {
    let market = market().await;
    let folder = market.folder.path();
    let found = run(folder, &["doctor"]);
    assert_eq!(found.status.code(), Some(1), "this test's agent publishes no keys");
    let text = said(&found);
    for line in ["✓ configuration", "✓ keys", "✓ catalogue: 4 items", "✓ database: SQLite 3."]
    {
        assert!(text.contains(line), "no {line} in {text}");
    }
    assert!(text.contains("✓ durability") && text.contains("✗ agent"), "{text}");
    assert!(text.contains("✗ pictures: Offers show pictures"), "{text}");
    let found = run(folder, &["doctor", "--json"]);
    let document = json(&found);
    assert!(document.as_array().unwrap().iter().any(|finding| finding["fine"] == false));
    let nothing = run(&folder.join("nowhere"), &["doctor"]);
    assert!(said(&nothing).contains("✗ configuration"), "{}", said(&nothing));
}

#[tokio::test]
async fn nonsense_on_the_command_line_is_not_understood() {
    let market = market().await;
    assert_eq!(run(market.folder.path(), &["sell"]).status.code(), Some(2));
    let nowhere = run(&market.folder.path().join("nowhere"), &["keys", "show"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said(&nowhere).contains("config.sample.toml"), "{}", said(&nowhere));
}

#[tokio::test]
async fn serve_ends_cleanly_when_told_to() {
    let mut market = market().await;
    market.close().await;
    let mut server = Command::new(env!("CARGO_BIN_EXE_merchant-server"))
        .args(["serve", "--config"])
        .arg(market.folder.path().join("merchant.toml"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = server.stderr.take().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(log));
    let opened = lines.by_ref().map_while(Result::ok).find(|line| line.contains("\"open\""));
    assert!(opened.unwrap().contains("\"demo\":false"));
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    assert!(server.wait().unwrap().success(), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("\"closed\"")), "{rest:?}");
}

#[tokio::test]
async fn people_are_added_by_a_link_that_is_printed_once() {
    let market = market().await;
    let folder = market.folder.path().to_owned();
    let add = ["people", "add", "hanako", "--role", "manager", "--json"];
    let link = json(&run(&folder, &add))["link"].as_str().unwrap().to_owned();
    let (place, token) = link.rsplit_once('/').unwrap();
    assert_eq!((place, token.len()), ("http://localhost:8080/desk/enrol", 43));
    assert_eq!(run(&folder, &add).status.code(), Some(1), "the name is taken");
    let again = json(&run(&folder, &["people", "invite", "hanako", "--json"]));
    assert_ne!(again["link"], link.as_str());
    assert!(run(&folder, &["people", "role", "hanako", "clerk"]).status.success());
    let listed = json(&run(&folder, &["people", "list", "--json"]));
    assert_eq!((&listed[0]["name"], &listed[0]["role"]), (&"hanako".into(), &"clerk".into()));
    assert!(run(&folder, &["people", "remove", "hanako"]).status.success());
    for gone in [["people", "invite", "hanako"], ["people", "remove", "hanako"]] {
        assert_eq!(run(&folder, &gone).status.code(), Some(1));
    }
    assert_eq!(run(&folder, &["people", "add", "x", "--role", "king"]).status.code(), Some(2));
    let record = json(&run(&folder, &["people", "record", "--json"]));
    let acts: Vec<_> = record.as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert_eq!(acts, ["removed", "role-given", "invited", "added"]);
    assert!(record.as_array().unwrap().iter().all(|act| act["name"].is_null()), "by a command");
}
