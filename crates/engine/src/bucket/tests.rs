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

proptest! {
    /// In any stretch of time no more is given than one second's burst and what the time earned.
    #[test]
    fn the_quota_is_held(
        rate in 0.1..200.0_f64,
        steps in prop::collection::vec((0..3_000_u64, 0..40_u32, prop::option::of(0.0..1.0_f64)), 1..60),
    ) {
        let mut bucket = Bucket::new(at(0));
        bucket.set_share(rate, at(0));
        let (mut now, mut given) = (0, 0_u32);
        for (pause, wanted, share) in steps {
            now += pause;
            if let Some(share) = share {
                // Shares change, but never beyond the quota.
                bucket.set_share(rate * share, at(now));
            }
            given += (0..wanted).take_while(|_| bucket.take(at(now)).is_ok()).count() as u32;
            let earned = rate.max(1.0) + rate * now as f64 / 1_000.0;
            prop_assert!(f64::from(given) <= earned + 1.0, "{} of {}", given, earned);
        }
    }
}
