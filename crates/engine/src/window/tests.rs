use super::*;

const SESSION: Duration = Duration::from_secs(45);

fn at(secs: u64) -> Now {
    Now(Duration::from_secs(secs))
}

fn sent(ticket: u64, window: i64, issued_at: Now) -> Sent {
    Sent { ticket: CommitTicket(ticket), offset: Offset(0), window: Offset(window), issued_at, last_one: false }
}

#[test]
fn it_opens_only_with_a_window_that_covers_what_was_inherited() {
    let mut window = Window::inherited(Offset(0), Offset(500));
    assert_eq!(window.limit(), None);
    assert!(window.next(Offset(0), Offset(0)) >= Offset(500));
    window.sent(sent(1, 500, at(1)));
    assert_eq!(
        (window.answered(CommitTicket(1), CommitResult::Refused, SESSION, at(1)), window.is_open()),
        (Answered::Newest(sent(1, 500, at(1))), false)
    );
    window.sent(sent(2, 500, at(2)));
    window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(2));
    assert_eq!(window.limit(), Some(Offset(500)));
}

#[test]
fn a_first_commit_that_is_answered_late_opens_it_all_the_same() {
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 16_384, at(0)));
    assert!(window.expire(SESSION, at(6)));
    window.sent(sent(2, 16_384, at(6)));
    window.answered(CommitTicket(1), CommitResult::Accepted, SESSION, at(7));
    assert!(window.is_open());
}

#[test]
fn an_answer_to_nothing_changes_nothing() {
    let mut window = Window::fresh(Offset(0));
    assert_eq!(window.answered(CommitTicket(9), CommitResult::Accepted, SESSION, at(0)), Answered::Unknown);
    assert!(!window.is_open());
}

#[test]
fn it_only_grows_and_stays_within_the_span() {
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 20_000, at(0)));
    assert_eq!(window.next(Offset(0), Offset(0)), Offset(20_000));
    assert_eq!(window.next(Offset(10), Offset(900_000)), Offset(10 + SPAN));
}

#[test]
fn a_commit_in_doubt_bounds_it_until_a_later_one_cannot_come_before_it() {
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 16_384, at(0)));
    assert_eq!(window.answered(CommitTicket(1), CommitResult::InDoubt, SESSION, at(5)), Answered::Newest(sent(1, 16_384, at(0))));
    assert_eq!(window.doubts_end_at(SESSION), None, "the coordinator may stand still, for longer than a session");
    window.sent(sent(2, 30_000, at(60)));
    window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(61));
    assert_eq!(window.limit(), Some(Offset(16_384)), "the first one may land over the second one");
    assert!(!window.has_unanswered() && window.hopeless_at(SESSION).is_none(), "the client sends it no more: nobody has to leave for it");
    assert_eq!(window.doubts_end_at(SESSION), Some(at(106)));
    window.end_doubts(SESSION, at(106));
    assert_eq!((window.limit(), window.again), (Some(Offset(16_384)), true), "perhaps it has");
    window.sent(sent(3, 30_000, at(106)));
    window.answered(CommitTicket(3), CommitResult::Accepted, SESSION, at(106));
    assert_eq!(window.limit(), Some(Offset(30_000)));
}

#[test]
fn what_was_not_stored_or_accepted_in_time_is_in_no_doubt() {
    for result in [CommitResult::TryAgain, CommitResult::MetadataTooLarge, CommitResult::Accepted] {
        let mut window = Window::fresh(Offset(0));
        window.sent(sent(1, 100, at(0)));
        window.answered(CommitTicket(1), result, SESSION, at(5));
        window.sent(sent(2, 200, at(6)));
        window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(6));
        assert_eq!(window.limit(), Some(Offset(200)), "{result:?}");
    }
}

#[test]
fn one_that_was_answered_late_may_land_once_more() {
    // So may one that a broker refuses: the client asks again by itself whether a topic is known.
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 100, at(0)));
    window.answered(CommitTicket(1), CommitResult::Refused, SESSION, at(1));
    window.sent(sent(2, 200, at(2)));
    window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(2));
    assert_eq!(window.limit(), Some(Offset(100)));
    for (expires, result) in [(false, CommitResult::Accepted), (true, CommitResult::Accepted), (true, CommitResult::TryAgain)] {
        let mut window = Window::fresh(Offset(0));
        window.sent(sent(1, 100, at(0)));
        assert!(!expires || window.expire(SESSION, at(6)));
        window.answered(CommitTicket(1), result, SESSION, at(7));
        window.sent(sent(2, 200, at(8)));
        window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(8));
        assert_eq!((window.limit(), window.doubts_end_at(SESSION)), (Some(Offset(100)), Some(at(53))), "{expires} {result:?}");
    }
}

#[test]
fn an_overdue_commit_that_the_client_gives_up_stays_in_doubt() {
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 16_384, at(0)));
    assert!(window.expire(SESSION, at(6)));
    window.sent(sent(2, 30_000, at(6)));
    window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(6));
    window.answered(CommitTicket(1), CommitResult::InDoubt, SESSION, at(30));
    assert_eq!((window.limit(), window.hopeless_at(SESSION)), (Some(Offset(16_384)), None));
}

#[test]
fn an_overdue_commit_without_an_answer_for_a_session_is_hopeless() {
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 16_384, at(3)));
    assert_eq!(window.hopeless_at(SESSION), None);
    assert!(!window.expire(SESSION, at(8)));
    assert!(window.expire(SESSION, at(9)) && window.has_unanswered());
    assert_eq!(window.hopeless_at(SESSION), Some(at(48)));
}

#[test]
fn what_was_on_its_way_when_a_doubt_ended_announces_nothing_and_the_next_one_does() {
    let mut window = Window::fresh(Offset(0));
    window.sent(sent(1, 100, at(0)));
    window.answered(CommitTicket(1), CommitResult::InDoubt, SESSION, at(5));
    window.sent(sent(2, 200, at(60)));
    window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(61));
    window.sent(sent(3, 300, at(105)));
    window.end_doubts(SESSION, at(106));
    window.answered(CommitTicket(3), CommitResult::Accepted, SESSION, at(107));
    assert_eq!((window.limit(), window.again), (Some(Offset(100)), true), "the one in doubt may have landed over it");
    window.sent(sent(4, 300, at(107)));
    window.answered(CommitTicket(4), CommitResult::Accepted, SESSION, at(107));
    assert_eq!(window.limit(), Some(Offset(300)));
}

#[test]
fn after_a_refusal_it_waits_longer_than_after_a_rebalance() {
    for (result, wait) in [(CommitResult::Refused, 1_000), (CommitResult::TryAgain, 100)] {
        let mut window = Window::fresh(Offset(0));
        window.sent(sent(1, 100, at(0)));
        window.answered(CommitTicket(1), result, SESSION, at(5));
        assert_eq!(window.not_before(), Now(at(5).0 + Duration::from_millis(wait)), "{result:?}");
    }
}

#[test]
fn the_late_answer_of_an_older_commit_does_not_take_back_what_is_stored() {
    let mut window = Window::fresh(Offset(0));
    window.sent(Sent { offset: Offset(10), ..sent(1, 100, at(0)) });
    assert!(window.expire(SESSION, at(6)));
    window.sent(Sent { offset: Offset(20), ..sent(2, 200, at(6)) });
    window.answered(CommitTicket(2), CommitResult::Accepted, SESSION, at(6));
    window.answered(CommitTicket(1), CommitResult::Accepted, SESSION, at(7));
    assert_eq!(window.committed, Some(Offset(20)));
}
