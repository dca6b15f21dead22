//! The window against a coordinator: whatever is on its way lands whenever it likes, and nothing is ever sent that a successor would not be
//! told of.

use proptest::prelude::*;

use super::*;

const SESSION: Duration = Duration::from_secs(40);

/// What happens next. The numbers choose among what is on its way.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The position grows.
    Read(i64),
    /// The commit that is due goes out.
    Commit,
    /// One commit reaches the coordinator, which stores it; or is refused there.
    Land(u8, bool),
    /// One answer reaches us.
    Answer(u8),
    /// The client gives one up that it has sent: it may land all the same, and nobody hears of that.
    GiveUp(u8),
    /// The client has sent an overdue one twice.
    Twice(u8),
    /// What the client gave up lands.
    LandUnheard(u8),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop_oneof![0..100_i64, 5_000..30_000_i64].prop_map(Step::Read),
        8 => Just(Step::Commit),
        8 => (any::<u8>(), prop::bool::weighted(0.8)).prop_map(|(which, stored)| Step::Land(which, stored)),
        8 => any::<u8>().prop_map(Step::Answer),
        3 => any::<u8>().prop_map(Step::GiveUp),
        2 => any::<u8>().prop_map(Step::Twice),
        3 => any::<u8>().prop_map(Step::LandUnheard),
        3 => prop_oneof![3 => 0..200_u64, 3 => 4_000..9_000_u64, 1 => 30_000..50_000_u64].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..120)
}

struct World {
    window: Window,
    now: Now,
    position: Offset,
    /// Sent, not landed.
    away: Vec<Sent>,
    /// Given up by the client, not landed, and since when we know of it.
    given_up: Vec<(Sent, Option<Now>)>,
    /// Landed or refused there, the answer on its way back.
    back: Vec<(CommitTicket, CommitResult)>,
    /// What a successor would read.
    stored: Option<Sent>,
    next: u64,
    /// Nothing at or above it was ever allowed.
    spoken: Offset,
}

impl World {
    fn new(inherited: Option<i64>) -> Self {
        let from = Offset(0);
        let window = inherited.map_or_else(|| Window::fresh(from), |needs| Window::inherited(from, Offset(needs)));
        let (away, given_up, back) = (Vec::new(), Vec::new(), Vec::new());
        Self { window, now: Now::default(), position: from, away, given_up, back, stored: None, next: 1, spoken: from }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Read(records) => self.position.0 += records,
            Step::Commit => {
                // Half of what was read is settled.
                let offset = Offset(self.position.0 / 2);
                let due = self.window.due(self.position, offset, SESSION, u32::MAX);
                if self.window.may_send(self.now) && due.is_some_and(|at| at <= self.now) {
                    let (ticket, window) = (CommitTicket(self.next), self.window.next(offset, self.position));
                    let sent = Sent { ticket, offset, window, issued_at: self.now, last_one: false };
                    assert!(window >= self.spoken, "a later commit never tells of less than was allowed");
                    self.next += 1;
                    self.window.sent(sent);
                    self.away.push(sent);
                }
            }
            Step::Land(which, stored) => {
                if !self.away.is_empty() {
                    let sent = self.away.remove(usize::from(which) % self.away.len());
                    if stored {
                        self.stored = Some(sent);
                    }
                    self.back.push((sent.ticket, if stored { CommitResult::Accepted } else { CommitResult::TryAgain }));
                }
            }
            Step::Answer(which) => {
                if !self.back.is_empty() {
                    let (ticket, result) = self.back.remove(usize::from(which) % self.back.len());
                    self.window.answered(ticket, result, SESSION, self.now);
                    let these = self.given_up.iter_mut().filter(|(sent, told)| sent.ticket == ticket && told.is_none());
                    these.for_each(|(_, told)| *told = Some(self.now));
                }
            }
            Step::GiveUp(which) => {
                if !self.away.is_empty() {
                    let sent = self.away.remove(usize::from(which) % self.away.len());
                    self.given_up.push((sent, None));
                    self.back.push((sent.ticket, CommitResult::InDoubt));
                }
            }
            Step::Twice(which) => {
                let late = |sent: &Sent| Now(sent.issued_at.0 + Window::patience(SESSION)) <= self.now;
                if let Some(sent) = self.away.get(usize::from(which) % self.away.len().max(1)).filter(|sent| late(sent)) {
                    self.given_up.push((*sent, None));
                }
            }
            Step::LandUnheard(which) => {
                if !self.given_up.is_empty() {
                    let (sent, _) = self.given_up.remove(usize::from(which) % self.given_up.len());
                    self.stored = Some(sent);
                }
            }
            Step::Pass(millis) => {
                self.now.0 += Duration::from_millis(millis);
                // Nothing lies on its way for longer than a session.
                self.given_up.retain(|(_, told)| told.is_none_or(|told| self.now < Now(told.0 + SESSION)));
                self.window.expire(SESSION, self.now);
                self.window.end_doubts(SESSION, self.now);
            }
        }
    }

    fn check(&mut self) {
        let Some(limit) = self.window.limit().filter(|_| self.window.is_open()) else { return };
        self.spoken = self.spoken.max(limit);
        let told = self.stored.map(|stored| stored.window);
        assert!(told.is_some_and(|told| limit <= told), "{limit} is sent below, a successor reads {told:?}");
        // A commit on its way may land at any time, whatever was stored before.
        assert!(
            self.away.iter().chain(self.given_up.iter().map(|(sent, _)| sent)).all(|sent| limit <= sent.window),
            "what may still land tells of less"
        );
        assert!(limit.0 <= self.position.0 + Window::HEADROOM);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_is_sent_that_a_successor_would_not_be_told_of(inherited in prop::option::of(0..40_000_i64), steps in steps()) {
        let mut world = World::new(inherited);
        if let Some(needs) = inherited {
            world.position = Offset(needs);
        }
        for step in steps {
            world.step(step);
            world.check();
        }
    }

    /// When everything is answered again the window runs ahead of the position, whatever happened before.
    #[test]
    fn once_the_coordinator_answers_the_window_is_open_and_ahead(inherited in prop::option::of(0..40_000_i64), steps in steps()) {
        let mut world = World::new(inherited);
        for step in steps {
            world.step(step);
        }
        let offset = world.position;
        // What is in doubt is over a session after a commit was accepted.
        for _ in 0..20 {
            world.step(Step::Commit);
            while !world.away.is_empty() {
                world.step(Step::Land(0, true));
            }
            while !world.back.is_empty() {
                world.step(Step::Answer(0));
            }
            world.step(Step::Pass(4_000));
        }
        let limit = world.window.limit().filter(|_| world.window.is_open()).unwrap();
        prop_assert!(limit.0 >= offset.0 + Window::HEADROOM / 2, "{} of {}", limit, offset);
        prop_assert!(!world.window.has_unanswered());
    }
}
