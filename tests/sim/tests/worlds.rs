//! Bounded runs of every generator, sweeps over every step, and the seeds that once found something.

use order_sync_sim::{Ended, Generator, Scenario, World};

fn run(scenario: Scenario) -> Ended {
    World::new(scenario).run()
}

/// Runs so many seeds of a generator.
fn seeds(generator: Generator, count: u64) {
    for seed in 1..=count {
        if let Some(violation) = run(generator.scenario(seed)).violation {
            panic!("{violation}\n  again: ./dev sim --generator {} --seed {seed} --trace", generator.name());
        }
    }
}

/// Changes a calm world at every step of every process.
fn sweep(bases: u64, change: impl Fn(&mut Scenario, usize, u32)) {
    for seed in 1..=bases {
        let base = Generator::Calm.scenario(seed);
        let steps = run(base.clone()).steps;
        for (process, steps) in steps.into_iter().enumerate() {
            for step in 1..=steps {
                let mut scenario = base.clone();
                scenario.quiet = false;
                change(&mut scenario, process, step);
                if let Some(violation) = run(scenario).violation {
                    panic!("{violation}\n  in the calm world {seed}, process {process}, step {step}");
                }
            }
        }
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    for generator in Generator::ALL {
        for seed in 1..20 {
            assert_eq!(run(generator.scenario(seed)), run(generator.scenario(seed)), "{} {seed}", generator.name());
        }
    }
}

#[test]
fn everything_together_breaks_no_rule() {
    seeds(Generator::Mixed, 1_500);
    seeds(Generator::Small, 1_500);
    seeds(Generator::Crossed, 1_500);
}

#[test]
fn crashes_within_each_others_shadow_break_no_rule() {
    seeds(Generator::Chain, 1_500);
}

#[test]
fn frozen_processes_break_no_rule() {
    seeds(Generator::Freeze, 1_000);
}

#[test]
fn processes_without_a_coordinator_break_no_rule() {
    seeds(Generator::Cut, 1_000);
}

#[test]
fn late_lost_and_overtaken_commits_break_no_rule() {
    seeds(Generator::Commits, 1_000);
}

#[test]
fn commits_that_fail_and_land_all_the_same_break_no_rule() {
    seeds(Generator::Doubtful, 1_500);
}

#[test]
fn offsets_far_apart_break_no_rule() {
    seeds(Generator::Wide, 500);
}

#[test]
fn foreign_metadata_and_replaced_logs_break_no_rule() {
    seeds(Generator::Foreign, 1_000);
}

#[test]
fn refusals_and_lost_first_commits_break_no_rule() {
    seeds(Generator::Refused, 1_000);
    seeds(Generator::Closed, 1_000);
}

#[test]
fn rebalance_storms_break_no_rule() {
    seeds(Generator::Storm, 1_000);
}

#[test]
fn an_orderly_hand_over_repeats_nothing_but_milestones_that_something_waits_behind() {
    seeds(Generator::Orderly, 1_000);
    seeds(Generator::Calm, 300);
}

#[test]
fn the_quota_is_kept_through_rebalances() {
    seeds(Generator::Quota, 500);
}

#[test]
fn a_crash_at_any_step_breaks_no_rule() {
    sweep(6, |scenario, process, step| scenario.crash_at[process] = Some(step));
}

#[test]
fn a_freeze_longer_than_the_session_at_any_step_breaks_no_rule() {
    sweep(6, |scenario, process, step| scenario.freeze_at[process] = Some((step, 24_000)));
}

/// Seeds that once found something.
fn stays_mended(seeds: &[(Generator, u64)]) {
    for (generator, seed) in seeds {
        let ended = run(generator.scenario(*seed));
        assert_eq!(ended.violation, None, "{} {seed}", generator.name());
    }
}

#[test]
fn static_members_and_their_successors_break_no_rule() {
    seeds(Generator::Static, 1_500);
}

#[test]
fn what_the_outcomes_topic_tells_breaks_no_rule() {
    seeds(Generator::Restored, 1_500);
    seeds(Generator::Told, 1_500);
}

#[test]
fn what_is_not_sent_as_its_table_forbids_it_breaks_no_rule() {
    seeds(Generator::Strict, 1_500);
    // What a predecessor had sent was parked behind what AlipayHK had held before it.
    stays_mended(&[2_130, 3_221, 3_521, 42_600, 77_873].map(|seed| (Generator::Strict, seed)));
}

#[test]
fn a_call_that_outlives_the_outcome_of_its_order_stays_mended() {
    stays_mended(&[35, 1_179, 26_552, 28_156, 52_978].map(|seed| (Generator::Told, seed)));
    // The one that decided a late milestone, which may be on its way before the newest.
    stays_mended(&[(Generator::Crossed, 3_226_079)]);
}

#[test]
fn repeated_answers_to_known_request_ids_break_no_rule() {
    seeds(Generator::Cached, 1_500);
}

#[test]
fn modifications_that_get_too_old_break_no_rule() {
    seeds(Generator::Aged, 1_000);
}

#[test]
fn offsets_moved_by_hand_break_no_rule() {
    seeds(Generator::Moved, 1_000);
}

#[test]
fn after_a_crash_the_only_one_that_may_have_been_on_its_way_is_called_within_a_second() {
    seeds(Generator::Prompt, 1_000);
}

#[test]
fn equal_times_and_late_milestones_stay_mended() {
    // Equal contents at one time; a late milestone beyond the window's reach.
    stays_mended(&[(Generator::Calm, 79), (Generator::Freeze, 70), (Generator::Wide, 57)]);
    // A duplicate of what was decided, told while something newer had absorbed a change in between.
    stays_mended(&[(Generator::Wide, 209_295), (Generator::Foreign, 331_427), (Generator::Foreign, 632_567)]);
    // A duplicate of what was restored first, told before or after the change in between was restored.
    stays_mended(&[(Generator::Restored, 1_863), (Generator::Restored, 23_182), (Generator::Restored, 26_638)]);
}

#[test]
fn commits_without_a_membership_stay_mended() {
    stays_mended(&[(Generator::Freeze, 265_299), (Generator::Freeze, 343_843), (Generator::Cut, 4_734_053)]);
    // A commit that stood still on its way to the client, and one of who slept for a session.
    stays_mended(&[3_087_118, 3_433_508, 4_853_030].map(|seed| (Generator::Mixed, seed)));
}

#[test]
fn commits_in_doubt_that_land_after_long_or_twice_stay_mended() {
    stays_mended(&[3_441, 4_560, 6_407, 14_488, 22_976, 27_763, 42_610, 47_097].map(|seed| (Generator::Doubtful, seed)));
}

#[test]
fn a_commit_that_waits_in_the_client_of_a_sleeper_breaks_no_rule() {
    seeds(Generator::Alone, 1_000);
}

#[test]
fn offsets_moved_over_a_living_call_stay_mended() {
    stays_mended(&[(Generator::Chain, 261_127), (Generator::Foreign, 1_285_229)]);
    // Two partitions whose maps speak of another log, found out in turns.
    stays_mended(&[(Generator::Foreign, 4_373), (Generator::Foreign, 17_900), (Generator::Foreign, 28_295)]);
}

#[test]
fn what_is_sent_again_after_something_older_stays_mended_where_answers_are_repeated() {
    let seeds = [608_426, 12_022, 93_675, 95_706, 144_865, 156_867, 263_763, 2_961_888];
    stays_mended(&seeds.map(|seed| (Generator::Mixed, seed)));
    // Between the two the partition was given up in order.
    stays_mended(&[(Generator::Orderly, 3_060_997), (Generator::Orderly, 3_919_813)]);
    // What went out again had not reached AlipayHK when something newer of its status absorbed it.
    stays_mended(&[(Generator::Cached, 10_136_965)]);
    // The older one had no answer, and what absorbed it was refused.
    stays_mended(&[(Generator::Cached, 20_302_292)]);
}

#[test]
fn what_is_skipped_for_its_age_stays_mended() {
    stays_mended(&[(Generator::Aged, 19_934), (Generator::Aged, 48_106)]);
}

#[test]
fn two_successors_with_one_name_stay_mended() {
    stays_mended(&[(Generator::Static, 1_095_453), (Generator::Static, 4_762_267)]);
}
