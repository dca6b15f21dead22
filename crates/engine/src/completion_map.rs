//! Which offsets above the committed one are settled, small enough for the commit metadata.

/// Bytes of the encoded map: 2,740 characters of base64.
pub(crate) const MAX_BYTES: usize = 2_055;
/// Offsets that the bit set can reach: one byte says which encoding it is.
const MAX_BITS: u64 = (MAX_BYTES as u64 - 1) * 8;

/// Settled offsets above a base, as two encodings that compete for reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CompletionMap {
    /// Distances from the base: start and end (not included) of every run of settled offsets, ascending, never touching.
    runs: Vec<(u64, u64)>,
}

impl CompletionMap {
    /// From ascending distances. Takes no more of them than any encoding could hold.
    pub(crate) fn new(distances: impl Iterator<Item = u64>) -> Self {
        let mut map = Self::default();
        let (mut bytes, mut last_end) = (1, 0);
        for distance in distances {
            if let Some((_, end)) = map.runs.last_mut()
                && *end == distance
            {
                *end += 1;
                continue;
            }
            if let Some((start, end)) = map.runs.last() {
                bytes += length(start - last_end) + length(end - start);
                last_end = *end;
            }
            if bytes > MAX_BYTES && distance >= MAX_BITS {
                break;
            }
            map.runs.push((distance, distance + 1));
        }
        map
    }

    /// The settled distances from the base, ascending.
    pub(crate) fn distances(&self) -> impl Iterator<Item = u64> + '_ {
        self.runs.iter().flat_map(|(start, end)| *start..*end)
    }

    /// How far the map speaks: one beyond the highest settled distance.
    pub(crate) fn reach(&self) -> u64 {
        self.runs.last().map_or(0, |(_, end)| *end)
    }

    /// What is left when nothing from `reach` on is told.
    pub(crate) fn cut(&mut self, reach: u64) {
        self.runs.retain_mut(|(start, end)| {
            *end = (*end).min(reach);
            *start < *end
        });
    }

    /// A kind byte and the bytes of whichever encoding reaches further in [`MAX_BYTES`], with how far it reaches.
    pub(crate) fn encode(&self) -> (Vec<u8>, u64) {
        if self.runs.is_empty() {
            return (Vec::new(), 0);
        }
        let (bits, bits_reach) = self.bits();
        let (runs, runs_reach) = self.run_lengths();
        if runs_reach > bits_reach || (runs_reach == bits_reach && runs.len() < bits.len()) {
            (runs, runs_reach)
        } else {
            (bits, bits_reach)
        }
    }

    /// Reads what [`CompletionMap::encode`] wrote. `None`: not such bytes, or further than `max_reach`.
    pub(crate) fn decode(bytes: &[u8], max_reach: u64) -> Option<Self> {
        let Some((kind, rest)) = bytes.split_first() else { return Some(Self::default()) };
        let map = match kind {
            b'b' => {
                let bits = rest.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
                let mut map = Self::default();
                for (distance, _) in (0..).zip(bits).filter(|(_, settled)| *settled) {
                    map.push(distance, distance + 1);
                }
                map
            }
            b'r' => {
                let (mut map, mut rest, mut at, mut settled) = (Self::default(), rest, 0_u64, false);
                while !rest.is_empty() {
                    let (length, after) = read_varint(rest)?;
                    let end = at.checked_add(length).filter(|end| *end <= max_reach)?;
                    if settled {
                        map.push(at, end);
                    }
                    (rest, at, settled) = (after, end, !settled);
                }
                map
            }
            _ => return None,
        };
        (map.reach() <= max_reach).then_some(map)
    }

    fn push(&mut self, start: u64, end: u64) {
        match self.runs.last_mut() {
            Some((_, last)) if *last == start => *last = end,
            _ if start < end => self.runs.push((start, end)),
            _ => {}
        }
    }

    fn bits(&self) -> (Vec<u8>, u64) {
        let mut kept = self.clone();
        kept.cut(MAX_BITS);
        let reach = kept.reach();
        let mut bytes = vec![0; 1 + usize::try_from(reach.div_ceil(8)).unwrap_or(0)];
        if let Some(kind) = bytes.first_mut() {
            *kind = b'b';
        }
        for distance in kept.distances() {
            if let Some(byte) = usize::try_from(distance / 8).ok().and_then(|index| bytes.get_mut(1 + index)) {
                *byte |= 1 << (distance % 8);
            }
        }
        (bytes, reach)
    }

    /// Lengths of runs as varints, the first one of open offsets.
    fn run_lengths(&self) -> (Vec<u8>, u64) {
        let (mut bytes, mut reach) = (vec![b'r'], 0);
        for (start, end) in &self.runs {
            if bytes.len() + length(start - reach) + length(end - start) > MAX_BYTES {
                break;
            }
            write_varint(&mut bytes, start - reach);
            write_varint(&mut bytes, end - start);
            reach = *end;
        }
        (bytes, reach)
    }
}

/// Bytes of a varint.
fn length(number: u64) -> usize {
    usize::try_from(number.max(1).ilog2() / 7 + 1).unwrap_or(1)
}

fn write_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
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

#[cfg(test)]
mod tests;
