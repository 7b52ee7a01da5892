//! One audit at a time: it reads all there is.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an audit is running in this process.
#[derive(Debug, Default)]
pub struct Running(AtomicBool);

impl Running {
    /// Whether one is.
    pub fn is_running(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Notes that one begins; `false` if one is running.
    pub fn begins(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// Notes that it has ended.
    pub fn ends(&self) {
        self.0.store(false, Ordering::Release);
    }
}
