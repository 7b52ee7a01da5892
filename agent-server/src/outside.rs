//! The way to other servers: no redirects, short patience, bounded answers.

use std::{sync::Once, time::Duration};

use reqwest::{Client, Response, redirect};

/// A client for merchants' servers.
pub fn client() -> Client {
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
        .build()
        .expect("settings known to be good, and a TLS provider installed just above")
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
