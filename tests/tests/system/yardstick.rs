//! The yardstick's table in the README is what happens when the systems are played.

use std::{env, fs};

use whole_system::{Result, place, yardstick};

// Sellers without a server ask the agent by commands, before which this program's tap stands.
#[tokio::test(flavor = "multi_thread")]
async fn the_readme_shows_what_happens() -> Result {
    let table = yardstick::table(&yardstick::play().await?);
    let file = place::root().join("README.md");
    let readme = fs::read_to_string(&file)?;
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for the table");
    let (shown, after) = rest.split_once(END).expect("the place ends");
    if env::var_os("WARIFU_UPDATE").is_some() {
        fs::write(file, [before, BEGIN, "\n", &table, END, after].concat())?;
        return Ok(());
    }
    assert_eq!(shown.trim(), table.trim(), "WARIFU_UPDATE=1 writes it anew");
    Ok(())
}

const BEGIN: &str = "<!-- begin yardstick -->";
const END: &str = "<!-- end yardstick -->";
