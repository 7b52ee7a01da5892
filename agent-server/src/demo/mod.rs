//! What only a demo has: a mailbox, a record of what the agent received, contracts to try.
//! None of it exists in a server that was not started as a demo.

mod contracts;
mod mailbox;
mod operators;
mod split;

use std::{io, path::Path};

pub use contracts::{CODE, DemoContract, contracts};
pub use mailbox::{KeptLetter, Mailbox};
pub use operators::OPERATORS;
pub use split::{AgentSide, Opened, Received, Split};

/// The demo's own state.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Where letters go instead of to a mail server.
    pub mailbox: Mailbox,
    /// What the agent received, for the split inspector.
    pub split: Split,
}

impl Demo {
    /// Opens what earlier runs of this demo left in `data_dir`.
    ///
    /// # Errors
    /// If the folder cannot be read or made.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        Ok(Self { mailbox: Mailbox::open(&data_dir.join("mailbox"))?, split: Split::default() })
    }
}
