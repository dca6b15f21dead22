//! What becomes of bytes.

use std::collections::BTreeMap;
use std::time::Duration;

/// The weather all connections see.
#[derive(Debug, Clone, Default)]
pub(super) struct Weather {
    pub(super) delay: Duration,
    pub(super) cut: bool,
    pub(super) refuse: bool,
    pub(super) corrupt_all: Option<Damage>,
    pub(super) requests: BTreeMap<i16, Fate>,
    pub(super) answers: BTreeMap<i16, Damage>,
    /// How often everything was reset; a connection ends when this grows.
    pub(super) resets: u64,
    /// How often everything was forgotten; a connection is dead once this has grown.
    pub(super) half_opened: u64,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It never arrives.
    Swallow,
    /// It never arrives, and the proxy answers in the broker's place.
    Answer,
}

/// How an answer is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// One bit of every 64 bytes is flipped.
    Flipped,
    /// Every byte but the head of a Kafka frame becomes 0xFF.
    Nonsense,
    /// Only the first half arrives, then the connection is reset.
    Truncated,
    /// Where these bytes stand, as many times 0xFF stands, which is never UTF-8.
    Word(&'static [u8]),
}

impl Damage {
    /// Damages everything from `from` on. True: the connection ends behind it.
    pub(super) fn spoil(self, piece: &mut Vec<u8>, from: usize) -> bool {
        match self {
            Self::Flipped => piece.iter_mut().skip(from).step_by(64).for_each(|byte| *byte ^= 1),
            Self::Nonsense => piece.iter_mut().skip(from).for_each(|byte| *byte = 0xFF),
            Self::Truncated => piece.truncate(piece.len().div_ceil(2)),
            Self::Word(word) => {
                while let Some(at) = piece.windows(word.len()).position(|window| window == word) {
                    piece[at..at + word.len()].fill(0xFF);
                }
            }
        }
        self == Self::Truncated
    }
}
