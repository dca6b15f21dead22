//! `requestId`: the same for the same attempt of the same content, so that a replay after a crash repeats it.

use std::fmt;

use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid};

/// Namespace of our version 5 uuids: itself the uuid v5 of the interface's address in the URL namespace.
/// `python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "https://open.alipay.hk/api/open/alipay/v1/merchant/order/sync"))'`
const NAMESPACE: Uuid = Uuid::from_u128(0x1cfcd07a_2178_53e9_9fbb_0e57d0129592);

/// Which sending of a content this is. AlipayHK's family of gateways repeats the answer it once gave to a `requestId` for ever, so whoever
/// wants a fresh decision on the same content needs another generation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Generation {
    /// The pipeline: 0, and one more after every UNKNOWN_EXCEPTION that came with `F`.
    Pipeline(u32),
    /// One run of a replay or a backfill by hand, named by something no other run has, and its own count of such exceptions.
    Run {
        /// The run's name.
        run: String,
        /// As for the pipeline.
        renewed: u32,
    },
}

/// A `requestId`: 32 lower-case hexadecimal digits. The Base API page asks for a uuid of at most 32 characters, so the hyphens are left out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Box<str>);

impl From<u32> for Generation {
    fn from(renewed: u32) -> Self {
        Self::Pipeline(renewed)
    }
}

impl RequestId {
    /// The uuid of the length-prefixed fields client id, merchantBizNo, orderModifyTime (decimal), body without `requestId`, generation.
    /// The prefix keeps two different lists of fields from joining to the same bytes.
    pub(crate) fn derive(client_id: &str, biz_no: &str, modified_at: i64, body: &[u8], generation: &Generation) -> Self {
        let generation = match generation {
            Generation::Pipeline(renewed) => format!("pipeline/{renewed}"),
            Generation::Run { run, renewed } => format!("run/{run}/{renewed}"),
        };
        let modified_at = modified_at.to_string();
        let fields = [client_id.as_bytes(), biz_no.as_bytes(), modified_at.as_bytes(), body, generation.as_bytes()];
        let lengths = fields.map(|field| (field.len() as u64).to_be_bytes());
        let name = lengths.iter().zip(fields).flat_map(|(length, field)| [length.as_slice(), field]);
        Self(version_5(&NAMESPACE, name).as_simple().to_string().into())
    }

    #[cfg(test)]
    pub(crate) fn literal(text: &str) -> Self {
        Self(text.into())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 9562, 5.5, over a name in pieces. `uuid`'s own wants it in one and hashes without the processor's instructions for that.
fn version_5<'a>(namespace: &Uuid, name: impl Iterator<Item = &'a [u8]>) -> Uuid {
    let mut hash = Sha1::new();
    hash.update(namespace.as_bytes());
    name.for_each(|piece| hash.update(piece));
    let digest: [u8; 20] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"merchantBizNo\":\"ORD-1\"}";

    fn id(generation: Generation) -> String {
        RequestId::derive("4Q5Y8W0WSG45P907917", "ORD-1", 1_716_338_541_000, BODY, &generation).to_string()
    }

    // python3 - <<'END'
    // import hashlib, struct, uuid
    // def rid(*fields):
    //     name = b"".join(struct.pack(">Q", len(f)) + f for f in fields)
    //     h = bytearray(hashlib.sha1(uuid.UUID("1cfcd07a-2178-53e9-9fbb-0e57d0129592").bytes + name).digest()[:16])
    //     return uuid.UUID(bytes=bytes(h), version=5).hex
    // for g in (b"pipeline/0", b"pipeline/1", b"run/2026-11-01/0"):
    //     print(rid(b"4Q5Y8W0WSG45P907917", b"ORD-1", b"1716338541000", b'{"merchantBizNo":"ORD-1"}', g))
    // END
    #[test]
    fn the_id_is_what_python_computes() {
        assert_eq!(id(Generation::Pipeline(0)), "12023ebaa6e8516ab4cc8f0c06ad3186");
        assert_eq!(id(Generation::Pipeline(1)), "f87992a60fb6546aa413b131292a2a46");
        assert_eq!(id(Generation::Run { run: "2026-11-01".into(), renewed: 0 }), "732326fc1c9350afb99f84973bc68bfe");
    }

    #[test]
    fn the_namespace_is_the_uuid_of_the_address() {
        let address = [&b"https://open.alipay.hk"[..], b"/api/open/alipay/v1/merchant/order/sync"];
        assert_eq!(NAMESPACE, version_5(&Uuid::NAMESPACE_URL, address.into_iter()));
    }

    #[test]
    fn a_byte_moved_from_one_field_to_the_next_is_another_id() {
        let a = RequestId::derive("c", "ORD-11", 1, BODY, &Generation::Pipeline(0));
        let b = RequestId::derive("cO", "RD-11", 1, BODY, &Generation::Pipeline(0));
        assert_ne!(a, b);
    }
}
