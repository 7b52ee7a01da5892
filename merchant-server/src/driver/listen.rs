//! Brings the agent's webhooks to a shop on a developer's machine, which needs no address of its
//! own: asks for them, and hands them on with the headers that they would have had.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url, redirect};

use super::agent::{AgentClient, ToldEvent};
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::Keyring;

/// Hands on what the agent tells.
pub struct Listener {
    agent: AgentClient,
    keys: Keyring,
    config: Config,
    client: Client,
    forward_to: Url,
    after: i64,
}

/// What became of one event.
#[derive(Debug)]
pub struct Forwarded {
    /// The event.
    pub event: ToldEvent,
    /// What the shop answered; `None`: nothing.
    pub status: Option<u16>,
}

impl Listener {
    /// Begins after event `after`; `None`: with the next one that comes.
    ///
    /// # Errors
    /// In words for the shop's developer.
    pub async fn open(
        config: Config,
        forward_to: Url,
        after: Option<i64>,
        clock: &dyn Clock,
    ) -> anyhow::Result<Self> {
        let keys = Keyring::load(&config.keys_dir())?;
        let agent = AgentClient::new(config.agent.url.clone())?;
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()?;
        let after = after.unwrap_or(FROM_NOW_ON);
        let mut listener = Self { agent, keys, config, client, forward_to, after };
        if after == FROM_NOW_ON {
            listener.next(clock).await?;
        }
        Ok(listener)
    }

    /// After which event it is asked next.
    pub fn after(&self) -> i64 {
        self.after
    }

    /// Asks once, and hands on what came. Whatever the shop answers, the next is asked for then.
    ///
    /// # Errors
    /// If the agent does not answer; asking again may help.
    pub async fn next(&mut self, clock: &dyn Clock) -> anyhow::Result<Vec<Forwarded>> {
        let who = (&self.config.agent.id, &self.config.merchant_id);
        let told = self.agent.events(who, &self.keys, self.after, clock.now()).await?;
        let next = told.next.parse().context("the agent's answer cannot be read")?;
        let mut forwarded = Vec::new();
        for event in told.events {
            let status = self.forward(&event).await;
            forwarded.push(Forwarded { event, status });
        }
        self.after = next;
        Ok(forwarded)
    }

    async fn forward(&self, event: &ToldEvent) -> Option<u16> {
        let request = self
            .client
            .post(self.forward_to.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &event.webhook_id)
            .header("webhook-timestamp", &event.webhook_timestamp)
            .header("webhook-signature", &event.webhook_signature)
            .body(event.body.clone());
        Some(request.send().await.ok()?.status().as_u16())
    }
}

/// No event has this number: only how far the agent is.
const FROM_NOW_ON: i64 = -1;
