use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::decision::Decision;

/// How many request ids are remembered. AlipayHK's family says "for ever"; the oldest here are forgotten.
const REMEMBERED: usize = 200_000;

/// The definitive answers by `requestId`.
#[derive(Default)]
pub(super) struct Answered {
    by_id: HashMap<Arc<str>, (Arc<str>, Decision)>,
    oldest: VecDeque<Arc<str>>,
}

impl Answered {
    /// The content it came with and the answer it got.
    pub(super) fn of(&self, request_id: &str) -> Option<(&str, &Decision)> {
        self.by_id.get(request_id).map(|(content, decision)| (&**content, decision))
    }

    pub(super) fn keep(&mut self, request_id: &str, content: &Arc<str>, decision: &Decision) {
        if !decision.is_final() || self.by_id.contains_key(request_id) {
            return;
        }
        if self.by_id.len() >= REMEMBERED
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        let id: Arc<str> = request_id.into();
        self.oldest.push_back(Arc::clone(&id));
        self.by_id.insert(id, (Arc::clone(content), decision.clone()));
    }
}
