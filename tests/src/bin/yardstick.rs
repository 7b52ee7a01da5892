//! Plays the seed's systems of before and the configurations of this one over the same purchases,
//! and prints who learned and paid what as one table.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use whole_system::{Result, yardstick};

#[tokio::main]
async fn main() -> Result {
    print!("{}", yardstick::table(&yardstick::play().await?));
    Ok(())
}
