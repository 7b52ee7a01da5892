//! The letters by which somebody shows that an address is theirs: a code of six digits, or, where
//! there is nothing to enrol for, a word that somebody tried.

use askama::Template;
use shared_protocol::Locale;

use super::{Letter, written};
use crate::{domain::errand::CodeLetter, texts::Words};

/// What these letters say.
pub struct CodeFacts<'a> {
    /// The agent's name.
    pub agent: &'a str,
    /// Six digits.
    pub code: &'a str,
    /// How long they can be typed.
    pub minutes: i64,
    /// Where somebody with a contract signs in.
    pub sign_in: &'a str,
}

/// Writes the letter of this kind.
pub fn code_letter(kind: CodeLetter, facts: &CodeFacts<'_>, locale: Locale) -> Letter {
    let w = Words::of(locale);
    let [subject, body, close] = match kind {
        CodeLetter::Enrol => ["code_mail.subject", "code_mail.enrol", "code_mail.not_you"],
        CodeLetter::SignIn => ["code_mail.subject", "code_mail.sign_in", "code_mail.not_you_in"],
        CodeLetter::Known => ["code_mail.known_subject", "code_mail.known", "code_mail.not_you"],
    };
    let has_code = kind != CodeLetter::Known;
    let minutes = facts.minutes.to_string();
    let names = [("agent", facts.agent), ("code", facts.code), ("minutes", minutes.as_str())];
    let subject = w.fill(subject, &names);
    let lines = Lines {
        w,
        agent: facts.agent,
        body: w.fill(body, &names),
        code: has_code.then_some(facts.code),
        by: w.fill("code_mail.by", &names),
        link: (!has_code).then_some((facts.sign_in, w.get("sign_in.enter"))),
        close: w.get(close),
    };
    lines.letter(subject)
}

/// A short letter in one language: what it is about, perhaps a code, perhaps a page, what else.
pub(super) struct Lines<'a> {
    pub w: Words,
    pub agent: &'a str,
    pub body: String,
    pub code: Option<&'a str>,
    /// Until when the code can be typed.
    pub by: String,
    /// A page, and what the button that leads there says.
    pub link: Option<(&'a str, &'static str)>,
    pub close: &'static str,
}

impl Lines<'_> {
    /// With this subject line.
    pub fn letter(&self, subject: String) -> Letter {
        let text = written(&CodeText { lines: self });
        let html = written(&CodeHtml { lines: self, subject: &subject });
        Letter { subject, text, html, link: None }
    }
}

#[derive(Template)]
#[template(path = "mail/code.txt")]
struct CodeText<'a> {
    lines: &'a Lines<'a>,
}

#[derive(Template)]
#[template(path = "mail/code.html")]
struct CodeHtml<'a> {
    lines: &'a Lines<'a>,
    subject: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: CodeFacts<'_> = CodeFacts {
        agent: "割符<決済>",
        code: "042917",
        minutes: 15,
        sign_in: "https://agent.example/sign-in",
    };

    #[test]
    fn text_and_html_hold_the_same_code_and_load_nothing() {
        for (kind, has_code) in
            [(CodeLetter::Enrol, true), (CodeLetter::SignIn, true), (CodeLetter::Known, false)]
        {
            for locale in Locale::ALL {
                let letter = code_letter(kind, &FACTS, locale);
                for part in [&letter.subject, &letter.text, &letter.html] {
                    assert_eq!(part.contains("042917"), has_code, "{kind:?} {part}");
                }
                assert_eq!(letter.text.contains(FACTS.sign_in), !has_code);
                assert_eq!(letter.html.contains(FACTS.sign_in), !has_code);
                assert!(!letter.html.contains("<決済>"), "names are escaped");
                for loaded in ["<img", "<script", "src=\"", "<link", "url("] {
                    assert!(!letter.html.contains(loaded), "{loaded}");
                }
                assert_eq!(letter.link, None, "nothing to click where digits are to be typed");
            }
        }
    }
}
