//! Every rule is needed: without it the simulation finds something, at the seed that is written down for it.

use order_sync_sim::{World, mutants::HUNTS};

/// So many other seeds are tried when the one that is written down notices nothing any more.
const FURTHER: u64 = 4_000;

#[test]
fn a_missing_rule_is_noticed() {
    let mut missed = Vec::new();
    for hunt in HUNTS {
        let Some(seed) = hunt.seed else {
            assert!(!hunt.why.is_empty(), "{:?} has neither a seed nor a reason", hunt.off);
            continue;
        };
        // A change of the engine may lead the seed elsewhere: then the next ones are looked through.
        let name = hunt.generator.name();
        let notices = |seed: &u64| World::without(hunt.off, hunt.generator.scenario(*seed)).run().violation.is_some();
        match [seed].into_iter().chain(1..=FURTHER).find(notices) {
            None => missed.push(format!("{:?}: --generator {name} finds nothing without it", hunt.off)),
            Some(seed) => {
                if let Some(violation) = World::new(hunt.generator.scenario(seed)).run().violation {
                    missed.push(format!("{:?}: --generator {name} --seed {seed} finds with every rule: {violation}", hunt.off));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}\nlook for other seeds: ./dev sim --mutants --count 20000", missed.join("\n"));
}

#[test]
fn every_rule_is_hunted_and_told_of_in_the_proof_with_its_seed_or_reason() {
    let rules = include_str!("../../../crates/engine/src/rules.rs");
    let rules = rules.split_once("pub enum Rule {").and_then(|(_, rest)| rest.split_once('}')).expect("the rules").0;
    let rules: Vec<&str> = rules.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("///")).collect();
    assert!(rules.len() > 30, "the rules were read");
    for rule in rules {
        let name = rule.trim_end_matches(',');
        assert!(HUNTS.iter().any(|hunt| hunt.off[0].name() == name), "{name} is in no hunt of tests/sim/src/mutants.rs");
    }
    let proof = include_str!("../../../docs/proof.md");
    for hunt in HUNTS {
        let row = hunt.off.iter().map(|mutant| format!("`{}`", mutant.name())).collect::<Vec<_>>().join(", with ");
        let row = format!("| {row} | {} | ", hunt.generator.name());
        let row = proof.lines().find(|line| line.contains(&row)).unwrap_or_else(|| panic!("docs/proof.md has no row {row}"));
        match hunt.seed {
            Some(seed) => assert!(row.ends_with(&format!("| seed {seed} |")), "the seed is now {seed}: {row}"),
            None => assert!(!row.ends_with("|  |") && !row.contains("| seed "), "there is no seed, and the reason is missing: {row}"),
        }
    }
}
