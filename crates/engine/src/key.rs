//! Maps by an order's keyed hash.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::io::PartitionId;

/// A map whose keys are keyed hashes already: they are not hashed once more.
pub(crate) type KeyMap<V> = HashMap<u64, V, BuildHasherDefault<Hashed>>;

/// Passes a 64-bit hash through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Where orders live.
pub(crate) type Homes = HashSet<Home, BuildHasherDefault<Hashed>>;

/// An order's key and its partition in eight bytes, which halves the set of them: the upper 44 bits of the key, and 20 of the partition's
/// number. Homes are equal by their keys. Two orders in a million million share one: it is a hint where to look, no proof.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Home(u64);

/// The bits of the partition's number.
const NUMBER: u64 = (1 << 20) - 1;

impl Home {
    pub(crate) fn new(key: u64, partition: PartitionId) -> Self {
        Self(key & !NUMBER | u64::from(partition.0) & NUMBER)
    }

    pub(crate) fn partition(self) -> PartitionId {
        PartitionId((self.0 & NUMBER) as u32)
    }

    fn key(self) -> u64 {
        self.0 & !NUMBER
    }
}

impl PartialEq for Home {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Home {}

impl Hash for Home {
    /// A hash map looks at both ends of a hash, and the lower end of this key is empty.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.key() | self.key() >> 20);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_found_by_its_order_and_tells_its_partition() {
        let (key, other) = (0xdead_beef_0123_4567, 0xdead_beef_1123_4567);
        let mut homes = Homes::default();
        assert!(homes.replace(Home::new(key, PartitionId(7))).is_none());
        assert!(homes.replace(Home::new(other, PartitionId(7))).is_none());
        assert_eq!(homes.replace(Home::new(key, PartitionId(9))).unwrap().partition(), PartitionId(7));
        assert_eq!(homes.get(&Home::new(key, PartitionId(0))).unwrap().partition(), PartitionId(9));
        assert_eq!(size_of::<Home>(), 8);
    }
}
