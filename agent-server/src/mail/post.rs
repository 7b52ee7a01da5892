//! Sends letters: over real SMTP, or into the demo's mailbox. Called by the outbox driver alone,
//! never inside a transaction; sending the same posting twice keeps its Message-ID.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox as Correspondent, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
    transport::smtp,
};
use shared_protocol::Timestamp;

use super::Letter;
use crate::demo::Mailbox;

/// A letter in its envelope.
#[derive(Clone, Debug)]
pub struct Posting {
    /// Names it for good: the same on every try, so that no reader keeps it twice.
    pub id: String,
    /// The address that the shopper gave at enrolment.
    pub to: String,
    /// The sender's name that the reader sees, unless the settings name one.
    pub from_name: String,
    /// What it says.
    pub letter: Letter,
    /// When it is sent.
    pub now: Timestamp,
}

/// Whereto letters go.
#[derive(Clone, Debug)]
pub enum Mailer {
    /// A mail server.
    Smtp(SmtpMailer),
    /// The demo's mailbox; never outside a demo.
    Mailbox(Mailbox),
}

/// Why a letter was not sent. Its text is for the log: it holds no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// Worth another try: no connection, a full queue (4xx), our own sign-in.
    #[error("not now: {0}")]
    Temporary(String),
    /// Never for this address (5xx): the purchase cannot be confirmed (TRUST.md F08).
    #[error("never: {0}")]
    Permanent(String),
}

impl Mailer {
    /// Hands a letter over; `Ok` means that the other side has it.
    ///
    /// # Errors
    /// [`MailFault`].
    pub async fn send(&self, posting: &Posting) -> Result<(), MailFault> {
        match self {
            Self::Smtp(server) => server.send(posting).await,
            Self::Mailbox(mailbox) => {
                mailbox.keep(posting).map_err(|fault| MailFault::Temporary(fault.to_string()))
            }
        }
    }
}

/// How to reach the mail server, and in whose name.
#[derive(Clone)]
pub struct SmtpSettings {
    /// `smtp://host:port`, `smtps://user:password@host`, `smtp://host?tls=required` for STARTTLS.
    pub url: String,
    /// The sender, `address` or `Name <address>`; people answer to it.
    pub from: String,
    /// The agent's public host name: the right-hand side of every Message-ID.
    pub host: String,
}

/// A mail server to hand letters to. Cheap to clone.
#[derive(Clone)]
pub struct SmtpMailer(Arc<Inner>);

struct Inner {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Correspondent,
    host: String,
}

impl SmtpMailer {
    /// Prepares the way; connects to nothing yet.
    ///
    /// # Errors
    /// What is wrong with the settings, in words that hold no password.
    pub fn new(settings: &SmtpSettings) -> Result<Self, String> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .map_err(|_| "smtp.url is not an address like smtp://host:port".to_owned())?;
        let from = settings
            .from
            .parse()
            .map_err(|_| format!("smtp.from is not a mail address: {}", settings.from))?;
        let transport = builder.timeout(Some(PATIENCE)).build();
        Ok(Self(Arc::new(Inner { transport, from, host: settings.host.clone() })))
    }

    async fn send(&self, posting: &Posting) -> Result<(), MailFault> {
        let message = self.message(posting)?;
        // The transport's own timeout is for connecting alone.
        let sent = tokio::time::timeout(PATIENCE, self.0.transport.send(message)).await;
        let silent = |_| MailFault::Temporary("the mail server is silent".to_owned());
        sent.map_err(silent)?.map(drop).map_err(|error| fault(&error))
    }

    /// The letter as it goes over the wire.
    fn message(&self, posting: &Posting) -> Result<Message, MailFault> {
        let refused = |what: &str| MailFault::Permanent(what.to_owned());
        let to = posting.to.parse().map_err(|_| refused("the address is none"))?;
        let letter = &posting.letter;
        Message::builder()
            .message_id(Some(format!("<{}@{}>", posting.id, self.0.host)))
            .date(moment(posting.now))
            .from(self.sender(posting))
            .to(Correspondent::new(None, to))
            .subject(one_line(&letter.subject))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(|_| refused("the letter cannot be written as MIME"))
    }

    fn sender(&self, posting: &Posting) -> Correspondent {
        let name = self.0.from.name.clone().unwrap_or_else(|| posting.from_name.clone());
        Correspondent::new(Some(one_line(&name)), self.0.from.email.clone())
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpMailer")
    }
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpSettings")
    }
}

/// Tells other programs not to answer (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// A 5xx reply speaks of this letter and is final, unless it speaks of how we signed in
/// (RFC 4954 §6), which the operator will put right.
fn fault(error: &smtp::Error) -> MailFault {
    let code = error.status().map(u16::from);
    match code {
        Some(code) if error.is_permanent() && !SIGN_IN.contains(&code) => {
            MailFault::Permanent(format!("the mail server answered {code}"))
        }
        Some(code) => MailFault::Temporary(format!("the mail server answered {code}")),
        None if error.is_timeout() => MailFault::Temporary("the mail server is silent".to_owned()),
        None => MailFault::Temporary("the mail server cannot be reached".to_owned()),
    }
}

/// A shop's name could hold a line break, and a line break could begin another header.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn moment(now: Timestamp) -> SystemTime {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

const PATIENCE: Duration = Duration::from_secs(20);

const SIGN_IN: [u16; 5] = [530, 534, 535, 538, 454];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_goes_out_as_text_and_html_with_its_own_id_and_nothing_to_answer_by_machine() {
        let message = mailer().message(&posting("hanako@example.jp")).unwrap();
        let raw = String::from_utf8(message.formatted()).unwrap();
        let wanted = [
            "Message-ID: <out_7@agent.example>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "To: hanako@example.jp\r\n",
            "Date: Sun, 22 Nov 2026 06:40:00 +0000\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
            "MIME-Version: 1.0\r\n",
        ];
        for header in wanted {
            assert!(raw.contains(header), "{header} is not in\n{raw}");
        }
        assert!(raw.find("text/plain") < raw.find("text/html"));
    }

    #[test]
    fn trying_again_sends_the_same_message_id() {
        let id = |raw: Vec<u8>| {
            let raw = String::from_utf8(raw).unwrap();
            raw.lines().find(|line| line.starts_with("Message-ID")).unwrap().to_owned()
        };
        let posting = posting("hanako@example.jp");
        let mailer = mailer();
        let first = id(mailer.message(&posting).unwrap().formatted());
        let again = id(mailer.message(&posting).unwrap().formatted());
        assert_eq!(first, again);
    }

    #[test]
    fn no_address_or_subject_can_add_a_header() {
        let bad = mailer().message(&posting("a@example.jp\r\nBcc: b@example.jp"));
        assert!(matches!(bad, Err(MailFault::Permanent(_))));
        let mut posting = posting("hanako@example.jp");
        posting.letter.subject = "¥1\r\nBcc: b@example.jp".to_owned();
        posting.from_name = "Shop\r\nBcc: b@example.jp".to_owned();
        let raw = String::from_utf8(mailer().message(&posting).unwrap().formatted()).unwrap();
        let (head, _) = raw.split_once("\r\n\r\n").unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_a_passing_fault() {
        let settings = SmtpSettings { url: "smtp://127.0.0.1:1".to_owned(), ..settings() };
        let mailer = Mailer::Smtp(SmtpMailer::new(&settings).unwrap());
        let sent = mailer.send(&posting("hanako@example.jp")).await;
        assert!(matches!(sent, Err(MailFault::Temporary(_))), "{sent:?}");
    }

    #[tokio::test]
    async fn replies_tell_what_may_pass_later() {
        let cases = [
            ("451 try later", false),
            ("452 mailbox full", false),
            ("550 no such user", true),
            ("553 bad name", true),
        ];
        for (reply, is_final) in cases {
            let url = refusing_server(reply).await;
            let settings = SmtpSettings { url, ..settings() };
            let sent =
                SmtpMailer::new(&settings).unwrap().send(&posting("hanako@example.jp")).await;
            assert_eq!(matches!(sent, Err(MailFault::Permanent(_))), is_final, "{reply}: {sent:?}");
            assert!(!sent.unwrap_err().to_string().contains("hanako"));
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused_at_start() {
        for url in ["", "post", "http://post.example", "smtp://"] {
            let settings = SmtpSettings { url: url.to_owned(), ..settings() };
            assert!(SmtpMailer::new(&settings).is_err(), "{url}");
        }
        let settings = SmtpSettings { from: "nobody".to_owned(), ..settings() };
        assert!(SmtpMailer::new(&settings).is_err());
    }

    /// Speaks just enough SMTP to refuse one recipient.
    async fn refusing_server(reply: &'static str) -> String {
        use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 here\r\n").await.unwrap();
            while let Some(line) = lines.next_line().await.unwrap() {
                let answer = if line.starts_with("RCPT") { reply } else { "250 fine" };
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
        });
        format!("smtp://{address}")
    }

    fn mailer() -> SmtpMailer {
        SmtpMailer::new(&settings()).unwrap()
    }

    fn settings() -> SmtpSettings {
        SmtpSettings {
            url: "smtp://127.0.0.1:2525".to_owned(),
            from: "orders@agent.example".to_owned(),
            host: "agent.example".to_owned(),
        }
    }

    fn posting(to: &str) -> Posting {
        Posting {
            id: "out_7".to_owned(),
            to: to.to_owned(),
            from_name: "わりふ決済".to_owned(),
            letter: Letter {
                subject: "【要確認】山田茶舗 ¥3,850 のご注文".to_owned(),
                text: "急須\n".to_owned(),
                html: "<p>急須</p>".to_owned(),
                link: None,
            },
            now: Timestamp::from_millis(1_795_329_600_000),
        }
    }
}
