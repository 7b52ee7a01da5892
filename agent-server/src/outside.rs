//! The way to other servers: no redirects, short patience, bounded answers, and no way to this
//! machine or its network. Names are resolved here, judged, and connected to as they were judged.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Once},
    time::Duration,
};

use futures_util::future::BoxFuture;
use reqwest::{
    Client, ClientBuilder, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};

use crate::domain::target::{self, Forbidden};

/// A client that goes anywhere: for those who were told by the operator where to go.
pub fn client() -> Client {
    build(plain())
}

/// The way to merchants' servers; where `local` ones are allowed also on this machine.
#[derive(Clone)]
pub struct Outside {
    client: Client,
    local: bool,
}

impl Outside {
    /// Nothing is sent yet.
    pub fn new(local: bool) -> Self {
        Self { client: guarded(local), local }
    }

    /// A request to get something.
    ///
    /// # Errors
    /// [`Forbidden`].
    pub fn get(&self, url: &str) -> Result<RequestBuilder, Forbidden> {
        Ok(self.client.get(target::target(url, self.local)?))
    }

    /// A request to say something.
    ///
    /// # Errors
    /// [`Forbidden`].
    pub fn post(&self, url: &str) -> Result<RequestBuilder, Forbidden> {
        Ok(self.client.post(target::target(url, self.local)?))
    }
}

/// A client whose connections go to the public only; addresses that are written as numbers are
/// judged by [`Outside`].
pub fn guarded(local: bool) -> Client {
    let names = |name| -> BoxFuture<'static, _> { Box::pin(addresses(name)) };
    guarded_by(local, Arc::new(names))
}

/// The same with another way to resolve names.
pub fn guarded_by(local: bool, names: Names) -> Client {
    build(plain().no_proxy().dns_resolver(Guard { local, names }))
}

/// What a name means.
pub type Names = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

fn plain() -> ClientBuilder {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Whoever runs in this process may have installed one; any of them will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(10))
        .user_agent("warifu-agent")
}

fn build(builder: ClientBuilder) -> Client {
    builder.build().expect("settings known to be good, and a TLS provider installed before")
}

/// Judges each address at the moment of connecting, so that a name that changes its mind
/// (DNS rebinding) is judged by what it then means.
struct Guard {
    local: bool,
    names: Names,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(judge((self.names)(name.as_str().to_owned()), self.local))
    }
}

async fn judge(
    found: BoxFuture<'static, io::Result<Vec<IpAddr>>>,
    local: bool,
) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    let mut allowed = found.await?;
    allowed.retain(|address| target::is_allowed(*address, local));
    if allowed.is_empty() {
        return Err(Forbidden::NotPublic.into());
    }
    // The port is the URL's.
    let allowed = allowed.into_iter().map(|address| SocketAddr::new(address, 0));
    Ok(Box::new(allowed))
}

async fn addresses(name: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

/// Whether something was not sent because it may not go there.
pub fn forbidden(fault: &reqwest::Error) -> Option<Forbidden> {
    let mut cause = fault.source();
    while let Some(fault) = cause {
        if let Some(forbidden) = fault.downcast_ref::<Forbidden>() {
            return Some(*forbidden);
        }
        cause = fault.source();
    }
    None
}

/// The body of an answer, if it is no longer than `most` bytes.
pub async fn body(mut response: Response, most: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > most {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
