//! What can be asked of the long run.

use std::time::Duration;

use order_sync_sim::{Generator, Mutant, mutants};

/// The help text.
pub(crate) const HELP: &str = "\
usage: ./dev sim [--minutes N] [--count N] [--jobs N] [--generator NAME] [--from SEED]
       ./dev sim --seed N [--generator NAME] [--trace]
       ./dev sim --mutants [--count N] [--generator NAME]

Runs simulated worlds, one seed after the other: the real engine with the real meaning of answers, AlipayHK's order
model, and models of Kafka's log, coordinator and client, in virtual time, with crashes, freezes, lost and late commits,
cut-off members, damaged metadata. Every line says how far it is; what it finds it prints with the seed that shows it.

  --minutes N       so long (default: 1)
  --count N         at most so many schedules
  --jobs N          threads (default: one a core)
  --generator NAME  only this kind: mixed small chain freeze cut commits doubtful wide foreign storm closed refused orderly quota moved static restored told
                    crossed strict cached aged alone prompt calm
  --from SEED       the first seed (default: 1)
  --seed N          one world; with --trace everything that happens in it
  --without RULE    a rule is switched off, by its name in the list of mutants; may be repeated
  --mutants         how often each missing rule is noticed

  example: ./dev sim --minutes 5 --jobs 2";

/// What shall be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    Help,
    One(u64),
    Many,
    Mutants,
}

/// The command line.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) work: Work,
    pub(crate) time: Duration,
    pub(crate) count: u64,
    pub(crate) jobs: usize,
    pub(crate) from: u64,
    pub(crate) generators: Vec<Generator>,
    /// A generator was named.
    pub(crate) chosen: bool,
    pub(crate) trace: bool,
    pub(crate) off: Vec<Mutant>,
    /// A line of progress this often.
    pub(crate) every: Duration,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self {
            work: Work::Many,
            time: Duration::from_secs(60),
            count: u64::MAX / 2,
            jobs: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            from: 1,
            generators: Generator::RUN.to_vec(),
            chosen: false,
            trace: false,
            off: Vec::new(),
            every: Duration::from_secs(5),
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value; ./dev sim --help"));
            match word.as_str() {
                "--help" | "-h" => read.work = Work::Help,
                "--mutants" => read.work = Work::Mutants,
                "--trace" => read.trace = true,
                "--minutes" => {
                    read.time = Duration::try_from_secs_f64(number::<f64>(&word, &value()?)? * 60.0).map_err(|e| format!("{word}: {e}"))?
                }
                "--count" => (read.count, read.time) = (number(&word, &value()?)?, read.time.max(Duration::from_secs(86_400))),
                "--jobs" => read.jobs = number::<usize>(&word, &value()?)?.max(1),
                "--from" => read.from = number(&word, &value()?)?,
                "--seed" => {
                    read.work = Work::One(number(&word, &value()?)?);
                    if !read.chosen {
                        read.generators = vec![Generator::Mixed];
                    }
                }
                "--generator" => {
                    let name = value()?;
                    let generator =
                        Generator::parse(&name).ok_or_else(|| format!("--generator: {name} is none; ./dev sim --help lists them"))?;
                    (read.generators, read.chosen) = (vec![generator], true);
                }
                "--without" => {
                    let name = value()?;
                    let known = mutants::HUNTS.iter().flat_map(|hunt| hunt.off).find(|mutant| mutant.name() == name);
                    read.off.push(*known.ok_or_else(|| format!("--without: {name} is no rule; ./dev sim --mutants lists them"))?);
                }
                _ => return Err(format!("{word} is unknown; ./dev sim --help")),
            }
        }
        Ok(read)
    }
}

fn number<T: std::str::FromStr>(word: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{word}: {text} is no number"))
}
