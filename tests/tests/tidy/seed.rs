//! The seed as a checklist (`docs/SEED.md`): under claims, architecture, flows, screens, variants,
//! timeouts and effects every line names the tests that show it, and they are there.

/// Parts of the page whose lines only tell of what was before.
const BEFORE: [&str; 2] = ["## 2 ", "## 3 "];

/// A line of the checklist.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// What the seed says.
    pub says: &'a str,
    /// What stands below it.
    pub shown: &'a str,
}

/// The lines that must be shown.
pub fn lines(page: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut is_before = false;
    let mut rest = page.lines().peekable();
    while let Some(line) = rest.next() {
        if line.starts_with("## ") {
            is_before = BEFORE.iter().any(|part| line.starts_with(part));
        }
        let Some(says) = line.strip_prefix("- ").filter(|_| !is_before) else { continue };
        let shown = rest.next_if(|next| next.starts_with("  ")).unwrap_or_default().trim();
        found.push(Line { says, shown });
    }
    found
}

/// Lines that name no test, or one that is not there.
pub fn offences(page: &str, tests: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in lines(page) {
        let named: Vec<_> = line.shown.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            wrong.push(format!("no test shows: {}", line.says));
        }
        let missing = named.iter().filter(|name| !tests.iter().any(|test| test == *name));
        wrong.extend(missing.map(|name| format!("{name} is not there: {}", line.says)));
    }
    wrong
}
