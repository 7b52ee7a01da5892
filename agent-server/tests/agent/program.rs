//! The program itself as a process, at a port that the system chooses.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// Starts it and reads in its log where it listens.
pub fn start(program: &mut Command) -> (Child, String) {
    let program = program.env("WARIFU_LISTEN", "127.0.0.1:0").env("RUST_LOG", "info");
    let mut server = program.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let addr = log.find_map(|line| {
        let said: Value = serde_json::from_str(&line.unwrap()).unwrap_or_default();
        said["fields"]["addr"].as_str().map(str::to_owned)
    });
    std::thread::spawn(move || log.for_each(drop));
    (server, format!("http://{}", addr.expect("it ended before it listened")))
}
