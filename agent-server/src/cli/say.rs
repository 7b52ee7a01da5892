//! How commands speak: lines for people on stdout, JSON for programs, faults on stderr.

use std::{
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
};

use serde_json::{Value, json};

/// What a command has to say.
pub struct Report {
    /// For people.
    pub lines: Vec<String>,
    /// For programs.
    pub json: Value,
    /// Whether all is well.
    pub is_good: bool,
}

impl Report {
    /// Good news.
    pub fn new(lines: Vec<String>, json: Value) -> Self {
        Self { lines, json, is_good: true }
    }

    /// One line.
    pub fn line(line: impl Into<String>, json: Value) -> Self {
        Self::new(vec![line.into()], json)
    }

    /// Nothing more to say.
    pub fn silent() -> Self {
        Self::new(Vec::new(), Value::Null)
    }

    /// Prints it; the exit code says whether all is well.
    pub fn print(&self, as_json: bool) -> ExitCode {
        let mut out = io::stdout().lock();
        // A reader that has gone away, such as `head`, is no fault.
        let _ = match (as_json, &self.json) {
            (true, Value::Null) => Ok(()),
            (true, json) => writeln!(out, "{json:#}"),
            (false, _) => self.lines.iter().try_for_each(|line| writeln!(out, "{line}")),
        };
        if self.is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Says something before a command has ended; false if nobody listens any more.
pub fn at_once(line: &str) -> bool {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

/// Says why a command could not.
pub fn failure(fault: &(impl Error + ?Sized), as_json: bool) -> ExitCode {
    let mut err = io::stderr().lock();
    let _ = match as_json {
        true => writeln!(err, "{}", json!({ "error": fault.to_string() })),
        false => writeln!(err, "agent-server: {fault}"),
    };
    ExitCode::FAILURE
}
