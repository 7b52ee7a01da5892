//! The letters by which shoppers learn what was done to their contract: a passkey added, a code
//! changed, a number replaced or stopped. Each says what to do if it was somebody else.

use shared_protocol::Locale;

use super::{Letter, code::Lines};
use crate::{domain::errand::SecurityLetter, texts::Words};

/// What these letters say.
pub struct SecurityFacts<'a> {
    /// The agent's name.
    pub agent: &'a str,
    /// The last two digits of the contract number.
    pub last2: &'a str,
    /// Where the number is stopped and replaced.
    pub page: &'a str,
}

/// Writes the letter of this kind.
pub fn security_letter(kind: SecurityLetter, facts: &SecurityFacts<'_>, locale: Locale) -> Letter {
    let w = Words::of(locale);
    let [subject, body, close] = match kind {
        SecurityLetter::PasskeyAdded => {
            ["notice_mail.passkey_subject", "notice_mail.passkey", "notice_mail.not_you"]
        }
        SecurityLetter::CodeChanged => {
            ["notice_mail.code_subject", "notice_mail.code", "notice_mail.not_you"]
        }
        SecurityLetter::NumberReplaced => {
            ["notice_mail.number_subject", "notice_mail.number", "notice_mail.not_you"]
        }
        SecurityLetter::NumberStopped => {
            ["notice_mail.stopped_subject", "notice_mail.stopped", "notice_mail.stopped_next"]
        }
    };
    let names = [("agent", facts.agent), ("last2", facts.last2)];
    let lines = Lines {
        w,
        agent: facts.agent,
        body: w.fill(body, &names),
        code: None,
        by: String::new(),
        link: Some((facts.page, w.get("notice_mail.open"))),
        close: w.get(close),
    };
    lines.letter(w.fill(subject, &names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_names_the_contract_by_two_digits_and_the_page_to_act_on() {
        let page = "https://agent.example/me/number";
        let facts = SecurityFacts { agent: "割符<決済>", last2: "42", page };
        let kinds = [
            SecurityLetter::PasskeyAdded,
            SecurityLetter::CodeChanged,
            SecurityLetter::NumberReplaced,
            SecurityLetter::NumberStopped,
        ];
        for locale in Locale::ALL {
            let letters = kinds.map(|kind| security_letter(kind, &facts, locale));
            for letter in &letters {
                for part in [&letter.text, &letter.html] {
                    assert!(part.contains("42") && part.contains(page), "{part}");
                }
                assert!(!letter.html.contains("<決済>"), "names are escaped");
            }
            let subjects: std::collections::BTreeSet<_> =
                letters.iter().map(|letter| &letter.subject).collect();
            assert_eq!(subjects.len(), kinds.len(), "told apart in the list of letters");
        }
    }
}
