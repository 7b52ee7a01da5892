//! The figures: one JSON line each, with a floor measured or known for the same machine and run.
//! What was not measured is not printed.

mod databases;
mod grants;
mod measured;
mod widget;

use anyhow::Result;
use argh::FromArgs;
use serde_json::{Value, json};

use crate::{say, setup};

/// Measure, and print one JSON line per figure.
#[derive(FromArgs)]
#[argh(subcommand, name = "bench")]
pub struct BenchJob {
    /// only this group: widget, grants or databases
    #[argh(positional)]
    group: Option<String>,
    /// of databases: how many purchases are stored, 10000 unless said; several times is several
    #[argh(option)]
    size: Vec<u64>,
}

/// One measured number. A module per group makes them.
pub struct Figure {
    /// What was measured, as `group.what`.
    pub name: String,
    /// The number itself.
    pub value: Value,
    /// What it counts.
    pub unit: String,
    /// What cannot be beaten here, from the same run where it is a time or a rate.
    pub floor: Value,
    /// `value / floor`, or null without a floor.
    pub ratio: Value,
}

type Group = (&'static str, fn(&BenchJob) -> Result<Vec<Figure>>);

const GROUPS: &[Group] = &[
    ("widget", |_| widget::figures()),
    ("grants", |_| grants::figures()),
    ("databases", |job| databases::figures(&job.size)),
];

/// `cargo xtask bench`
pub fn run(job: &BenchJob) -> Result<()> {
    setup::ensure(setup::FOR_BENCH)?;
    let wanted = |group: &&Group| job.group.as_deref().is_none_or(|name| name == group.0);
    let mut measured = 0;
    for (_, figures) in GROUPS.iter().filter(wanted) {
        for figure in figures(job)? {
            measured += 1;
            say::line(&figure.to_json());
        }
    }
    anyhow::ensure!(measured > 0, "no such group: there are widget, grants and databases");
    Ok(())
}

impl Figure {
    /// A count of something, with what it must be compared to.
    #[expect(clippy::float_arithmetic, reason = "a ratio for people, never money")]
    pub fn count(name: &str, value: u64, unit: &str, floor: Option<u64>) -> Self {
        let ratio = floor.map(|floor| (value as f64 / floor as f64 * 1000.0).round() / 1000.0);
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Self { name, value: json!(value), unit, floor: json!(floor), ratio: json!(ratio) }
    }

    /// Written by hand, as the order of the keys helps the reader.
    fn to_json(&self) -> String {
        let Self { name, value, unit, floor, ratio } = self;
        let (name, unit) = (json!(name), json!(unit));
        format!(
            "{{\"name\":{name},\"value\":{value},\"unit\":{unit},\
             \"floor\":{floor},\"ratio\":{ratio}}}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_line_of_json_with_its_ratio() {
        let line = Figure::count("a.b", 33, "bytes", Some(22)).to_json();
        assert_eq!(line, r#"{"name":"a.b","value":33,"unit":"bytes","floor":22,"ratio":1.5}"#);
        assert!(serde_json::from_str::<Value>(&line).is_ok());
        assert!(Figure::count("a.b", 33, "bytes", None).to_json().contains("\"ratio\":null"));
    }
}
