//! A collector of the test's own hears of requests by their routes, and nothing of their contents.

use std::{
    process::Command,
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, extract::State, routing::post};

type Heard = Arc<Mutex<Vec<u8>>>;

/// Starts a collector; returns its address.
async fn collector(heard: Heard) -> String {
    async fn hear(State(heard): State<Heard>, body: Bytes) {
        heard.lock().unwrap().extend_from_slice(&body);
    }
    let routes = Router::new().route("/v1/traces", post(hear)).with_state(heard);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
    url
}

#[tokio::test]
async fn requests_are_traced_by_their_routes_and_nothing_in_them_is() {
    let heard = Heard::default();
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_agent-server"));
    program.args(["--demo", "--data"]).arg(folder.path()).arg("serve").current_dir(folder.path());
    program.env("WARIFU_OTLP_ENDPOINT", collector(heard.clone()).await);
    let (mut server, base) = crate::program::start(&mut program);
    let http = agent_server::outside::client();
    let path = "v1/purchases/pur_CANARY1?ref=CANARY2";
    let asked = http.get(format!("{base}/{path}")).header("referer", "http://CANARY3/");
    asked.send().await.unwrap();
    let posted = http.post(format!("{base}/v1/challenges")).body("CANARY4");
    posted.send().await.unwrap();
    Command::new("kill").arg(server.id().to_string()).status().unwrap();
    let ended = tokio::task::spawn_blocking(move || server.wait().unwrap()).await.unwrap();
    assert!(ended.success());
    let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
    for said in ["warifu-agent", "request", "/v1/purchases/{id}", "/v1/challenges", "POST"] {
        assert!(heard.contains(said), "{said} was not traced");
    }
    assert!(!heard.contains("CANARY"), "what was in a request was traced");
    assert!(!heard.contains("127.0.0.1"), "an address was traced");
}
