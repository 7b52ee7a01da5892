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
    let address = format!("127.0.0.1:{port}");
    let page = first_answer(&mut server, &address)?;
    ensure!(page.status == 200, "trunk answered {}", page.status);
    ensure!(page.body.contains("client-wasm_bg.wasm"), "trunk's page does not load the widget");
    // trunk answers unknown paths with the page, so the status alone says nothing.
    let wasm = ready::get(&address, "/client-wasm_bg.wasm")?;
    ensure!(wasm.body.starts_with("\0asm"), "trunk does not serve the widget");
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
