//! One build and one request with trunk: widget developers rely on it, releases do not.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::clock::Stopwatch;
use crate::group::Group;
use crate::program::run;
use crate::{ready, serve};

const LONGEST_START: Duration = Duration::from_secs(10 * 60);

/// Builds, serves, and asks for the page.
pub fn smoke_test() -> Result<()> {
    run(serve::trunk()?.arg("build"))?;
    let port = free_port()?;
    let mut trunk = serve::trunk()?;
    trunk.args(["serve", "--no-autoreload", "--port", &port.to_string()]);
    let mut server = Group::start(&mut trunk, Duration::from_secs(5))?;
    let answer = first_answer(&mut server, &format!("127.0.0.1:{port}"))?;
    ensure!(answer.status == 200, "trunk answered {}", answer.status);
    ensure!(answer.body.contains("client-wasm"), "trunk's page does not load the widget");
    Ok(())
}

fn first_answer(server: &mut Group, address: &str) -> Result<ready::Answer> {
    let watch = Stopwatch::start();
    while watch.elapsed() < LONGEST_START {
        if let Some(status) = server.ended()? {
            bail!("trunk ended before it answered ({status})");
        }
        match ready::get(address, "/") {
            Ok(answer) => return Ok(answer),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
        }
    }
    bail!("trunk did not answer for {} s", LONGEST_START.as_secs())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
