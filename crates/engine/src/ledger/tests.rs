use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Every offset with whether it is done; gaps are done.
#[derive(Default)]
struct Naive {
    from: i64,
    position: i64,
    open: BTreeMap<i64, (bool, bool)>,
}

impl Naive {
    fn committable(&self) -> i64 {
        self.open.iter().find(|(_, (_, done))| !done).map_or(self.position, |(offset, _)| *offset)
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Open(i64),
    Skip(i64),
    Decide(usize),
    Settle(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![20 => 0..3_i64, 1 => DENSE - 5..DENSE + 5];
    let step = prop_oneof![
        4 => gap.clone().prop_map(Step::Open),
        1 => gap.prop_map(Step::Skip),
        1 => any::<usize>().prop_map(Step::Decide),
        4 => any::<usize>().prop_map(Step::Settle),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn it_agrees_with_a_list_of_all_offsets(from in 0..1_000_i64, steps in steps()) {
        let mut ledger = Ledger::new(Offset(from));
        let mut naive = Naive { from, position: from, ..Naive::default() };
        for step in steps {
            match step {
                Step::Open(gap) => {
                    let offset = naive.position + gap;
                    prop_assert!(ledger.open(Offset(offset)));
                    prop_assert!(!ledger.open(Offset(offset)), "read before");
                    naive.open.insert(offset, (false, false));
                    naive.position = offset + 1;
                }
                Step::Skip(by) => {
                    naive.position += by;
                    ledger.skip_to(Offset(naive.position));
                    ledger.skip_to(Offset(naive.from));
                }
                Step::Decide(which) | Step::Settle(which) if !naive.open.is_empty() => {
                    let which = which % naive.open.len();
                    let (offset, (decided, done)) = naive.open.iter_mut().nth(which).unwrap();
                    if matches!(step, Step::Decide(_)) {
                        ledger.decide(Offset(*offset));
                        *decided |= !*done;
                        prop_assert_eq!(ledger.is_decided(Offset(*offset)), *decided && !*done);
                    } else {
                        prop_assert_eq!(ledger.settle(Offset(*offset)), !*done);
                        *done = true;
                    }
                }
                Step::Decide(_) | Step::Settle(_) => {}
            }
            prop_assert_eq!((ledger.position().0, ledger.committable().0), (naive.position, naive.committable()));
            let open: Vec<i64> = naive.open.iter().filter(|(_, (_, done))| !done).map(|(offset, _)| *offset).collect();
            prop_assert_eq!(ledger.open_count(), open.len() as u64);
            prop_assert_eq!(ledger.open_offsets().map(|offset| offset.0).collect::<Vec<_>>(), open);
            let above = naive.committable();
            let settled: Vec<i64> = naive.open.iter().filter(|(offset, (_, done))| *done && **offset > above).map(|(offset, _)| *offset).collect();
            prop_assert_eq!(ledger.settled().map(|offset| offset.0).collect::<Vec<_>>(), settled);
            let decided = naive.open.values().filter(|(decided, done)| *decided && !*done).count();
            prop_assert_eq!(ledger.decided_count(), decided as u64);
        }
    }
}

#[test]
fn a_gap_of_a_whole_log_costs_no_memory() {
    let mut ledger = Ledger::new(Offset(0));
    ledger.open(Offset(0));
    ledger.skip_to(Offset(1 << 40));
    ledger.open(Offset(1 << 41));
    ledger.settle(Offset(0));
    assert_eq!(ledger.committable(), Offset(1 << 41));
    assert!(ledger.slots.len() < 10);
}
