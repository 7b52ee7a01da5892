//! Chromium, its driver, and a Japanese font: what the browser tests look at pages with.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{Part, apt};
use crate::place::on_path;
use crate::program::{output, program};

pub const PART: Part = Part {
    name: "Chromium, chromedriver, a Japanese font",
    why: "the widget and whole purchases are tested in a real browser",
    missing,
    install,
};

/// The driver that the tests talk to: `CHROMEDRIVER`, or the one on PATH.
pub fn chromedriver() -> Option<PathBuf> {
    env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| on_path("chromedriver"))
}

fn missing() -> Option<String> {
    let Some(browser) = browser() else { return Some("no Chromium".into()) };
    let Some(driver) = chromedriver() else { return Some("no chromedriver".into()) };
    let (browser, driver) = (major(browser), major(driver));
    if browser.is_none() || browser != driver {
        return Some(format!("Chromium {browser:?} and chromedriver {driver:?} do not match"));
    }
    // Without fontconfig (macOS, say) the system brings its own fonts.
    let fonts = output(program("fc-list").args([":lang=ja", "family"]));
    match fonts.is_ok_and(|families| families.trim().is_empty()) {
        true => Some("no font for Japanese".into()),
        false => None,
    }
}

fn install() -> Result<()> {
    if !apt::exists() {
        bail!(
            "there is no apt on this machine; please install Chromium (or Chrome), the \
             chromedriver of the same version, and Noto Sans CJK, and put both on PATH"
        );
    }
    apt::install(&["chromium", "chromium-driver", "fonts-noto-cjk", "fontconfig"])
}

fn browser() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| on_path(name))
}

/// `156` of `Chromium 156.0.8078.79 built on …`.
fn major(binary: PathBuf) -> Option<u32> {
    major_in(&output(program(binary).arg("--version")).ok()?)
}

fn major_in(text: &str) -> Option<u32> {
    let version = text.split_whitespace().find(|word| word.starts_with(char::is_numeric))?;
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_either_program() {
        assert_eq!(major_in("Chromium 156.0.8078.79 built on Debian GNU/Linux 12"), Some(156));
        assert_eq!(major_in("ChromeDriver 99.1 (abc-refs/branch-heads/8078@{#1704})"), Some(99));
        assert_eq!(major_in("command not found"), None);
    }
}
