//! From the bytes of a file or a setting to the DER inside: PEM, bare base64, or DER itself.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{KeyError, form::Form};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// First byte of every DER structure a key can be. No base64 of such a structure starts with it (`0`): that always starts with `M`.
const SEQUENCE: u8 = 0x30;
const BYTE_ORDER_MARKS: [&[u8]; 3] = [&[0xEF, 0xBB, 0xBF], &[0xFF, 0xFE], &[0xFE, 0xFF]];

/// DER, and what the PEM label said it is.
pub(super) struct Source {
    pub(super) der: Zeroizing<Vec<u8>>,
    pub(super) label: Option<Form>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Source, KeyError> {
    if BYTE_ORDER_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(KeyError::ByteOrderMark);
    }
    if bytes.first() == Some(&SEQUENCE) {
        return Ok(Source { der: Zeroizing::new(bytes.to_vec()), label: None });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| KeyError::NotAKey)?.trim_ascii();
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    match text.matches(BEGIN).count() {
        0 => Ok(Source { der: decode(text).ok_or(KeyError::NotAKey)?, label: None }),
        1 => pem(text),
        _ => Err(KeyError::SeveralBlocks),
    }
}

/// PEM with lines of 64 characters, as RFC 7468 asks for. The buffer is sized before, so that no copy of a key stays behind.
pub(super) fn to_pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(der));
    let lines = encoded.len() / 64 + 1;
    let mut pem = Zeroizing::new(String::with_capacity(encoded.len() + lines + 2 * (label.len() + 20)));
    pem.push_str(BEGIN);
    pem.push_str(label);
    pem.push_str("-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END ");
    pem.push_str(label);
    pem.push_str("-----\n");
    pem
}

fn pem(text: &str) -> Result<Source, KeyError> {
    let (before, block) = text.split_once(BEGIN).ok_or(KeyError::Damaged)?;
    let (label, block) = block.split_once(DASHES).ok_or(KeyError::Damaged)?;
    let (body, after) = block.split_once(&format!("-----END {label}-----")).ok_or(KeyError::Damaged)?;
    if !(before.is_empty() && after.is_empty()) {
        return Err(KeyError::TextBesidePem);
    }
    let label = form_of_label(label)?;
    // RFC 1421 encryption, what `openssl rsa -aes256 -traditional` writes.
    if body.contains("Proc-Type:") {
        return Err(KeyError::Encrypted);
    }
    Ok(Source { der: decode(body).ok_or(KeyError::Damaged)?, label: Some(label) })
}

fn form_of_label(label: &str) -> Result<Form, KeyError> {
    match label {
        "PRIVATE KEY" => Ok(Form::Pkcs8),
        "RSA PRIVATE KEY" => Ok(Form::Pkcs1Private),
        "EC PRIVATE KEY" => Ok(Form::Sec1),
        "PUBLIC KEY" => Ok(Form::Spki),
        "RSA PUBLIC KEY" => Ok(Form::Pkcs1Public),
        "ENCRYPTED PRIVATE KEY" => Err(KeyError::Encrypted),
        "OPENSSH PRIVATE KEY" => Err(KeyError::UnsupportedForm("an OpenSSH key")),
        "EC PARAMETERS" => Err(KeyError::UnsupportedForm("a set of curve parameters")),
        request if request.ends_with("CERTIFICATE REQUEST") => Err(KeyError::UnsupportedForm("a certificate request")),
        certificate if certificate.ends_with("CERTIFICATE") => Err(KeyError::Certificate),
        _ => Err(KeyError::UnsupportedForm("a PEM block of another kind")),
    }
}

/// Strict base64 once the white space is out. Both buffers are sized before they are filled.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut dense = Zeroizing::new(Vec::with_capacity(text.len()));
    dense.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; dense.len() / 4 * 3 + 3]);
    let length = STANDARD.decode_slice(dense.as_slice(), &mut der).ok()?;
    der.truncate(length);
    Some(der)
}
