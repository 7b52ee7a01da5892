//! A relay of the market (Fig 1): a process of its own at the shop's site, with a tap in front that
//! keeps all that it received and answered; or the shop's own server as well (¶34).

use std::fs;

use anyhow::ensure;

use crate::{
    Result, Shop,
    port::free_port,
    server::Server,
    tap::{Compression, Kept, Tap},
};

/// A relay that stands alone.
pub struct Relay {
    /// Its process.
    pub server: Server,
    /// All that it received and answered.
    pub tap: Tap,
}

impl Relay {
    /// Starts one for the tea shop, and has the Mark name it. To be called before anybody looks at
    /// the shop: the agent keeps Marks at hand for a while.
    pub async fn open(shop: &Shop, or_direct: bool) -> Result<Self> {
        Self::of(shop, ("mrc_tea", &shop.merchant.url), "relay-server", or_direct).await
    }

    /// The same for any merchant of the market, in a folder of its own.
    pub async fn of(
        shop: &Shop,
        (id, merchant): (&str, &str),
        folder: &str,
        or_direct: bool,
    ) -> Result<Self> {
        let folder = shop.folder(folder);
        fs::create_dir_all(&folder)?;
        let port = free_port()?;
        let tap = Tap::start(port, Compression::Refused).await?;
        let url = format!("http://127.0.0.1:{}", tap.port());
        let config = folder.join("relay.toml");
        let agent = &shop.agent.url;
        let text =
            format!("listen = \"127.0.0.1:{port}\"\nagent = \"{agent}\"\nshop = \"{merchant}\"\n");
        fs::write(&config, text)?;
        let config = config.display().to_string();
        let arguments = ["relay", "--config", &config];
        let mut server = Server::new("merchant-server", &folder, &url, port, &arguments);
        server.start().await?;
        name(shop, id, &url, or_direct)?;
        Ok(Self { server, tap })
    }

    /// What lies in its memory now (proc(5)): everything that can be read and written.
    pub fn memory(&self) -> Result<Vec<u8>> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let process = self.server.process_id().expect("it runs");
        let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
        let mut file = fs::File::open(format!("/proc/{process}/mem"))?;
        let mut all = Vec::new();
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let Some((from, to)) = range else { continue };
            let (from, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
            let mut bytes = vec![0; usize::try_from(to - from)?];
            // Some pages are nobody's to read.
            if file.seek(SeekFrom::Start(from)).is_ok() && file.read_exact(&mut bytes).is_ok() {
                all.append(&mut bytes);
            }
        }
        ensure!(all.len() > 100_000, "hardly any memory could be read");
        Ok(all)
    }
}

impl Shop {
    /// From now on the tea shop's own server is the relay as well.
    pub async fn merge_relay(&mut self, or_direct: bool) -> Result {
        let file = "merchant-server/merchant.toml";
        self.change(file, "[agent]", "relay = true\n[agent]").await?;
        name(self, "mrc_tea", &self.merchant.url, or_direct)
    }
}

fn name(shop: &Shop, id: &str, url: &str, or_direct: bool) -> Result {
    let mut arguments = vec!["merchants", "relay", id, "--url", url, "--json"];
    if or_direct {
        arguments.push("--or-direct");
    }
    shop.agent_cli(&arguments)?;
    Ok(())
}

/// The heads of all requests in what a tap kept, first line first.
pub fn heads(received: &[Vec<u8>]) -> Vec<String> {
    let mut heads = Vec::new();
    for connection in received {
        let mut rest = connection.as_slice();
        while let Some(end) = memchr::memmem::find(rest, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            let after = end + 4 + length(&head);
            heads.push(head);
            rest = rest.get(after..).unwrap_or_default();
        }
    }
    heads
}

/// Lengths of the bodies of this media type, each once, least first.
pub fn sizes(kept: &[Vec<u8>], media_type: &str) -> Vec<usize> {
    let heads = heads(kept);
    let of_type = heads.iter().filter(|head| head.contains(media_type));
    let mut sizes: Vec<usize> = of_type.map(|head| length(head)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

fn length(head: &str) -> usize {
    let mut lines = head.lines().map(str::to_ascii_lowercase);
    let length = lines.find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.unwrap_or(0)
}

/// Both directions as things to be searched.
pub fn wire(kept: &Kept) -> [(String, Vec<u8>); 2] {
    [("received".into(), kept.received.concat()), ("answered".into(), kept.answered.concat())]
}
