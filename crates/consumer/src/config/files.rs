//! Files that the configuration names: found, readable, and secrets kept from strangers. Errors are the end of a sentence that
//! begins with the key.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::secret::Secret;

/// No key, certificate, schema or password is larger.
const LARGEST: u64 = 4 << 20;

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let (bytes, _) = read(path)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| format!("{} is not UTF-8 text", path.display()))
}

/// The bytes of a private key's file, which others may not read.
pub(super) fn private_key(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let (bytes, metadata) = read(path)?;
    match open_to_others(&metadata) {
        Some(mode) => Err(format!(
            "every user of the machine can read or change {} (mode {mode:04o}); run chmod 600 (or 640 with a group of its own)",
            path.display()
        )),
        None => Ok(bytes),
    }
}

/// The bytes of a public key's file.
pub(super) fn public_key(path: &Path) -> Result<Vec<u8>, String> {
    Ok(read(path)?.0.to_vec())
}

/// The bytes of a key's file, for somebody who only looks at it.
pub(crate) fn key(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    Ok(read(path)?.0)
}

/// A password or token without the line break at its end; with the file's mode when others can read it.
pub(super) fn secret(path: &Path) -> Result<(Secret, Option<u32>), String> {
    let (bytes, metadata) = read(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{} is not UTF-8 text", path.display()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("{} is empty", path.display()));
    }
    Ok((Secret::new(text.to_owned()), open_to_others(&metadata)))
}

/// Checks that a file holds PEM certificates.
pub(super) fn certificates(path: &Path) -> Result<(), String> {
    let (bytes, _) = read(path)?;
    match reqwest::Certificate::from_pem_bundle(&bytes) {
        Ok(certificates) if !certificates.is_empty() => Ok(()),
        Ok(_) | Err(_) => Err(format!("{} holds no usable PEM certificate", path.display())),
    }
}

fn open_to_others(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & 0o007 != 0).then_some(mode)
}

/// Opens first and asks the open file, so that nobody can exchange it in between.
fn read(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Metadata), String> {
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    // A pipe would be waited for without end.
    if fs::metadata(path).map_err(cannot)?.is_file() {
        let mut file = File::open(path).map_err(cannot)?;
        let metadata = file.metadata().map_err(cannot)?;
        if metadata.len() > LARGEST {
            return Err(format!("{} is larger than 4 MiB", path.display()));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
        file.read_to_end(&mut bytes).map_err(cannot)?;
        return Ok((bytes, metadata));
    }
    Err(format!("{} is not a file", path.display()))
}
