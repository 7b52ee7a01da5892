//! Traces for whoever collects them (OTLP over HTTP, opentelemetry.io): one span for each request
//! and each errand, with the route's pattern, never with an address, a number or a body.

use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracer, SdkTracerProvider},
};
use tokio::runtime::Handle;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use crate::outside;

/// Sends what is traced until it is dropped or stopped.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// To a collector at this address (`http://127.0.0.1:4318/v1/traces`); must be called on a
    /// tokio runtime.
    ///
    /// # Errors
    /// In words for the operator.
    pub fn to(endpoint: &str) -> Result<Self, String> {
        let client = Client { http: outside::client(), runtime: Handle::current() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(endpoint)
            .with_timeout(PATIENCE)
            .build()
            .map_err(|fault| format!("otlp_endpoint: {fault}"))?;
        let resource = Resource::builder_empty().with_service_name("warifu-agent").build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// Takes spans of this program, and nothing that is said within them.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer: SdkTracer = self.0.tracer("agent-server");
        let layer = OpenTelemetryLayer::new(tracer);
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
        let is_ours = |about: &tracing::Metadata<'_>| {
            about.is_span() && about.target().starts_with("agent_server")
        };
        layer.with_filter(filter_fn(is_ours))
    }

    /// Sends what is left.
    pub async fn stop(self) {
        let provider = self.0;
        // It waits for the client, which needs this thread.
        let done = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(fault)) = done {
            tracing::warn!(%fault, "the last traces were not sent");
        }
    }
}

/// The exporter's own thread knows no tokio: requests run on ours.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let request = self.http.request(parts.method, parts.uri.to_string());
        let request = request.headers(parts.headers).body(body);
        let sent = self.runtime.spawn(async move {
            let response = request.send().await?;
            let status = response.status();
            Ok::<_, reqwest::Error>((status, response.bytes().await?))
        });
        let (status, body) = sent.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}

const PATIENCE: Duration = Duration::from_secs(10);
