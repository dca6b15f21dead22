//! The long run: seed after seed until time is up, with a line that says how far it is.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::cell::Cell;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use order_sync_sim::{Generator, World};

mod arguments;

use arguments::{Arguments, Work};

thread_local! {
    static SEED: Cell<(&'static str, u64)> = const { Cell::new(("", 0)) };
}

/// What all threads count together.
#[derive(Default)]
struct Counted {
    next: AtomicU64,
    done: AtomicU64,
    events: AtomicU64,
    calls: AtomicU64,
    repeats: AtomicU64,
    millis: AtomicU64,
    stop: AtomicBool,
    found: Mutex<Vec<(Generator, u64, String)>>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let (generator, seed) = SEED.get();
        eprintln!("a panic in --generator {generator} --seed {seed}");
        told(info);
    }));
    match arguments.work {
        Work::Help => {
            println!("{}", arguments::HELP);
            ExitCode::SUCCESS
        }
        Work::One(seed) => one(&arguments, seed),
        Work::Many => many(&arguments),
        Work::Mutants => {
            mutants(&arguments);
            ExitCode::SUCCESS
        }
    }
}

fn world(generator: Generator, seed: u64, off: &[order_sync_sim::Mutant]) -> World {
    SEED.set((generator.name(), seed));
    World::without(off, generator.scenario(seed))
}

fn one(arguments: &Arguments, seed: u64) -> ExitCode {
    let generator = arguments.generators[0];
    let mut world = world(generator, seed, &arguments.off).traced();
    let ended = world.run();
    if arguments.trace {
        world.trace().iter().for_each(|line| println!("{line}"));
    }
    println!("{} {seed}: {} calls, {} events in {} s of its time", generator.name(), ended.calls, ended.events, ended.time / 1_000);
    match ended.violation {
        Some(violation) => {
            println!("{violation}");
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

fn many(arguments: &Arguments) -> ExitCode {
    let counted = Counted { next: AtomicU64::new(arguments.from), ..Counted::default() };
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs {
            scope.spawn(|| work(arguments, &counted, began));
        }
        let mut said = Instant::now();
        while !counted.stop.load(Ordering::Relaxed) {
            std::thread::park_timeout(Duration::from_millis(50));
            let over = began.elapsed() >= arguments.time || counted.done.load(Ordering::Relaxed) >= arguments.count;
            if over {
                counted.stop.store(true, Ordering::Relaxed);
            }
            if over || said.elapsed() >= arguments.every {
                said = Instant::now();
                say(arguments, &counted, began);
            }
        }
    });
    let found = counted.found.lock().expect("no thread panicked");
    for (generator, seed, violation) in found.iter().take(10) {
        let name = generator.name();
        println!("{violation}\n  again: ./dev sim --generator {name} --seed {seed} --trace");
    }
    if let Some((generator, seed, _)) = found.first() {
        let mut world = world(*generator, *seed, &arguments.off).traced();
        world.run();
        let trace = world.trace();
        println!("the last 40 lines of --generator {} --seed {seed}:", generator.name());
        trace.iter().skip(trace.len().saturating_sub(40)).for_each(|line| println!("{line}"));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A thread that panics ends the run.
struct Ends<'a>(&'a Counted);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn work(arguments: &Arguments, counted: &Counted, began: Instant) {
    let _ends = Ends(counted);
    while !counted.stop.load(Ordering::Relaxed) && began.elapsed() < arguments.time {
        let number = counted.next.fetch_add(1, Ordering::Relaxed);
        if number >= arguments.from + arguments.count {
            return;
        }
        let generator = arguments.generators[number as usize % arguments.generators.len()];
        let ended = world(generator, number, &arguments.off).run();
        counted.done.fetch_add(1, Ordering::Relaxed);
        counted.events.fetch_add(ended.events, Ordering::Relaxed);
        counted.calls.fetch_add(ended.calls, Ordering::Relaxed);
        counted.repeats.fetch_add(ended.repeats, Ordering::Relaxed);
        counted.millis.fetch_add(ended.time, Ordering::Relaxed);
        if let Some(violation) = ended.violation {
            counted.found.lock().expect("no thread panicked").push((generator, number, violation.to_string()));
        }
    }
}

fn say(arguments: &Arguments, counted: &Counted, began: Instant) {
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let done = of(&counted.done);
    let seconds = began.elapsed().as_secs_f64();
    let rate = done as f64 / seconds;
    println!(
        "{seconds:>7.0} s  {done} schedules  {rate:.0}/s  {:.0}/s each of {} threads  seeds {}..{}  {} events  {} calls  {} repeats  {} days of time  violations: {}",
        rate / arguments.jobs as f64,
        arguments.jobs,
        arguments.from,
        of(&counted.next).min(arguments.from.saturating_add(arguments.count)),
        of(&counted.events),
        of(&counted.calls),
        of(&counted.repeats),
        of(&counted.millis) / 86_400_000,
        counted.found.lock().expect("no thread panicked").len(),
    );
}

/// How often each missing rule is noticed.
fn mutants(arguments: &Arguments) {
    for hunt in order_sync_sim::mutants::HUNTS {
        let names = hunt.off.iter().map(|mutant| mutant.name()).collect::<Vec<_>>().join(" + ");
        let generators = if arguments.chosen { &arguments.generators[..] } else { &[hunt.generator] };
        for generator in generators {
            let (began, mut first, mut caught, mut done) = (Instant::now(), None, 0, 0);
            let mut by = std::collections::BTreeMap::new();
            for seed in arguments.from..arguments.from.saturating_add(arguments.count) {
                if began.elapsed() > arguments.time {
                    break;
                }
                done += 1;
                if let Some(violation) = world(*generator, seed, hunt.off).run().violation {
                    caught += 1;
                    first.get_or_insert((seed, began.elapsed()));
                    *by.entry(violation.invariant).or_insert(0) += 1;
                }
            }
            let first = first.map_or("never".to_owned(), |(seed, after)| format!("seed {seed} after {:.2} s", after.as_secs_f64()));
            println!("{names:32} {:8} {caught:>7} of {done}  first {first}  {by:?}", generator.name());
        }
    }
}
