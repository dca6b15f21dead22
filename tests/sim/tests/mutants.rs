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
