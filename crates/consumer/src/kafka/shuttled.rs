//! The same lines made of shuttle's primitives: the threads at their ends take their steps in every order that chance finds.

use std::collections::BTreeSet;

use shuttle::sync::mpsc::{self, Receiver, SyncSender};
use shuttle::thread;

use line::{Life, line, live};

mod sync {
    pub(super) use shuttle::sync::mpsc;
}

#[expect(clippy::duplicate_mod, reason = "the same lines on other primitives: that is what is tested")]
#[path = "line.rs"]
mod line;

/// Orders that are tried.
const ORDERS: usize = 2_000;
/// Steps after which a thread that should have ended has not: without it a loop that never ends is never noticed.
const STEPS: usize = 5_000;

#[derive(Debug)]
enum Command {
    Commit(u32),
    Stop,
}

#[derive(Debug, PartialEq)]
enum Event {
    Committed(u32),
    Closed,
}

/// A consumer whose commits somebody else answers, whenever he comes to it.
struct Consumer {
    asks: mpsc::Sender<u32>,
    answered: Receiver<u32>,
    events: SyncSender<Event>,
}

impl Life for Consumer {
    type Command = Command;
    type End = ();
    const STOP: Command = Command::Stop;

    fn obey(&mut self, command: Command) -> Option<()> {
        match command {
            Command::Commit(ticket) => {
                self.asks.send(ticket).unwrap();
                None
            }
            Command::Stop => Some(()),
        }
    }

    fn answers(&mut self) -> Option<()> {
        while let Ok(ticket) = self.answered.try_recv() {
            // As the product's: the driver is gone only when the process ends.
            let _ = self.events.send(Event::Committed(ticket));
        }
        None
    }

    fn poll(&mut self) -> Option<()> {
        thread::yield_now();
        None
    }
}

/// A poll thread with a coordinator behind it, and the driver's two ends. Only one event may wait.
fn poll_thread() -> (mpsc::Sender<Command>, Receiver<Event>, [thread::JoinHandle<()>; 2]) {
    let (commands, commanded) = mpsc::channel();
    let (events, happened) = mpsc::sync_channel(1);
    let (asks, asked) = mpsc::channel();
    let (answers, answered) = mpsc::channel();
    let coordinator = thread::spawn(move || asked.iter().take_while(|ticket| answers.send(*ticket).is_ok()).for_each(drop::<u32>));
    let polling = thread::spawn(move || {
        live(Consumer { asks, answered, events: events.clone() }, &commanded);
        let _ = events.send(Event::Closed);
    });
    (commands, happened, [coordinator, polling])
}

fn tries(what: impl Fn() + Send + Sync + 'static) {
    let mut config = shuttle::Config::new();
    config.max_steps = shuttle::MaxSteps::FailAfter(STEPS);
    shuttle::Runner::new(shuttle::scheduler::RandomScheduler::new(ORDERS), config).run(what);
}

#[test]
fn every_commit_s_answer_reaches_the_driver_and_the_thread_s_last_word_is_that_it_closed() {
    tries(|| {
        let (commands, events, threads) = poll_thread();
        (0..3).for_each(|ticket| commands.send(Command::Commit(ticket)).unwrap());
        let answered = (0..3).map(|_| events.recv().unwrap()).collect::<Vec<_>>();
        assert_eq!(answered, (0..3).map(Event::Committed).collect::<Vec<_>>());
        commands.send(Command::Stop).unwrap();
        assert_eq!(events.iter().last(), Some(Event::Closed));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_poll_thread_ends_when_its_driver_is_gone_also_if_nobody_takes_its_events() {
    tries(|| {
        let (commands, events, threads) = poll_thread();
        let driver = thread::spawn(move || {
            (0..3).for_each(|ticket| commands.send(Command::Commit(ticket)).unwrap());
            drop(commands);
            drop(events);
        });
        driver.join().unwrap();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn every_question_is_answered_once_in_order_beside_the_one_who_asks() {
    tries(|| {
        let (asking, answering) = line::<u32, u32>();
        let answers = thread::spawn(move || answering.serve(|question| question + 100));
        (0..3).for_each(|question| asking.ask(question));
        let mut told = Vec::new();
        while told.len() < 3 {
            match asking.reply() {
                Some(reply) => told.push(reply),
                None => thread::yield_now(),
            }
        }
        assert_eq!(told, [100, 101, 102]);
        drop(asking);
        answers.join().unwrap();
    });
}

#[test]
fn whoever_answers_ends_with_the_one_who_asked_behind_the_questions_on_their_way() {
    tries(|| {
        let (asking, answering) = line();
        let (noted, notes) = mpsc::channel();
        let answers = thread::spawn(move || answering.serve(|question: u32| noted.send(question).unwrap()));
        (0..3).for_each(|question| asking.ask(question));
        drop(asking);
        answers.join().unwrap();
        let seen = notes.iter().collect::<Vec<_>>();
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "none is answered twice");
        assert!(seen.is_sorted());
    });
}
