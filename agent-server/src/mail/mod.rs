//! The letters to shoppers (Fig 13): text and HTML with the same content, in both languages.
//! They never hold a contract number (its last two digits only), an address, or a picture.

mod code;
mod post;
mod security;

use askama::Template;
use shared_protocol::{Amount, HandlingNumber, Locale, Localized, Timestamp};

use crate::{
    domain::plan::Bill,
    texts::{self, BillWords, Words},
};

pub use code::{CodeFacts, code_letter};
pub use post::{MailFault, Mailer, Posting, SmtpMailer, SmtpSettings};
pub use security::{SecurityFacts, security_letter};

/// What a letter is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// Asks the shopper for consent (step 64).
    Confirm {
        /// The confirmation page of this purchase.
        link: String,
        /// The six digits that lead there too.
        code: String,
        /// Until when it can be answered.
        deadline: Timestamp,
    },
    /// Says that the order is complete: by a passkey's consent, which leaves nothing to ask (¶61).
    Confirmed,
    /// Says that the shopper has called it off and nothing was charged.
    Cancelled,
    /// Says that nobody answered in time and nothing was charged (¶60).
    Expired,
    /// Says that the seller did not take the order in time and nothing was charged.
    Lapsed,
    /// Says that the seller does not take the order and nothing was charged.
    Refused,
    /// Says that the money could not be sent, or came back, and is in the account.
    NotTransferred,
    /// Says that it came back once the shop had shipped, which is not paid.
    SentBack,
}

/// What every letter says about its purchase.
#[derive(Clone, Debug)]
pub struct LetterFacts {
    /// The agent's name.
    pub agent: Localized,
    /// The shop's name.
    pub shop: Localized,
    /// The goods; empty where the agent saw only their digest.
    pub item: Localized,
    /// How many.
    pub quantity: u32,
    /// What is paid to the shop.
    pub amount: Amount,
    /// What the shopper owes for it, and when.
    pub bill: Bill,
    /// The purchase's handling number.
    pub number: HandlingNumber,
    /// The last two digits of the contract number.
    pub contract_last2: String,
}

/// A letter, ready but for its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its subject line.
    pub subject: String,
    /// All of it as plain text, LF between lines.
    pub text: String,
    /// All of it as HTML.
    pub html: String,
    /// The page that it asks to open, if any.
    pub link: Option<String>,
}

/// Writes the letter of this kind about this purchase.
pub fn letter(kind: &LetterKind, facts: &LetterFacts, locale: Locale) -> Letter {
    let lines = Lines::new(facts, Words::of(locale));
    match kind {
        LetterKind::Confirm { link, code, deadline } => lines.question(link, code, *deadline),
        LetterKind::Confirmed => lines.outcome("mail_confirmed.subject", "mail_confirmed.body"),
        LetterKind::Cancelled => lines.outcome("mail_cancelled.subject", "mail_cancelled.body"),
        LetterKind::Expired => lines.outcome("mail_expired.subject", "mail_expired.body"),
        LetterKind::Lapsed => lines.outcome("mail_expired.subject", "mail_lapsed.body"),
        LetterKind::Refused => lines.outcome("mail_expired.subject", "mail_refused.body"),
        LetterKind::NotTransferred => lines.outcome("mail_expired.subject", "mail_unsent.body"),
        LetterKind::SentBack => lines.outcome("mail_sent_back.subject", "mail_sent_back.body"),
    }
}

/// The facts as they are said in one language.
struct Lines<'a> {
    w: Words,
    agent: &'a str,
    shop: &'a str,
    what: String,
    amount: String,
    bill: BillWords,
    number: String,
    contract: String,
}

impl<'a> Lines<'a> {
    fn new(facts: &'a LetterFacts, w: Words) -> Self {
        let locale = w.locale();
        let shop = facts.shop.get(locale);
        let count = facts.quantity.to_string();
        let item = facts.item.get(locale);
        let what = match item.is_empty() {
            true => shop.to_owned(),
            false => w.fill("mail.what_value", &[("shop", shop), ("item", item), ("n", &count)]),
        };
        Self {
            w,
            agent: facts.agent.get(locale),
            shop,
            what,
            amount: texts::amount(facts.amount),
            bill: BillWords::new(&facts.bill, w),
            number: facts.number.to_string(),
            contract: w.fill("mail.contract_value", &[("last2", &facts.contract_last2)]),
        }
    }

    fn question(&self, link: &str, code: &str, deadline: Timestamp) -> Letter {
        let deadline = texts::minute(deadline, self.w.locale());
        let by = self.w.fill("mail.by_value", &[("deadline", &deadline)]);
        let page = link.rsplit_once('/').map_or(link, |(page, _)| page);
        let by_code = self.w.fill("mail.code", &[("page", page)]);
        let subject = self.subject("mail.subject");
        let greeting = self.w.fill("mail.greeting", &[("agent", self.agent)]);
        let text = QuestionText {
            lines: self,
            greeting: &greeting,
            by: &by,
            link,
            by_code: &by_code,
            code,
        };
        let html = QuestionHtml {
            lines: self,
            subject: &subject,
            greeting: &greeting,
            by: &by,
            link,
            by_code: &by_code,
            code,
        };
        let (text, html) = (written(&text), written(&html));
        Letter { subject, text, html, link: Some(link.to_owned()) }
    }

    fn outcome(&self, subject: &'static str, body: &'static str) -> Letter {
        let subject = self.subject(subject);
        let body = self.w.fill(body, &[("shop", self.shop)]);
        let text = written(&OutcomeText { lines: self, body: &body });
        let html = written(&OutcomeHtml { lines: self, subject: &subject, body: &body });
        Letter { subject, text, html, link: None }
    }

    fn subject(&self, key: &'static str) -> String {
        let values = [("shop", self.shop), ("amount", &self.amount), ("number", &self.number)];
        self.w.fill(key, &values)
    }

    /// "金額：¥3,850", "How much: ¥3,850".
    fn labelled(&self, label: &'static str, value: &str) -> String {
        let values = [("label", self.w.get(label)), ("value", value)];
        self.w.fill("letter.label_value", &values)
    }
}

/// The template's text.
fn written(template: &impl Template) -> String {
    template.render().expect("a letter is written to memory") + "\n"
}

#[derive(Template)]
#[template(path = "mail/question.txt")]
struct QuestionText<'a> {
    lines: &'a Lines<'a>,
    greeting: &'a str,
    by: &'a str,
    link: &'a str,
    by_code: &'a str,
    code: &'a str,
}

#[derive(Template)]
#[template(path = "mail/question.html")]
struct QuestionHtml<'a> {
    lines: &'a Lines<'a>,
    subject: &'a str,
    greeting: &'a str,
    by: &'a str,
    link: &'a str,
    by_code: &'a str,
    code: &'a str,
}

#[derive(Template)]
#[template(path = "mail/outcome.txt")]
struct OutcomeText<'a> {
    lines: &'a Lines<'a>,
    body: &'a str,
}

#[derive(Template)]
#[template(path = "mail/outcome.html")]
struct OutcomeHtml<'a> {
    lines: &'a Lines<'a>,
    subject: &'a str,
    body: &'a str,
}

#[cfg(test)]
mod tests;
