//! The command `agent-server`: reads the command line, installs the TLS provider, runs one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    agent_server::cli::main()
}
