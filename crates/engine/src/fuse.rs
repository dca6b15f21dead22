//! The guard of the dead-letter topic: a wrong deployment must not empty the orders into it.

/// Tokens at the start and at most.
const FULL: f64 = 100.0;
/// What a delivered call gives back.
const EARNED: f64 = 0.2;

/// The fuse.
#[derive(Debug, Clone)]
pub(crate) struct Fuse {
    tokens: f64,
}

impl Default for Fuse {
    fn default() -> Self {
        Self { tokens: FULL }
    }
}

impl Fuse {
    /// A call was delivered.
    pub(crate) fn earn(&mut self) {
        self.tokens = (self.tokens + EARNED).min(FULL);
    }

    /// A record was rejected or given up. False: the fuse is empty from now on.
    pub(crate) fn spend(&mut self) -> bool {
        self.tokens = (self.tokens - 1.0).max(0.0);
        !self.is_blown()
    }

    /// Nothing more may be parked.
    pub(crate) fn is_blown(&self) -> bool {
        self.tokens < 1.0
    }

    pub(crate) fn tokens(&self) -> f64 {
        self.tokens
    }
}
