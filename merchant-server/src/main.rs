//! The `merchant-server` binary: a command line around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    merchant_server::cli::main()
}
