//! What the workshop tells the person at the terminal: plain lines, no colours to switch off.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// One line. A reader that went away (`| head`) is not an error.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The one line a part of the set-up prints before it works: what and why.
pub fn need(what: &str, why: &str) {
    line(&format!("setup  {what}: {why}"));
}

/// A sign of life of a long step. On a terminal it overwrites itself.
pub fn progress(text: &str) {
    let mut out = std::io::stdout().lock();
    let shown: String = text.chars().take(100).collect();
    let _ = match std::io::stdout().is_terminal() {
        true => write!(out, "\r\x1b[2K{shown}"),
        false => writeln!(out, "{shown}"),
    };
    let _ = out.flush();
}

/// Ends a line that `progress` may have left open.
pub fn progress_done(text: &str) {
    match std::io::stdout().is_terminal() {
        true => line(&format!("\r\x1b[2K{text}")),
        false => line(text),
    }
}

/// How often a long step should speak: every second to a person, rarely into a log.
pub fn progress_pause() -> Duration {
    match std::io::stdout().is_terminal() {
        true => Duration::from_secs(1),
        false => Duration::from_secs(20),
    }
}

/// An error with its causes, on standard error.
pub fn trouble(trouble: &anyhow::Error) {
    let _ = writeln!(std::io::stderr(), "xtask: {trouble:#}");
}

/// `0.8 s`, `42 s`, `3 m 05 s`.
pub fn duration(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} m {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_writes_them() {
        assert_eq!(duration(Duration::from_millis(840)), "0.8 s");
        assert_eq!(duration(Duration::from_secs(42)), "42 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 m 05 s");
    }
}
