//! The operator's command line.

use std::process::ExitCode;

/// Runs the command that the command line names.
pub fn main() -> ExitCode {
    ExitCode::FAILURE
}
