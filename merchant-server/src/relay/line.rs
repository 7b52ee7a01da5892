//! How a relay speaks with the agent and with the shop's server: nothing of the shopper's own
//! request goes with what it passes on, no header and no address.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, redirect};
use serde::Deserialize;
use shared_protocol::{
    Field, FieldProblem, Message, OrderCheck, Problem, PurchaseId, RelayedReply, RelayedRequest,
    decode,
};

use crate::config::Origin;
use crate::domain::{Failure, WrongField};

/// A line to both.
pub(super) struct Line(Client);

/// What counts of a problem document (RFC 9457).
#[derive(Deserialize)]
struct Document {
    code: String,
    #[serde(default)]
    fields: Vec<DocumentField>,
}

#[derive(Deserialize)]
struct DocumentField {
    name: String,
    code: String,
}

impl Line {
    pub(super) fn new() -> anyhow::Result<Self> {
        // The first of us in this process installs it; that another was there is no trouble.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(PATIENCE)
            .build()?;
        Ok(Self(client))
    }

    pub(super) async fn relayed(
        &self,
        agent: &Origin,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, Problem> {
        let silent = |_| Problem::AgentUnavailable;
        let url = agent.at("/v1/relayed");
        let sent = self.send(url, RelayedRequest::media_type(), request).await.map_err(silent)?;
        let succeeded = sent.status().is_success();
        let body = limited(sent, RelayedReply::LEN_MAX).await.ok_or(Problem::AgentUnavailable)?;
        if !succeeded {
            return Err(document(&body).map_or(Problem::AgentUnavailable, |(problem, _)| problem));
        }
        // Nothing but a sealed reply goes back.
        decode::<RelayedReply>(&body).map_err(|_| Problem::AgentUnavailable)?;
        Ok(body)
    }

    pub(super) async fn check(
        &self,
        shop: &Origin,
        purchase: PurchaseId,
        check: Vec<u8>,
    ) -> Result<(), Failure> {
        let url = shop.at(&format!("/warifu/v1/purchases/{purchase}/check"));
        let sent = self.send(url, OrderCheck::media_type(), check).await;
        let sent = sent.map_err(|_| Problem::MerchantUnavailable)?;
        if sent.status().is_success() {
            return Ok(());
        }
        let body = limited(sent, PROBLEM_BYTES_MAX).await;
        let said = body.and_then(|body| document(&body)).ok_or(Problem::MerchantUnavailable)?;
        Err(match said {
            (problem, fields) if fields.is_empty() => problem.into(),
            (problem, fields) => Failure::Fields(problem, fields),
        })
    }

    async fn send(
        &self,
        url: String,
        media_type: String,
        body: Vec<u8>,
    ) -> Result<Response, reqwest::Error> {
        self.0.post(url).header(CONTENT_TYPE, media_type).body(body).send().await
    }
}

/// The problem that a document names, and the fields that it is about.
fn document(body: &[u8]) -> Option<(Problem, Vec<WrongField>)> {
    let document: Document = serde_json::from_slice(body).ok()?;
    let read = |told: &DocumentField| {
        let field = Field::from_name(&told.name)?;
        Some(WrongField { field, problem: FieldProblem::from_code(&told.code, field)? })
    };
    let fields = document.fields.iter().filter_map(read).collect();
    Some((Problem::from_code(&document.code)?, fields))
}

async fn limited(mut response: Response, bytes_max: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > bytes_max {
            return None;
        }
    }
    Some(body)
}

/// Less than the shopper's program waits.
const PATIENCE: Duration = Duration::from_secs(13);
const PROBLEM_BYTES_MAX: usize = 16 * 1024;
