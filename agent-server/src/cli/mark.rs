//! `agent-server mark verify FILE`: what a picture of a Mark proves, by our own keys and database,
//! or by asking another agent.

use std::{fs, path::PathBuf};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use clap::Subcommand;
use serde_json::{Value, json};
use shared_protocol::{Locale, Localized, Mark, Problem, Signed, Verified, VerifyingKey};

use super::{Place, Said, say::Report};
use crate::{
    clock::{Clock as _, SystemClock},
    domain::{
        lookalike,
        mark::{self, Known},
    },
    keys::AgentKeyring,
    marks::reader,
    outside, texts,
};

/// Pictures of Marks.
#[derive(Subcommand)]
pub enum Marks {
    /// Say who vouches for whom in a picture that was kept, and whether it still counts
    Verify {
        /// A PNG or an SVG
        file: PathBuf,
        /// The page on which it was found, for example https://shop.example
        #[arg(long)]
        origin: Option<String>,
        /// Ask this agent for its keys and whether it has taken the Mark back
        #[arg(long, value_name = "URL")]
        agent: Option<String>,
    },
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

impl Marks {
    /// Runs it.
    pub async fn run(&self, place: &Place) -> Said {
        let Self::Verify { file, origin, agent } = self;
        let picture = fs::read(file).map_err(|fault| format!("{}: {fault}", file.display()))?;
        let signed = match reader::found(&picture) {
            Ok(signed) => signed,
            Err(problem) => return Ok(bad(problem)),
        };
        let judged = match agent {
            Some(agent) => asked(agent, &signed, origin.as_deref()).await?,
            None => own(place, &signed, origin.as_deref()).await?,
        };
        Ok(match judged {
            Ok((mark, worth)) => report(&mark, worth),
            Err(problem) => bad(problem),
        })
    }
}

type Judged = Result<(Verified<Mark>, Result<(), Problem>), Problem>;

/// By our own keys, and what our database knows.
async fn own(place: &Place, signed: &Signed<Mark>, origin: Option<&str>) -> Result<Judged, Fault> {
    let keys = AgentKeyring::load(&place.settings(None)?.keys_dir())?;
    let mark = match keys.verify_own(signed) {
        Ok(mark) => mark,
        Err(problem) => return Ok(Err(problem)),
    };
    let store = place.store().await?;
    let merchant = store.known_merchant(&mark.merchant).await?;
    let revoked = store.revoked_serial(&mark.merchant).await?;
    store.close().await;
    let known = Known { merchant: merchant.as_ref(), revoked };
    let worth = mark::check(&mark, known, origin, SystemClock.now());
    Ok(Ok((mark, worth)))
}

/// By the keys that the agent at this address publishes, and by what it says of the merchant.
async fn asked(url: &str, signed: &Signed<Mark>, origin: Option<&str>) -> Result<Judged, Fault> {
    let url = url.trim_end_matches('/');
    let published = get(&format!("{url}/.well-known/warifu")).await?;
    let keys = published["verifying_keys"].as_array().into_iter().flatten();
    let keys = keys.filter_map(|key| BASE64URL.decode(key.as_str()?).ok());
    let mut keys = keys.filter_map(|key| VerifyingKey::try_from(key.as_slice()).ok());
    let Some(mark) = keys.find_map(|key| signed.verify(&key).ok()) else {
        return Ok(Err(Problem::MarkInvalid));
    };
    let says = get(&format!("{url}/v1/marks/{}", mark.merchant)).await?;
    let said = says["code"].as_str().and_then(Problem::from_code);
    let worth = said.map_or(Ok(()), Err).and_then(|()| mark.check_valid(SystemClock.now()));
    let worth = worth.and_then(|()| match origin {
        Some(origin) => lookalike::check(origin, &mark.origins),
        None => Ok(()),
    });
    Ok(Ok((mark, worth)))
}

/// What is there, if it is JSON.
async fn get(url: &str) -> Result<Value, Fault> {
    let answer = outside::client().get(url).send().await?;
    let body = outside::body(answer, BODY_MAX).await.ok_or("the agent's answer is too long")?;
    Ok(serde_json::from_slice(&body).unwrap_or(Value::Null))
}

fn report(mark: &Mark, worth: Result<(), Problem>) -> Report {
    let both = |text: &Localized| format!("{} / {}", text.ja, text.en);
    let state = match worth {
        Ok(()) => "genuine, and good now".into(),
        Err(problem) => format!("genuine, but: {}", problem.text(Locale::En)),
    };
    let lines = vec![
        state,
        format!("vouched by  {} ({})", both(&mark.agent_name), mark.agent),
        format!("for         {} ({})", both(&mark.name), mark.merchant),
        format!("seller      {}", both(&mark.legal_notice)),
        format!("on          {}", mark.origins.join(" ")),
        format!("from        {}", texts::minute(mark.valid_from, Locale::En)),
        format!("until       {}", texts::minute(mark.valid_until, Locale::En)),
        format!("serial      {}", mark.serial),
    ];
    let json = json!({
        "genuine": true,
        "good": worth.is_ok(),
        "problem": worth.err().map(Problem::code),
        "agent": mark.agent.as_str(),
        "agent_name": { "ja": mark.agent_name.ja, "en": mark.agent_name.en },
        "merchant": mark.merchant.as_str(),
        "name": { "ja": mark.name.ja, "en": mark.name.en },
        "legal_notice": { "ja": mark.legal_notice.ja, "en": mark.legal_notice.en },
        "origins": mark.origins,
        "valid_from": mark.valid_from.as_secs(),
        "valid_until": mark.valid_until.as_secs(),
        "serial": mark.serial,
    });
    Report { is_good: worth.is_ok(), ..Report::new(lines, json) }
}

fn bad(problem: Problem) -> Report {
    let line = format!("not genuine: {}", problem.text(Locale::En));
    let json = json!({ "genuine": false, "good": false, "problem": problem.code() });
    Report { is_good: false, ..Report::line(line, json) }
}

const BODY_MAX: usize = 64 * 1024;
