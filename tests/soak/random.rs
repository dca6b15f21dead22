//! Chance that a seed repeats: SplitMix64 (Steele, Lea, Flood, 2014).

/// A seeded source.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The part `of` a seed: different parts of a run draw independently, so that more of one does not change another.
    pub(crate) fn new(seed: u64, of: &str) -> Self {
        Self(of.bytes().fold(seed, |mixed, byte| mix(mixed ^ u64::from(byte))))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// From 0 up to, not including, `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// From `least` up to and including `most`.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
