//! When the mail server says no (TRUST.md F08): later is another try, never is silence.

use std::sync::{Arc, Mutex};

use agent_server::config::SmtpConfig;
use shared_protocol::{PurchaseState, Span};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{market::Market, shopper::id};

/// A mail server that answers every recipient alike, and keeps what it takes.
#[derive(Clone, Default)]
struct MailServer {
    to_recipients: Arc<Mutex<String>>,
    asked: Arc<Mutex<usize>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    async fn open(reply: &str) -> (Self, String) {
        let server = Self::default();
        server.answer(reply);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let shared = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(shared.clone().speak(stream));
            }
        });
        (server, url)
    }

    fn answer(&self, reply: &str) {
        *self.to_recipients.lock().unwrap() = reply.into();
    }

    async fn speak(self, stream: TcpStream) -> std::io::Result<()> {
        let (from, mut to) = stream.into_split();
        let mut lines = BufReader::new(from).lines();
        to.write_all(b"220 mail.example\r\n").await?;
        while let Some(line) = lines.next_line().await? {
            let verb = line.split(' ').next().unwrap_or("").to_uppercase();
            let reply = match verb.as_str() {
                "EHLO" => "250 mail.example".into(),
                "RCPT" => {
                    *self.asked.lock().unwrap() += 1;
                    self.to_recipients.lock().unwrap().clone()
                }
                "DATA" => {
                    to.write_all(b"354 go on\r\n").await?;
                    let mut letter = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        letter.push_str(&line);
                        letter.push('\n');
                    }
                    self.taken.lock().unwrap().push(letter);
                    "250 taken".into()
                }
                "QUIT" => "221 bye".into(),
                _ => "250 ok".to_owned(),
            };
            to.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
        Ok(())
    }

    async fn wait(&self, done: impl Fn(&Self) -> bool) {
        for _ in 0..2400 {
            if done(self) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("{} asked, {} taken", self.asked.lock().unwrap(), self.taken.lock().unwrap().len());
    }
}

async fn market(url: String) -> Market {
    let from = "purchases@agent.example".into();
    Market::open_with(|config| config.smtp = Some(SmtpConfig { url, from })).await
}

#[tokio::test]
async fn a_letter_that_is_not_taken_now_is_taken_later_once() {
    let (server, url) = MailServer::open("451 try again").await;
    let market = market(url).await;
    let grant = market.accepted().await;
    server.wait(|server| *server.asked.lock().unwrap() > 0).await;
    assert_eq!(market.state(&id(&grant)).await, PurchaseState::Accepted);
    server.answer("250 ok");
    market.advance(Span::hours(1));
    server.wait(|server| !server.taken.lock().unwrap().is_empty()).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let taken = server.taken.lock().unwrap().clone();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].contains("Message-ID: <out_") && taken[0].contains("Auto-Submitted: auto"));
}

#[tokio::test]
async fn an_address_that_does_not_exist_cannot_confirm() {
    let (server, url) = MailServer::open("550 no such user").await;
    let market = market(url).await;
    let grant = market.accepted().await;
    market.wait_for_state(&id(&grant), PurchaseState::Expired).await;
    assert_eq!(market.reserved("01").await, 0);
    assert_eq!(market.merchant.notices(1).await[0].json()["type"], "purchase.expired");
    let dead = market.dead().await;
    assert_eq!(dead.last_fault.as_deref(), Some("never: the mail server answered 550"));
    assert!(server.taken.lock().unwrap().is_empty());
}
