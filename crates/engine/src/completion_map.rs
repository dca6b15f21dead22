//! Which offsets above the committed one are settled, small enough for the commit metadata.

/// Bytes of the encoded map: 2,740 characters of base64.
pub(crate) const MAX_BYTES: usize = 2_055;

/// Settled offsets above a base, as two encodings that compete for reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CompletionMap {
    /// One entry an offset, from the base on; true: settled.
    settled: Vec<bool>,
}

impl CompletionMap {
    /// From the states of the offsets base, base + 1, …; what does not fit is cut, so it is sent again after a crash.
    pub(crate) fn new(states: impl Iterator<Item = bool>) -> Self {
        let mut settled: Vec<bool> = states.collect();
        let used = settled.iter().rposition(|settled| *settled).map_or(0, |last| last + 1);
        settled.truncate(used);
        Self { settled }
    }

    /// The settled distances from the base, ascending.
    pub(crate) fn distances(&self) -> impl Iterator<Item = usize> + '_ {
        self.settled.iter().enumerate().filter(|(_, settled)| **settled).map(|(distance, _)| distance)
    }

    /// How far the map speaks.
    pub(crate) fn reach(&self) -> usize {
        self.settled.len()
    }

    /// A kind byte and the bytes of whichever encoding reaches further in [`MAX_BYTES`], with how far it reaches.
    pub(crate) fn encode(&self) -> (Vec<u8>, usize) {
        if self.settled.is_empty() {
            return (Vec::new(), 0);
        }
        let (bits, bits_reach) = self.bits();
        let (runs, runs_reach) = self.runs();
        if runs_reach > bits_reach || (runs_reach == bits_reach && runs.len() < bits.len()) {
            (runs, runs_reach)
        } else {
            (bits, bits_reach)
        }
    }

    /// Reads what [`CompletionMap::encode`] wrote. `None`: not such bytes, or further than `max_reach`.
    pub(crate) fn decode(bytes: &[u8], max_reach: usize) -> Option<Self> {
        let Some((kind, rest)) = bytes.split_first() else { return Some(Self::default()) };
        let settled = match kind {
            b'b' => rest.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect(),
            b'r' => {
                let (mut settled, mut rest, mut is_settled) = (Vec::new(), rest, false);
                while !rest.is_empty() {
                    let (length, after) = read_varint(rest)?;
                    let length = usize::try_from(length).ok()?;
                    if settled.len() + length > max_reach {
                        return None;
                    }
                    settled.resize(settled.len() + length, is_settled);
                    (rest, is_settled) = (after, !is_settled);
                }
                settled
            }
            _ => return None,
        };
        let map = Self::new(settled.into_iter());
        (map.reach() <= max_reach).then_some(map)
    }

    fn bits(&self) -> (Vec<u8>, usize) {
        let reach = self.settled.len().min((MAX_BYTES - 1) * 8);
        let mut bytes = vec![b'b'];
        for chunk in self.settled.get(..reach).unwrap_or_default().chunks(8) {
            bytes.push(chunk.iter().rev().fold(0, |byte, settled| byte << 1 | u8::from(*settled)));
        }
        (bytes, reach)
    }

    /// Lengths of runs as varints, the first one of open offsets.
    fn runs(&self) -> (Vec<u8>, usize) {
        let (mut bytes, mut reach) = (vec![b'r'], 0);
        let first_settled = self.settled.first().copied().unwrap_or(false);
        if first_settled {
            bytes.push(0);
        }
        for run in self.settled.chunk_by(|a, b| a == b) {
            let varint = varint(run.len() as u64);
            if bytes.len() + varint.len() > MAX_BYTES {
                break;
            }
            bytes.extend_from_slice(&varint);
            reach += run.len();
        }
        (bytes, reach)
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(index + 1..)?));
        }
    }
    None
}
