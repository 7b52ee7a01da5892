//! The workshop: set-up, demo, test, bench.
fn main() {}
