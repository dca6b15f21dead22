//! How an order stands, before and after a modification of it is sent once more.

use domain::{OrderEvent, ResultCode, Verdict};
use engine::{Disposition, Offset, StaleReason, Standing};

use super::Item;

/// The code that AlipayHK gives with the status it holds.
const STATUS_INVALID: &str = "ORDER_STATUS_INVALID";

/// What a verdict means, by what is known of the order: the pipeline's own reading of it.
pub(super) fn decided(item: &Item, before: Option<&Standing>, verdict: &Verdict) -> Disposition {
    match verdict {
        Verdict::Accepted => Disposition::Delivered,
        Verdict::HeldAlready if before.is_some_and(|before| holds_other_content(before, &item.event)) => {
            Disposition::Rejected(ResultCode::lenient(STATUS_INVALID))
        }
        Verdict::HeldAlready => Disposition::Delivered,
        Verdict::PeerAhead => Disposition::Stale(StaleReason::PeerAhead),
        Verdict::Rejected(code) => Disposition::Rejected(code.clone()),
    }
}

/// AlipayHK holds its status already, and not with its content: of a modification that was decided and not accepted it has nothing.
fn holds_other_content(before: &Standing, event: &OrderEvent) -> bool {
    let same = before.was_accepted && before.content == event.content() as u32;
    before.accepted.as_ref() == Some(&event.status) && !same
}

/// How the order stands after this.
pub(super) fn after(item: &Item, before: Option<&Standing>, ended: &Disposition) -> Standing {
    let OrderEvent { modified_at, status, .. } = &item.event;
    let was_accepted = *ended == Disposition::Delivered;
    let accepted = if was_accepted { Some(status.clone()) } else { before.and_then(|before| before.accepted.clone()) };
    let own = Standing {
        at: modified_at.millis(),
        offset: Offset(item.source.offset),
        content: item.event.content() as u32,
        was_accepted,
        accepted,
    };
    match before {
        // A refusal teaches nothing about what was decided after it.
        Some(before) if (before.at, before.offset) > (own.at, own.offset) => before.clone(),
        _ => own,
    }
}

#[cfg(test)]
mod tests {
    use domain::RawOrderEvent;

    use super::*;
    use crate::commands::resend::Source;

    const NOW: i64 = 1_793_462_400_000;

    fn item(offset: i64, status: &str, shop: &str) -> Item {
        let raw = RawOrderEvent {
            merchant_biz_no: "A".into(),
            merchant_biz_type: "MOVIE_TICKET".into(),
            order_status: status.into(),
            user_id: Some("2160000000000001".into()),
            order_create_time: NOW,
            order_modify_time: NOW + offset,
            shop_info: Some(format!("{{\"name\":\"{shop}\"}}").into()),
            ..RawOrderEvent::default()
        };
        let (event, source) = (OrderEvent::parse(&raw, NOW).unwrap(), Source { topic: "orders".into(), partition: 0, offset });
        Item { part: 0, at: offset, key: (1, 1), source, event, more: false }
    }

    fn is_rejected(ended: &Disposition) -> bool {
        matches!(ended, Disposition::Rejected(code) if code.as_str() == STATUS_INVALID)
    }

    #[test]
    fn a_status_that_is_held_with_other_content_is_a_refusal_and_with_the_same_a_delivery_at_whatever_time() {
        let held = after(&item(1, "USED", "Central"), None, &Disposition::Delivered);
        assert_eq!(decided(&item(5, "USED", "Central"), Some(&held), &Verdict::HeldAlready), Disposition::Delivered);
        let moved = item(6, "USED", "Mong Kok");
        assert!(is_rejected(&decided(&moved, Some(&held), &Verdict::HeldAlready)));
        assert_eq!(decided(&item(7, "TICKETED", "Central"), Some(&held), &Verdict::HeldAlready), Disposition::Delivered);
        assert_eq!(decided(&moved, None, &Verdict::HeldAlready), Disposition::Delivered, "nothing is known");
    }

    #[test]
    fn what_was_refused_before_is_not_held_only_because_it_comes_again() {
        let held = after(&item(1, "USED", "Central"), None, &Disposition::Delivered);
        let moved = item(6, "USED", "Mong Kok");
        let refused = after(&moved, Some(&held), &decided(&moved, Some(&held), &Verdict::HeldAlready));
        assert_eq!((refused.was_accepted, refused.accepted.as_ref().map(|status| status.as_str())), (false, Some("USED")));
        assert!(is_rejected(&decided(&item(7, "USED", "Mong Kok"), Some(&refused), &Verdict::HeldAlready)));
    }

    #[test]
    fn what_is_older_than_what_was_decided_changes_nothing() {
        let newest = after(&item(9, "USED", "Central"), None, &Disposition::Delivered);
        assert_eq!(after(&item(3, "TICKETED", "Central"), Some(&newest), &Disposition::Delivered), newest);
    }
}
