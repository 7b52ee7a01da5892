//! Key files: mode 0600, written once, synced; and the list of them, which is replaced as a whole.

use std::{
    fs, io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

/// Why there are no usable keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The file is not there: `keys init` makes it.
    #[error("{0} does not exist (agent-server keys init makes it)")]
    Missing(PathBuf),
    /// The file does not hold a key.
    #[error("{0} does not hold a key")]
    Damaged(PathBuf),
    /// Others than its owner may read it.
    #[error("{0} can be read by others (chmod 600 it)")]
    Exposed(PathBuf),
    /// It cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// One change after the other: with three keys of a kind nobody knows which counts.
    #[error("there are two {0} keys already (agent-server keys retire {0} ends the older one)")]
    StillTwo(&'static str),
    /// There is no older key, or the newer one is not used yet.
    #[error("no {0} key can be retired: there is only one, or the next one is not used yet")]
    NoneToRetire(&'static str),
}

/// Reads a file that only its owner may read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    let io_fault = |fault: io::Error| match fault.kind() {
        io::ErrorKind::NotFound => KeyFault::Missing(path.into()),
        _ => KeyFault::Io(path.into(), fault),
    };
    let mode = fs::metadata(path).map_err(io_fault)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFault::Exposed(path.into()));
    }
    fs::read(path).map(Zeroizing::new).map_err(io_fault)
}

/// Reads a file of exactly 32 bytes.
pub(super) fn read_32(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFault> {
    let bytes: [u8; 32] =
        read(path)?.as_slice().try_into().map_err(|_| KeyFault::Damaged(path.into()))?;
    Ok(Zeroizing::new(bytes))
}

/// Creates the file with its mode, so that it is never readable in between, and syncs it: a key
/// that is lost with the power would make every Grant under it worthless.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyFault> {
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
        sync_folder(path)
    };
    write().map_err(|fault| KeyFault::Io(path.into(), fault))
}

/// Puts the file in the place of the one before, all of it or nothing.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyFault> {
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
            return Err(KeyFault::Io(beside, fault));
        }
        _ => {}
    }
    write_new(&beside, bytes)?;
    let moved = fs::rename(&beside, path).and_then(|()| sync_folder(path));
    moved.map_err(|fault| KeyFault::Io(path.into(), fault))
}

/// Removes a file; that it is gone already is no fault.
pub(super) fn remove(path: &Path) -> Result<(), KeyFault> {
    match fs::remove_file(path) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
            Err(KeyFault::Io(path.into(), fault))
        }
        _ => sync_folder(path).map_err(|fault| KeyFault::Io(path.into(), fault)),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
