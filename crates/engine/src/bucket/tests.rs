use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Now {
    Now(Duration::from_millis(millis))
}

/// Takes as many tokens as there are.
fn drain(bucket: &mut Bucket, now: Now) -> u32 {
    (0..).take_while(|_| bucket.take(now).is_ok()).count() as u32
}

#[test]
fn a_burst_is_one_second_of_the_share() {
    let mut bucket = Bucket::new(at(0));
    bucket.set_share(20.0, at(0));
    assert_eq!(drain(&mut bucket, at(0)), 20);
    assert_eq!(drain(&mut bucket, at(100)), 2);
    assert_eq!(drain(&mut bucket, at(60_000)), 20);
}

#[test]
fn a_fraction_of_a_call_a_second_works() {
    let mut bucket = Bucket::new(at(0));
    bucket.set_share(0.25, at(0));
    assert_eq!(drain(&mut bucket, at(0)), 1);
    assert_eq!(bucket.take(at(0)), Err(Some(at(4_000))));
    assert_eq!(drain(&mut bucket, at(4_000)), 1);
}

#[test]
fn a_quota_beyond_every_clock_is_no_stall() {
    for share in [1e9, 3e9, 1e12, f64::MAX] {
        let mut bucket = Bucket::new(at(0));
        bucket.set_share(share, at(0));
        assert_eq!(bucket.take(at(0)), Ok(()), "{share}");
    }
}

#[test]
fn without_a_share_nothing_is_given_and_nobody_is_woken() {
    let mut bucket = Bucket::new(at(0));
    assert_eq!(bucket.take(at(0)), Err(None));
    bucket.set_share(5.0, at(0));
    bucket.set_share(0.0, at(0));
    assert_eq!(bucket.take(at(9_000)), Err(None));
}

#[test]
fn a_rebalance_never_refills() {
    let mut bucket = Bucket::new(at(0));
    bucket.set_share(10.0, at(0));
    drain(&mut bucket, at(0));
    for share in [20.0, 5.0, 0.0, 10.0] {
        bucket.set_share(share, at(0));
        assert_eq!(drain(&mut bucket, at(0)), 0, "{share}");
    }
}

#[test]
fn cuts_come_at_most_once_a_second_and_never_reach_nothing() {
    let mut bucket = Bucket::new(at(0));
    bucket.set_share(100.0, at(0));
    assert!(bucket.cut(at(0)) && !bucket.cut(at(500)));
    assert!((bucket.rate() - 70.0).abs() < 1e-9);
    for second in 1..100 {
        bucket.cut(at(second * 1_000));
    }
    assert!((bucket.rate() - 2.0).abs() < 1e-9);
}

#[test]
fn quiet_time_restores_the_rate_step_by_step() {
    let mut bucket = Bucket::new(at(0));
    bucket.set_share(100.0, at(0));
    bucket.cut(at(0));
    assert!(!bucket.restore(at(4_999)));
    bucket.restore(at(5_000));
    assert!((bucket.rate() - 75.0).abs() < 1e-9);
    let restored = (2..).take_while(|step| !bucket.restore(at(step * 5_000))).count();
    assert_eq!((restored, bucket.restore_at()), (4, None));
}

/// The bucket by its definition: what time earned at the rate of that time, at most one second of it, less what was taken.
struct Naive {
    share: f64,
    factor: f64,
    fill: f64,
    at: u64,
    changed_at: u64,
}

impl Naive {
    fn burst(&self) -> f64 {
        if self.share * self.factor > 0.0 { (self.share * self.factor).max(1.0).floor() } else { 0.0 }
    }

    fn pass(&mut self, now: u64) {
        self.fill = (self.fill + (now - self.at) as f64 / 1_000.0 * self.share * self.factor).min(self.burst());
        self.at = now;
    }

    fn change(&mut self, share: f64, factor: f64) {
        (self.share, self.factor) = (share, factor);
        self.fill = self.fill.min(self.burst());
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Take(u32),
    Share(f64),
    Cut,
    Restore,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        6 => (0..40_u32).prop_map(Step::Take),
        1 => (0.0..1.0_f64).prop_map(Step::Share),
        1 => Just(Step::Cut),
        1 => Just(Step::Restore),
    ];
    let pause = prop_oneof![4 => 0..300_u64, 1 => 300..6_000_u64];
    prop::collection::vec((pause, step), 1..60)
}

proptest! {
    /// In any stretch of time no more is given than one second's burst and what that stretch earned, and no less than what is there.
    #[test]
    fn the_quota_is_held(rate in 0.1..200.0_f64, steps in steps()) {
        let mut bucket = Bucket::new(at(0));
        bucket.set_share(rate, at(0));
        let mut naive = Naive { share: rate, factor: 1.0, fill: rate.max(1.0).floor(), at: 0, changed_at: 0 };
        // A new limiter begins with whole tokens, and the old one told whole ones: less than two are lost each time, none is won.
        let (mut now, mut lost) = (0, 0.0);
        let mut given: Vec<(u64, u32)> = Vec::new();
        for (pause, step) in steps {
            now += pause;
            naive.pass(now);
            match step {
                Step::Take(wanted) => {
                    let taken = (0..wanted).take_while(|_| bucket.take(at(now)).is_ok()).count() as u32;
                    naive.fill -= f64::from(taken);
                    prop_assert!(naive.fill > -1e-6, "no more than there is: {}", naive.fill);
                    prop_assert!(taken == wanted || naive.fill < 1.0 + lost + 1e-6, "no less than there is: {} of {}", naive.fill, lost);
                    given.push((now, taken));
                }
                Step::Share(part) => {
                    // Shares change, but never beyond the quota.
                    bucket.set_share(rate * part, at(now));
                    naive.change(rate * part, naive.factor);
                    lost += 2.0;
                }
                Step::Cut => {
                    let cuts = naive.factor >= 1.0 || now - naive.changed_at >= 1_000;
                    prop_assert_eq!(bucket.cut(at(now)), cuts);
                    if cuts {
                        naive.change(naive.share, (naive.factor * 0.7).max(0.02));
                        (naive.changed_at, lost) = (now, lost + 2.0);
                    }
                }
                Step::Restore => {
                    let restores = naive.factor < 1.0 && now - naive.changed_at >= 5_000;
                    prop_assert_eq!(bucket.restore(at(now)), restores && naive.factor + 0.05 >= 1.0);
                    if restores {
                        naive.change(naive.share, (naive.factor + 0.05).min(1.0));
                        (naive.changed_at, lost) = (now, lost + 2.0);
                    }
                }
            }
            prop_assert!((bucket.rate() - naive.share * naive.factor).abs() < 1e-6);
        }
        for (from, (since, _)) in given.iter().enumerate() {
            let stretch: u32 = given[from..].iter().map(|(_, taken)| taken).sum();
            let earned = rate.max(1.0) + rate * (now - since) as f64 / 1_000.0;
            prop_assert!(f64::from(stretch) <= earned + 1e-6, "{} of {} since {}", stretch, earned, since);
        }
    }
}
