//! What AlipayHK has accepted of orders, as the outcomes topic tells it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use engine::Standing;
use rdkafka::message::Message;

use super::{Keys, Newest, OrderKey, Seen, Version};
use crate::commands::progress::Progress;
use crate::commands::trouble::Trouble;
use crate::config::Config;
use crate::kafka::reader::{Part, Reader};
use crate::schema::outcome::Told;

/// What is known of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) struct Known {
    pub(in crate::commands) standing: Standing,
    /// The newest version that was accepted, as far as any outcome still tells.
    pub(in crate::commands) accepted: Option<Version>,
}

/// What is known of the orders that are asked for.
#[derive(Debug, Default)]
pub(in crate::commands) struct Knowledge {
    orders: HashMap<OrderKey, Known>,
}

/// How a modification stands to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Compared {
    /// Newer than everything, or nothing is known; or it is the one that was refused.
    Sendable,
    /// This very one was accepted, or what says the same at the same time.
    Accepted,
    /// A newer one was decided.
    Older(Version),
}

impl Knowledge {
    /// Reads the outcomes topic, where there is one, for these orders.
    pub(in crate::commands) fn read(config: &Config, reader: &Reader, keys: &Keys, wanted: &Newest) -> Result<Self, Trouble> {
        let mut found = Self::default();
        let Some(topic) = config.outcomes.as_ref().map(|outcomes| &outcomes.topic).filter(|_| wanted.len() > 0) else { return Ok(found) };
        let parts = reader.parts(topic, None).map_err(Trouble::at("outcomes.topic"))?;
        let mut progress = Progress::new(parts.iter().map(Part::len).sum(), "outcomes");
        let read = reader.read(parts, |message, behind| {
            progress.show(behind);
            if let Some(told) = message.and_then(|message| Told::read(message.payload()?).ok())
                && let Some(key) = told.order.map(|order| keys.of(order)).filter(|key| wanted.of(*key).is_some())
            {
                found.take(key, &told);
            }
            ControlFlow::Continue(())
        });
        read.map_err(Trouble::at("outcomes.topic"))?;
        Ok(found)
    }

    pub(in crate::commands) fn of(&self, order: OrderKey) -> Option<&Known> {
        self.orders.get(&order)
    }

    fn take(&mut self, key: OrderKey, told: &Told<'_>) {
        let Some(standing) = told.standing() else { return };
        let decided = Seen::decided(&standing).version;
        let own = told.modified_at.filter(|_| told.disposition == "delivered").map(|at| Version { at, offset: told.offset });
        let accepted = own.max(standing.was_accepted.then_some(decided));
        let known = self.orders.entry(key).or_insert_with(|| Known { standing: standing.clone(), accepted });
        known.accepted = known.accepted.max(accepted);
        if decided >= Seen::decided(&known.standing).version {
            known.standing = standing;
        }
    }
}

impl Known {
    /// Whether a modification may still be sent. `sent`: the newest one that this run has sent of the order.
    pub(in crate::commands) fn compare(&self, seen: Seen, sent: Option<Seen>) -> Compared {
        let version = seen.version;
        let decided = Seen::decided(&self.standing);
        match self.accepted {
            Some(accepted) if version == accepted => Compared::Accepted,
            // After something else it is a change back.
            Some(_)
                if self.standing.was_accepted && seen.is_twin_of(decided) && sent.is_none_or(|sent| sent.version <= decided.version) =>
            {
                Compared::Accepted
            }
            Some(accepted) if version < accepted => Compared::Older(accepted),
            // Refused, and newer: what was accepted before it may be newer too.
            _ if version < decided.version => Compared::Older(decided.version),
            _ => Compared::Sendable,
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::{Disposition, Offset};

    use super::*;
    use crate::schema::outcome::{Facts, encode};

    const DELIVERED: Disposition = Disposition::Delivered;

    fn tell(knowledge: &mut Knowledge, standing: &Standing, disposition: &Disposition, offset: i64) {
        let value = encode(&Facts {
            topic: "orders",
            partition: 0,
            offset,
            order: Some("A"),
            disposition,
            event: None,
            request_id: None,
            notes: None,
            at_millis: 1,
            standing: Some(standing),
        });
        knowledge.take((1, 1), &Told::read(&value).unwrap());
    }

    fn standing(at: i64, offset: i64, was_accepted: bool) -> Standing {
        Standing { at, offset: Offset(offset), content: 7, was_accepted, accepted: None }
    }

    /// Of a modification that says something else than all that was told.
    fn compare(knowledge: &Knowledge, at: i64, offset: i64) -> Compared {
        compare_content(knowledge, at, offset, 0)
    }

    fn compare_content(knowledge: &Knowledge, at: i64, offset: i64, content: u32) -> Compared {
        knowledge.of((1, 1)).unwrap().compare(Seen { version: Version { at, offset }, content }, None)
    }

    #[test]
    fn what_says_the_same_as_the_accepted_one_at_its_time_is_accepted_wherever_it_lies() {
        let mut knowledge = Knowledge::default();
        tell(&mut knowledge, &standing(10, 4, true), &DELIVERED, 4);
        let twins = [3, 5].map(|offset| compare_content(&knowledge, 10, offset, 7));
        assert_eq!(twins, [Compared::Accepted, Compared::Accepted]);
        assert_eq!(compare_content(&knowledge, 11, 5, 7), Compared::Sendable, "it says so at another time");
        let [between, back] = [(5, 0), (9, 7)].map(|(offset, content)| Seen { version: Version { at: 10, offset }, content });
        assert_eq!(knowledge.of((1, 1)).unwrap().compare(back, Some(between)), Compared::Sendable, "it changes back what was sent between");
        tell(&mut knowledge, &standing(20, 6, false), &Disposition::Superseded { by: Offset(6) }, 5);
        assert_eq!(compare_content(&knowledge, 20, 8, 7), Compared::Sendable, "the one it equals was refused");
    }

    #[test]
    fn what_is_older_than_the_last_accepted_one_is_never_sent() {
        let mut knowledge = Knowledge::default();
        tell(&mut knowledge, &standing(10, 4, true), &DELIVERED, 4);
        let accepted = Version { at: 10, offset: 4 };
        assert_eq!(compare(&knowledge, 9, 8), Compared::Older(accepted));
        assert_eq!(compare(&knowledge, 10, 3), Compared::Older(accepted), "equal times: the later offset is newer");
        assert_eq!(compare(&knowledge, 10, 4), Compared::Accepted);
        assert_eq!((compare(&knowledge, 10, 5), compare(&knowledge, 11, 0)), (Compared::Sendable, Compared::Sendable));
    }

    #[test]
    fn what_was_refused_may_be_sent_again_and_nothing_between_it_and_what_was_accepted() {
        let mut knowledge = Knowledge::default();
        tell(&mut knowledge, &standing(10, 4, true), &DELIVERED, 4);
        tell(&mut knowledge, &standing(20, 6, false), &Disposition::Superseded { by: Offset(6) }, 5);
        assert_eq!(compare(&knowledge, 20, 6), Compared::Sendable);
        assert_eq!(compare(&knowledge, 15, 9), Compared::Older(Version { at: 20, offset: 6 }));
        assert_eq!(compare(&knowledge, 10, 4), Compared::Accepted);
    }

    #[test]
    fn an_earlier_outcome_that_was_written_later_takes_nothing_back() {
        let mut knowledge = Knowledge::default();
        tell(&mut knowledge, &standing(20, 6, true), &DELIVERED, 6);
        tell(&mut knowledge, &standing(10, 4, true), &DELIVERED, 4);
        assert_eq!(knowledge.of((1, 1)).unwrap().standing, standing(20, 6, true));
    }
}
