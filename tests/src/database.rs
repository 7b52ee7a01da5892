//! What a server's database holds, read beside the running server.

use std::{path::Path, process::Command};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{Result, place};

/// The rows that answer a question in SQL. Bytes come as their hex digits.
pub fn rows(file: &Path, question: &str) -> Result<Vec<Vec<Value>>> {
    let text = python(
        "import json, sqlite3, sys; file, question = sys.argv[1:]; \
         rows = sqlite3.connect(file).execute(question).fetchall(); \
         print(json.dumps(rows, default=bytes.hex))",
        &[file.to_str().context("a plain name")?, question],
    )?;
    Ok(serde_json::from_str(&text)?)
}

/// All of it as SQL text, every number in digits.
pub fn dump(file: &Path) -> Result<String> {
    python(
        "import sqlite3, sys; print('\\n'.join(sqlite3.connect(sys.argv[1]).iterdump()))",
        &[file.to_str().context("a plain name")?],
    )
}

/// Runs statements.
pub fn write(file: &Path, statements: &str) -> Result {
    let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
         c.executescript('PRAGMA foreign_keys = OFF;' + sys.argv[2]); c.close()";
    python(program, &[file.to_str().context("a plain name")?, statements]).map(drop)
}

/// Committed INSERTs per second, each waited for by itself, as durable as the servers' own.
pub fn bare_inserts(file: &Path) -> Result<f64> {
    let program = "import sqlite3, sys, time; \
         c = sqlite3.connect(sys.argv[1], isolation_level=None); \
         c.execute('PRAGMA journal_mode = WAL'); c.execute('PRAGMA synchronous = FULL'); \
         c.execute('CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)'); t = time.monotonic(); \
         [c.execute('INSERT INTO t (b) VALUES (zeroblob(500))') for _ in range(300)]; \
         print(300 / (time.monotonic() - t))";
    Ok(python(program, &[file.to_str().context("a plain name")?])?.trim().parse()?)
}

fn python(program: &str, arguments: &[&str]) -> Result<String> {
    let python = place::tool("smtp/bin/python");
    let output = Command::new(python).args(["-c", program]).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the database cannot be read: {said}");
    Ok(String::from_utf8(output.stdout)?)
}
