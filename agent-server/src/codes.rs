//! Runs the slow comparison of security codes: off the threads that answer requests, and only so
//! many at a time, so that guesses neither fill the memory nor slow down a rush.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::{
    domain::code::{CodeCost, CodeHash, CodeMac, Verdict, verify},
    entropy::Entropy,
};

/// Hashes and compares codes.
pub struct Codes {
    cost: CodeCost,
    entropy: Entropy,
    nobody: Arc<CodeHash>,
    places: Arc<Semaphore>,
}

impl Codes {
    /// At this cost, so many at a time.
    pub fn new(cost: CodeCost, at_once: usize, entropy: Entropy) -> Self {
        // Of nobody's code: all bits are random.
        let nobody = CodeHash::new(&entropy.bytes::<32>().into(), cost, entropy.bytes());
        let places = Arc::new(Semaphore::new(at_once.max(1)));
        Self { cost, entropy, nobody: Arc::new(nobody), places }
    }

    /// What to store of a code.
    pub async fn hash(&self, code_mac: CodeMac) -> CodeHash {
        let (cost, salt) = (self.cost, self.entropy.bytes());
        self.run(move || CodeHash::new(&code_mac, cost, salt)).await
    }

    /// Compares a code with what is stored, if anything is.
    pub async fn check(&self, code_mac: CodeMac, stored: Option<CodeHash>) -> Verdict {
        let nobody = self.nobody.clone();
        self.run(move || verify(&code_mac, stored.as_ref(), &nobody)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let place = self.places.clone().acquire_owned().await.expect("it is never closed");
        let done = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, also when the caller has gone away meanwhile.
            let _place = place;
            work()
        });
        done.await.expect("argon2id does not panic")
    }
}
