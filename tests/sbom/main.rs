//! `./dev sbom`: the bill of materials of the production binary, as CycloneDX 1.6, out of the lock file. The same for the same lock file.

mod bom;
mod native;

use std::io::Write as _;

fn main() {
    let text = serde_json::to_string_pretty(&bom::bill()).expect("JSON of our own");
    // whoever reads no further has what it wanted
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
