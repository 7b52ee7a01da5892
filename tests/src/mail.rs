//! The SMTP peer (aiosmtpd, a real server) and the letters that it received.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::{Result, place};

/// An SMTP server that keeps what it gets.
pub struct Post {
    folder: TempDir,
    child: Option<Child>,
    /// Where it listens, `smtp://127.0.0.1:…`.
    pub url: String,
}

/// What a mail server does with letters, other than to take them.
#[derive(Clone, Copy, Debug)]
pub enum Mood<'a> {
    /// Refuses every recipient with this reply.
    Refuses(&'a str),
    /// Refuses the next recipient.
    RefusesOnce(&'a str),
    /// Says that it has them, and has not.
    Loses,
    /// Has the next one, and says nothing for so many seconds.
    SlowOnce(u32),
}

impl Post {
    /// Starts one on a free port.
    pub fn start() -> Result<Self> {
        let mut post = Self { folder: tempfile::tempdir()?, child: None, url: ANY_PORT.into() };
        post.start_again()?;
        Ok(post)
    }

    /// Starts it where it was before, with the letters that it has.
    pub fn start_again(&mut self) -> Result {
        let python = place::tool("smtp/bin/python");
        let port = self.url.rsplit(':').next().context("a port")?;
        let mut child = Command::new(&python)
            .arg(place::root().join("tests/smtp_peer.py"))
            .arg(self.folder.path())
            .arg(port)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} is missing: run `cargo xtask setup`", python.display()))?;
        let mut port = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut port)?;
        self.url = format!("smtp://127.0.0.1:{}", port.trim());
        self.child = Some(child);
        Ok(())
    }

    /// Nobody listens there any more.
    pub fn stop(&mut self) -> Result {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// From now on it does so.
    pub fn begin(&self, mood: Mood<'_>) -> Result {
        let (file, says) = match mood {
            Mood::Refuses(reply) => ("refuse", reply.to_owned()),
            Mood::RefusesOnce(reply) => ("refuse-once", reply.to_owned()),
            Mood::Loses => ("lose", "yes".to_owned()),
            Mood::SlowOnce(time) => ("slow", time.to_string()),
        };
        Ok(fs::write(self.folder.path().join(file), says)?)
    }

    /// From now on it takes letters again.
    pub fn recover(&self) -> Result {
        for mood in ["refuse", "refuse-once", "lose", "slow"] {
            match fs::remove_file(self.folder.path().join(mood)) {
                Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => {
                    return Err(fault.into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// All letters so far, oldest first, as they came over the wire.
    pub fn letters(&self) -> Result<Vec<Letter>> {
        self.files()?.iter().map(|file| Ok(Letter { raw: fs::read(file)? })).collect()
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.folder.path())?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        files.retain(|file| file.extension().is_some_and(|kind| kind == "eml"));
        files.sort();
        Ok(files)
    }

    /// Those that came after the last one that was seen, oldest first.
    pub fn letters_since(&self, seen: &mut Option<PathBuf>) -> Result<Vec<Letter>> {
        let mut files = self.files()?;
        files.retain(|file| Some(file) > seen.as_ref());
        if let Some(last) = files.last() {
            *seen = Some(last.clone());
        }
        files.iter().map(|file| Ok(Letter { raw: fs::read(file)? })).collect()
    }

    /// Waits until there are `count` letters and returns the last of them.
    pub async fn wait_for(&self, count: usize) -> Result<Letter> {
        for _ in 0..600 {
            let mut letters = self.letters()?;
            if letters.len() >= count {
                return Ok(letters.swap_remove(count - 1));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("only {} of {count} letters came", self.letters()?.len())
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.stop().ok();
    }
}

/// One letter as it came over the wire.
pub struct Letter {
    /// Header and body.
    pub raw: Vec<u8>,
}

impl Letter {
    /// The letter with quoted-printable and base64 parts made readable, for looking things up.
    pub fn text(&self) -> String {
        let raw = String::from_utf8_lossy(&self.raw).replace("\r\n", "\n");
        let mut readable = String::new();
        for part in raw.split("\n\n") {
            readable.push_str(&decoded(part));
            readable.push_str("\n\n");
        }
        readable
    }

    /// What names it for good (RFC 5322 §3.6.4).
    pub fn message_id(&self) -> Option<String> {
        let raw = String::from_utf8_lossy(&self.raw).into_owned();
        let mut lines = raw.lines().map(str::to_lowercase);
        lines.find(|line| line.starts_with("message-id:"))
    }

    /// The six digits on a line of their own.
    pub fn code(&self) -> Result<String> {
        let text = self.text();
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|b| b.is_ascii_digit());
        let code = text.lines().map(str::trim).find(is_code);
        code.map(String::from).with_context(|| format!("no code in the letter:\n{text}"))
    }

    /// The address of the confirmation page in it.
    pub fn confirm_link(&self) -> Result<String> {
        let text = self.text();
        let start = text.find("/confirm/").context("no confirmation link in the letter")?;
        let head = text[..start].rfind("http").context("no address before /confirm/")?;
        let tail = text[start..]
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | ')'))
            .map_or(text.len(), |end| start + end);
        Ok(text[head..tail].to_string())
    }
}

/// A part as base64 or quoted-printable if it is such, else as it is.
fn decoded(part: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let (body, boundary) = part.split_once("\n--").unwrap_or((part, ""));
    let joined: String = body.split_whitespace().collect();
    let base64 = joined.len() > 40 && !body.trim().contains(' ');
    if let Some(text) =
        base64.then(|| STANDARD.decode(&joined).ok()).flatten().map(String::from_utf8)
    {
        return [&text.unwrap_or_default(), "\n--", boundary].concat();
    }
    quoted_printable(part)
}

fn quoted_printable(part: &str) -> String {
    let joined = part.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        let pair = tail.first_chunk::<2>().and_then(|pair| str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if *byte == b'=' => {
                bytes.push(value);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const ANY_PORT: &str = "smtp://127.0.0.1:0";
