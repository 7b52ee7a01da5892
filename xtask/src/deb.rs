//! Builds the Debian packages with dpkg-deb: what goes where is a table, the rest lies in
//! `packaging/`. cargo-deb would be one more program to compile, for what a table says as well.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use argh::FromArgs;

use crate::program::{cargo, output, program, run};
use crate::{place, say, setup, widget};

/// Build the Debian packages of both servers.
#[derive(FromArgs)]
#[argh(subcommand, name = "deb")]
pub struct DebJob {
    /// of the programs as tests use them, which must be built already
    #[argh(switch)]
    debug: bool,
    /// where to put them; target/debian if it is not said
    #[argh(option)]
    to: Option<PathBuf>,
}

/// One package: its folder in `packaging/`, its program, and which other files go where.
struct Package {
    name: &'static str,
    program: &'static str,
    files: &'static [(&'static str, &'static str)],
    has_widget: bool,
}

/// `cargo xtask deb`
pub fn run_job(job: &DebJob) -> Result<()> {
    if !job.debug {
        setup::ensure(setup::FOR_WIDGET)?;
        widget::build()?;
        let servers = ["--release", "-p", "agent-server", "-p", "merchant-server"];
        run(cargo("build").args(servers))?;
    }
    let from = place::target().join(if job.debug { "debug" } else { "release" });
    let to = job.to.clone().unwrap_or_else(|| place::target().join("debian"));
    fs::create_dir_all(&to)?;
    for package in &PACKAGES {
        let file = build(package, &from, &to).with_context(|| package.name.to_owned())?;
        say::line(&file.display().to_string());
    }
    Ok(())
}

fn build(package: &Package, programs: &Path, to: &Path) -> Result<PathBuf> {
    let own = place::root().join("packaging").join(package.name);
    let unit = format!("warifu-{}", package.name);
    let tree = to.join(&unit);
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    let put = |from: &Path, at: &str, mode: u32| {
        let target = tree.join(at);
        let folder = target.parent().context("a file in a folder")?;
        fs::create_dir_all(folder)?;
        fs::copy(from, &target).with_context(|| from.display().to_string())?;
        Ok::<_, anyhow::Error>(fs::set_permissions(&target, fs::Permissions::from_mode(mode))?)
    };
    put(&programs.join(package.program), &format!("usr/bin/{}", package.program), 0o755)?;
    let service = format!("{unit}.service");
    put(&own.join(&service), &format!("usr/lib/systemd/system/{service}"), 0o644)?;
    put(&own.join("sysusers.conf"), &format!("usr/lib/sysusers.d/{unit}.conf"), 0o644)?;
    put(&own.join("tmpfiles.conf"), &format!("usr/lib/tmpfiles.d/{unit}.conf"), 0o644)?;
    for (from, at) in package.files {
        put(&place::root().join(from), at, 0o644)?;
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        put(&place::root().join(licence), &format!("usr/share/doc/{unit}/{licence}"), 0o644)?;
    }
    if package.has_widget {
        copy_widget(&tree)?;
    }
    for script in ["postinst", "prerm", "postrm"] {
        put(&own.join(script), &format!("DEBIAN/{script}"), 0o755)?;
    }
    let settings = package.files.iter().filter(|(_, at)| at.starts_with("etc/"));
    let settings: String = settings.map(|(_, at)| format!("/{at}\n")).collect();
    fs::write(tree.join("DEBIAN/conffiles"), settings)?;
    let (version, machine) = (env!("CARGO_PKG_VERSION"), machine()?);
    let control = fs::read_to_string(own.join("control"))?;
    let control = format!("{control}Version: {version}\nArchitecture: {machine}\n");
    // The description is the last of the fields: its lines go on.
    fs::write(tree.join("DEBIAN/control"), in_order(&control))?;
    let file = to.join(format!("{unit}_{version}_{machine}.deb"));
    let mut pack = program("dpkg-deb");
    pack.args(["--root-owner-group", "-Zgzip", "-z1", "--build"]).arg(&tree).arg(&file);
    output(&mut pack)?;
    fs::remove_dir_all(&tree)?;
    Ok(file)
}

fn copy_widget(tree: &Path) -> Result<()> {
    let to = tree.join("usr/share/warifu/widget");
    fs::create_dir_all(&to)?;
    let from = place::widget();
    ensure!(from.join("manifest.json").exists(), "there is no widget: run cargo xtask widget");
    for file in fs::read_dir(from)? {
        let file = file?;
        if file.file_type()?.is_file() {
            fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

/// With the fields that were added before the description.
fn in_order(control: &str) -> String {
    let is_more = |line: &&str| line.starts_with("Version") || line.starts_with("Architecture");
    let (more, rest): (Vec<&str>, Vec<&str>) = control.lines().partition(is_more);
    let (first, others) = rest.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let all = std::iter::once(first).chain(more).chain(others.iter().copied());
    all.map(|line| format!("{line}\n")).collect()
}

fn machine() -> Result<String> {
    Ok(output(program("dpkg").arg("--print-architecture"))?.trim().to_owned())
}

const PACKAGES: [Package; 2] = [
    Package {
        name: "agent",
        program: "agent-server",
        files: &[
            ("agent-server/config.sample.toml", "etc/warifu/agent.toml"),
            ("agent-server/plans.sample.toml", "etc/warifu/plans.toml"),
        ],
        has_widget: true,
    },
    Package {
        name: "merchant",
        program: "merchant-server",
        files: &[
            ("packaging/merchant/merchant.toml", "etc/warifu/merchant.toml"),
            ("merchant-server/catalogue.sample.toml", "etc/warifu/catalogue.toml"),
        ],
        has_widget: false,
    },
];
