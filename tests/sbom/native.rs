//! C code that crates bring along and build: tools that read lock files do not see it. Kept by hand; the versions are read from the sources.

use std::path::Path;

use serde_json::{Value as Json, json};

/// One of them.
struct Native {
    /// The crate that it is inside of.
    of: &'static str,
    name: &'static str,
    licence: &'static str,
    /// Where it is kept.
    repository: &'static str,
    version: Version,
}

/// Where its version stands.
enum Version {
    /// In the crate's version, behind the `+` and these characters.
    Crate(&'static str),
    /// In a file of the crate, as text in quotes behind these words.
    Quoted(&'static str, &'static str),
    /// In a file of the crate, as numbers behind these words, joined by dots.
    Numbers(&'static str, &'static [&'static str]),
    /// In no file: the commit that the surrounding library took.
    Commit(&'static str),
}

const LZ4: &[&str] = &["#define LZ4_VERSION_MAJOR ", "#define LZ4_VERSION_MINOR ", "#define LZ4_VERSION_RELEASE "];
const CJSON: &[&str] = &["#define CJSON_VERSION_MAJOR ", "#define CJSON_VERSION_MINOR ", "#define CJSON_VERSION_PATCH "];

const ALL: [Native; 8] = [
    Native {
        of: "rdkafka-sys",
        name: "librdkafka",
        licence: "BSD-2-Clause",
        repository: "confluentinc/librdkafka",
        version: Version::Crate(""),
    },
    Native {
        of: "rdkafka-sys",
        name: "cJSON",
        licence: "MIT",
        repository: "DaveGamble/cJSON",
        version: Version::Numbers("librdkafka/src/cJSON.h", CJSON),
    },
    Native {
        of: "rdkafka-sys",
        name: "LZ4",
        licence: "BSD-2-Clause",
        repository: "lz4/lz4",
        version: Version::Numbers("librdkafka/src/lz4.h", LZ4),
    },
    Native {
        of: "rdkafka-sys",
        name: "Snappy",
        licence: "BSD-3-Clause",
        repository: "andikleen/snappy-c",
        version: Version::Commit("8015f2d28739b9a6076ebaa6c53fe27bc238d219"),
    },
    Native {
        of: "aws-lc-sys",
        name: "AWS-LC",
        licence: "Apache-2.0 AND ISC AND OpenSSL",
        repository: "aws/aws-lc",
        version: Version::Quoted("aws-lc/include/openssl/base.h", "#define AWSLC_VERSION_NUMBER_STRING "),
    },
    Native {
        of: "libz-sys",
        name: "zlib",
        licence: "Zlib",
        repository: "madler/zlib",
        version: Version::Quoted("src/zlib/zlib.h", "#define ZLIB_VERSION "),
    },
    Native { of: "zstd-sys", name: "Zstandard", licence: "BSD-3-Clause", repository: "facebook/zstd", version: Version::Crate("zstd.") },
    Native {
        of: "tikv-jemalloc-sys",
        name: "jemalloc",
        licence: "BSD-2-Clause",
        repository: "jemalloc/jemalloc",
        version: Version::Crate(""),
    },
];

/// The components inside of a package, as CycloneDX has them. OpenSSL is none of them: librdkafka links the system's.
pub(crate) fn inside(package: &Json) -> Vec<Json> {
    let folder = package["manifest_path"].as_str().and_then(|path| Path::new(path).parent());
    let of = |native: &&Native| package["name"] == native.of;
    let natives = ALL.iter().filter(of);
    natives
        .map(|native| {
            let version = native.version.read(folder, package["version"].as_str().unwrap_or_default()).unwrap_or_default();
            let purl = format!("pkg:github/{}@{version}", native.repository.to_lowercase());
            json!({
                "type": "library",
                "bom-ref": purl,
                "name": native.name,
                "version": version,
                "scope": "required",
                "licenses": [{ "expression": native.licence }],
                "purl": purl,
                "description": format!("C code inside of the crate {}", native.of),
            })
        })
        .collect()
}

impl Version {
    fn read(&self, folder: Option<&Path>, of_crate: &str) -> Option<String> {
        let file = |name: &str| std::fs::read_to_string(folder?.join(name)).ok();
        match self {
            Self::Crate(before) => Some(of_crate.split_once('+')?.1.strip_prefix(before)?.to_owned()),
            Self::Commit(commit) => Some((*commit).to_owned()),
            Self::Quoted(name, before) => {
                let text = file(name)?;
                let line = text.lines().find_map(|line| line.strip_prefix(before))?;
                Some(line.split('"').nth(1)?.to_owned())
            }
            Self::Numbers(name, all) => {
                let text = file(name)?;
                let numbers: Option<Vec<String>> = all.iter().map(|before| number(&text, before)).collect();
                numbers.map(|numbers| numbers.join("."))
            }
        }
    }
}

/// The word behind these.
fn number(text: &str, before: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(before))?;
    line.split_whitespace().next().map(str::to_owned)
}
