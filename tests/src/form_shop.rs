//! A shop of `examples/`: another language, no server of ours, no key. The merchant's key lies in a
//! folder of its own, from which Offers are signed once, as on the merchant's desk.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use thirtyfour::prelude::*;

use crate::{
    Browser, Result,
    database::Database,
    merchant::{Who, register, write_config},
    place,
    port::free_port,
    server::wait_until_ready,
    shop::{collect, run},
    tap::{Compression, Tap},
};

/// In which language the shop is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `examples/python-shop`.
    Python,
    /// `examples/node-shop`.
    Node,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Python, Self::Node];

    fn who(self) -> Who {
        let (id, folder) = match self {
            Self::Python => ("mrc_python", "python-desk"),
            Self::Node => ("mrc_node", "node-desk"),
        };
        Who { id, folder, name_ja: "小さなお店", name_en: "A Small Shop" }
    }

    /// The program, with its libraries beside it.
    fn command(self, folder: &Path) -> Result<Command> {
        let examples = place::root().join("examples");
        copy(&examples.join("pages"), &folder.join("pages"))?;
        let (name, program) = match self {
            Self::Python => ("python-shop", place::tool("shop-python/bin/python")),
            Self::Node => ("node-shop", PathBuf::from("node")),
        };
        copy(&examples.join(name), &folder.join(name))?;
        let mut command = Command::new(program);
        match self {
            Self::Python => command.arg(folder.join(name).join("shop.py")),
            Self::Node => {
                let libraries = place::tool("shop-node/node_modules");
                ensure!(libraries.is_dir(), "jose is missing: run `cargo xtask setup`");
                std::os::unix::fs::symlink(libraries, folder.join(name).join("node_modules"))?;
                command.arg(folder.join(name).join("shop.mjs"))
            }
        };
        Ok(command)
    }
}

/// A shop that runs.
pub struct FormShop {
    /// Its name in the protocol.
    pub id: &'static str,
    /// Its address.
    pub url: String,
    /// All that it received and answered.
    pub tap: Tap,
    folder: PathBuf,
    desk: PathBuf,
    child: Child,
}

impl FormShop {
    /// Makes the merchant's keys, signs its Offers, introduces it to the agent, opens the shop.
    pub(crate) async fn open(kind: Kind, market: &Path, agent: (&str, &Path)) -> Result<Self> {
        let who = kind.who();
        let (desk_folder, folder) = (market.join(who.folder), market.join(who.id));
        fs::create_dir_all(&desk_folder)?;
        fs::create_dir_all(&folder)?;
        let port = free_port()?;
        let tap = Tap::start(port, Compression::Refused).await?;
        let url = format!("http://127.0.0.1:{}", tap.port());
        let (agent_url, agent_config) = agent;
        let agent_keys = run("agent-server", &["keys", "show", "--json"], agent_config)?;
        let desk = write_config(&who, &desk_folder, (&url, port), agent_url, &agent_keys)?;
        let keys = run("merchant-server", &["keys", "init", "--json"], &desk)?;
        let offers = folder.join("offers");
        let out = offers.to_str().context("a plain name")?;
        run("merchant-server", &["offers", "sign", "--out", out, "--json"], &desk)?;
        register(&who, agent_config, &url, &url, &keys)?;
        let form = format!("{url}/order");
        let hand_over = ["merchants", "hand-over", who.id, "--form", &form, "--json"];
        run("agent-server", &hand_over, agent_config)?;
        let log = File::create(folder.join("shop.log"))?;
        let child = kind
            .command(&folder)?
            .env("WARIFU_AGENT", agent_url)
            .env("WARIFU_AGENT_ID", "agt_demo")
            .env("WARIFU_MERCHANT", who.id)
            .env("SHOP_OFFERS", &offers)
            .env("SHOP_DATA", folder.join("data"))
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{kind:?} is missing: run `cargo xtask setup`"))?;
        let mut shop = Self { id: who.id, url, tap, folder, desk, child };
        shop.wait_until_ready().await?;
        Ok(shop)
    }

    /// Runs a command at the merchant's desk and reads the JSON that it prints.
    pub fn desk(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        run("merchant-server", arguments, &self.desk)
    }

    /// Everything that lies in the shop's folder, but for its program.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        collect(&self.folder.join("data"), &mut files)?;
        files.push(("log".into(), fs::read(self.folder.join("shop.log"))?));
        Ok(files)
    }

    /// The last form that it took, as it keeps it, carried to the merchant's desk.
    pub fn form_file(&self) -> Result<String> {
        let data = self.folder.join("data");
        let sqlite = data.join("orders.sqlite");
        let form = match sqlite.is_file() {
            true => {
                let orders = Database::File(sqlite);
                let rows = orders.rows("SELECT form FROM orders ORDER BY rowid")?;
                let form = rows.last().and_then(|row| row[0].as_str());
                form.context("no order")?.to_owned()
            }
            false => {
                let mut orders = fs::read_dir(data)?.collect::<std::io::Result<Vec<_>>>()?;
                orders.sort_by_key(|order| order.metadata().and_then(|m| m.modified()).ok());
                let order = orders.last().context("no order")?;
                let order: serde_json::Value = serde_json::from_slice(&fs::read(order.path())?)?;
                order["form"].to_string()
            }
        };
        let file = self.folder.join("form.json");
        fs::write(&file, form)?;
        Ok(file.to_str().context("a plain name")?.into())
    }

    /// The folder of the merchant's desk.
    pub fn desk_folder(&self) -> PathBuf {
        self.desk.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    /// Waits for the shop's own page, outside all frames, and reads the number on it.
    pub async fn thanked(&self, browser: &Browser) -> Result<String> {
        browser.leave_frames().await?;
        for _ in 0..600 {
            let here = browser.driver.current_url().await?;
            if here.as_str().starts_with(&format!("{}/thanks/", self.url)) {
                return Ok(browser.find(By::Id("number")).await?.text().await?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let text = browser.find(By::Css("body")).await?.text().await?;
        bail!("no thanks at {}:\n{text}", browser.driver.current_url().await?)
    }

    async fn wait_until_ready(&mut self) -> Result {
        let url = self.url.clone();
        wait_until_ready(&url, || match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                let log = fs::read_to_string(self.folder.join("shop.log"))?;
                bail!("{} ended at once ({status}):\n{log}", self.id)
            }
        })
        .await
    }
}

impl Drop for FormShop {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().context("a file has a name")?))?;
        }
    }
    Ok(())
}
