//! Every rule is needed: without it the simulation finds something, at the seed that is written down for it.

use order_sync_sim::{World, mutants::HUNTS};

#[test]
fn a_missing_rule_is_noticed() {
    let mut missed = Vec::new();
    for hunt in HUNTS {
        let Some(seed) = hunt.seed else {
            assert!(!hunt.why.is_empty(), "{:?} has neither a seed nor a reason", hunt.off);
            continue;
        };
        let scenario = hunt.generator.scenario(seed);
        if World::without(hunt.off, scenario.clone()).run().violation.is_none() {
            missed.push(format!("{:?}: --generator {} --seed {seed} finds nothing without it", hunt.off, hunt.generator.name()));
        }
        if let Some(violation) = World::new(scenario).run().violation {
            missed.push(format!("{:?}: --generator {} --seed {seed} finds with every rule: {violation}", hunt.off, hunt.generator.name()));
        }
    }
    assert!(missed.is_empty(), "{}\nlook for other seeds: ./dev sim --mutants --count 20000", missed.join("\n"));
}
