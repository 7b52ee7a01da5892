//! What a server's database holds, read beside the running server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use postgres_cluster::Bytes;
use serde_json::Value;

use crate::{Result, place};

/// Where a database is.
pub enum Database {
    /// SQLite, in this file.
    File(PathBuf),
    /// Of this process's PostgreSQL, at this URL.
    Postgres(String),
}

impl Database {
    /// As the servers name it.
    pub fn url(&self) -> String {
        match self {
            Self::File(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    /// The rows that answer a question in SQL. Bytes come as their hex digits.
    pub fn rows(&self, question: &str) -> Result<Vec<Vec<Value>>> {
        let text = match self {
            Self::File(file) => python(
                "import json, sqlite3, sys; file, question = sys.argv[1:]; \
                 rows = sqlite3.connect(file).execute(question).fetchall(); \
                 print(json.dumps(rows, default=bytes.hex))",
                &[name(file)?, question],
            )?,
            Self::Postgres(url) => {
                let rows = String::from_utf8(postgres_cluster::rows(url, question))?;
                rows.replace(r#""\\x"#, "\"")
            }
        };
        Ok(serde_json::from_str(&text)?)
    }

    /// All of it as SQL text, every number in digits.
    pub fn dump(&self) -> Result<String> {
        match self {
            Self::File(file) => python(
                "import sqlite3, sys; print('\\n'.join(sqlite3.connect(sys.argv[1]).iterdump()))",
                &[name(file)?],
            ),
            Self::Postgres(url) => {
                Ok(String::from_utf8(postgres_cluster::dump(url, Bytes::AsHex))?)
            }
        }
    }

    /// What it takes up elsewhere than in its server's folder.
    pub fn files_elsewhere(&self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::File(_) => Vec::new(),
            Self::Postgres(url) => postgres_cluster::files(url),
        }
    }
}

/// Runs statements on a file.
pub fn write(file: &Path, statements: &str) -> Result {
    let program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
         c.executescript('PRAGMA foreign_keys = OFF;' + sys.argv[2]); c.close()";
    python(program, &[name(file)?, statements]).map(drop)
}

/// Committed INSERTs per second, each waited for by itself, as durable as the servers' own.
pub fn bare_inserts(file: &Path) -> Result<f64> {
    let program = "import sqlite3, sys, time; \
         c = sqlite3.connect(sys.argv[1], isolation_level=None); \
         c.execute('PRAGMA journal_mode = WAL'); c.execute('PRAGMA synchronous = FULL'); \
         c.execute('CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)'); t = time.monotonic(); \
         [c.execute('INSERT INTO t (b) VALUES (zeroblob(500))') for _ in range(300)]; \
         print(300 / (time.monotonic() - t))";
    Ok(python(program, &[name(file)?])?.trim().parse()?)
}

fn name(file: &Path) -> Result<&str> {
    file.to_str().context("a plain name")
}

fn python(program: &str, arguments: &[&str]) -> Result<String> {
    let python = place::tool("smtp/bin/python");
    let output = Command::new(python).args(["-c", program]).args(arguments).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the database cannot be read: {said}");
    Ok(String::from_utf8(output.stdout)?)
}
