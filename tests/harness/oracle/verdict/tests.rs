use super::*;
use crate::oracle::log::Letter;

/// A world in which everything is as it should be: order A with two modifications and a tombstone between them, then a record that is none.
struct World {
    log: Log,
    commits: Vec<Told>,
    applied: Applied,
    resent: bool,
}

fn modification(order: &str, at: i64, status: &str) -> What {
    What::Modification { order: order.to_owned(), at, status: status.to_owned() }
}

fn step(modified: i64, status: &str, request: &str, at: i64) -> Step {
    Step { modified, status: status.to_owned(), request: request.to_owned(), at }
}

fn told(offset: i64, by: i64) -> Told {
    Told { partition: 0, offset, metadata: String::new(), by }
}

fn world() -> World {
    let records = [modification("A", 1, "TICKETED"), What::Tombstone, modification("A", 2, "USED"), What::Unfit];
    let records = records.into_iter().zip(0..).map(|(what, offset)| ((0, offset), what)).collect();
    let letters = BTreeMap::from([((0, 3), Letter { reason: "undecodable".to_owned(), at: 30 })]);
    let steps = vec![step(1, "TICKETED", "r1", 10), step(2, "USED", "r2", 20)];
    let orders = BTreeMap::from([("A".to_owned(), Steps { applied: 2, steps })]);
    World {
        log: Log { records, letters, letters_again: 0 },
        commits: vec![told(2, 10), told(3, 25), told(4, 30)],
        applied: Applied { orders, older_after_newer: 0, violations: Vec::new() },
        resent: false,
    }
}

impl World {
    fn steps(&mut self) -> &mut Vec<Step> {
        &mut self.applied.orders.get_mut("A").unwrap().steps
    }

    fn judge(&self, finished: bool) -> Result<Seen, Vec<String>> {
        verdict(&Evidence { log: &self.log, commits: &self.commits, applied: &self.applied, ends: vec![4], finished, resent: self.resent })
    }

    #[track_caller]
    fn is_wrong(&self, what: &str) {
        let wrong = self.judge(true).unwrap_err();
        assert!(wrong.len() == 1 && wrong[0].contains(what), "{wrong:#?}");
    }
}

#[test]
fn nothing_is_wrong_with_a_good_world() {
    let seen = Seen { records: 4, applied: 2, letters: 1, commits: 3, ..Seen::default() };
    assert_eq!(world().judge(true), Ok(seen));
}

#[test]
fn an_older_modification_after_a_newer_one_is_backwards() {
    let mut world = world();
    world.log.records.insert((0, 0), modification("A", 1, "PAID"));
    *world.steps() = vec![step(1, "PAID", "r1", 10), step(2, "USED", "r2", 20), step(1, "PAID", "r1", 22), step(2, "USED", "r2", 23)];
    world.is_wrong("A went backwards");
}

#[test]
fn a_milestone_may_be_repeated_when_the_newest_follows() {
    let mut world = world();
    world.steps().extend([step(1, "TICKETED", "r1", 22), step(2, "USED", "r2", 23)]);
    world.applied.older_after_newer = 1;
    let seen = world.judge(true).unwrap();
    assert_eq!((seen.repeats, seen.milestones_again), (2, 1));
    world.applied.older_after_newer = 2;
    world.is_wrong("of which 1 are explained");
    world.applied.older_after_newer = 1;
    world.steps().pop();
    world.is_wrong("AlipayHK holds");
}

#[test]
fn the_newest_has_to_be_there_at_the_end() {
    let mut world = world();
    world.log.records.insert((0, 3), modification("B", 1, "USED"));
    let wrong = world.judge(false).map(drop);
    assert_eq!(wrong, Ok(()), "its letter decides it");
    world.log.letters.clear();
    let wrong = world.judge(true).unwrap_err();
    assert!(wrong.iter().any(|line| line.contains("B: AlipayHK holds None")), "{wrong:#?}");
}

#[test]
fn a_commit_needs_what_lies_below_it_decided_by_then() {
    let mut early = world();
    early.commits = vec![told(3, 19), told(4, 30)];
    early.is_wrong("(0, 2)");
    let mut early = world();
    early.commits = vec![told(3, 25), told(4, 29)];
    early.is_wrong("(0, 3)");
}

#[test]
fn a_superseded_modification_is_decided_with_the_newer_one() {
    let mut world = world();
    world.steps().remove(0);
    world.applied.orders.get_mut("A").unwrap().applied = 1;
    world.commits = vec![told(3, 20), told(4, 30)];
    assert!(world.judge(true).is_ok());
    world.commits.insert(0, told(1, 19));
    world.is_wrong("(0, 0)");
}

#[test]
fn a_commit_that_goes_back_or_beyond_is_wrong() {
    let mut back = world();
    back.commits.insert(2, told(2, 26));
    back.is_wrong("went back from 3 to 2");
    back.resent = true;
    assert_eq!(back.judge(true).map(|seen| seen.went_back), Ok(1));
    let mut beyond = world();
    beyond.commits.insert(2, told(5, 26));
    beyond.commits.pop();
    let wrong = beyond.judge(false).unwrap_err();
    assert!(wrong.iter().any(|line| line.contains("beyond the end")), "{wrong:#?}");
}

#[test]
fn the_end_has_to_be_committed_when_all_is_done() {
    let mut world = world();
    world.commits.pop();
    world.is_wrong("the log ends at [4]");
    assert!(world.judge(false).is_ok());
}

#[test]
fn what_no_record_says_is_invented() {
    let mut world = world();
    world.steps().insert(1, step(1, "CLOSED", "r3", 15));
    world.is_wrong("no record says CLOSED at 1");
}

#[test]
fn an_unfit_record_needs_a_letter_and_a_letter_a_record() {
    let mut world = world();
    let letter = world.log.letters.remove(&(0, 3)).unwrap();
    world.log.letters.insert((0, 9), letter);
    let wrong = world.judge(true).unwrap_err();
    assert!(wrong.iter().any(|line| line.contains("(0, 3) is no order event")) && wrong.iter().any(|line| line.contains("(0, 9)")));
}

#[test]
fn what_alipayhk_objects_to_is_wrong() {
    let mut world = world();
    world.applied.violations.push("two at once".to_owned());
    world.is_wrong("AlipayHK saw two at once");
}
