//! How sample orders live: for each business type the ways that its scenario page tells of. That every step of them is legal, the
//! domain's tables say in the tests.

use domain::BizType;

/// The ways of one type, the common ones first; a way is a list of statuses.
pub(super) fn of(biz_type: BizType) -> &'static [&'static [&'static str]] {
    match biz_type {
        BizType::PassTicket | BizType::TrainTicket => {
            &[&["TICKETED", "USED"], &["TICKETED", "TICKETED", "USED"], &["TICKETED", "REFUNDED"]]
        }
        // A voucher has one status; it is repeated when what is paid for it changes.
        BizType::AlipayCoupon => &[&["TICKETED"], &["TICKETED", "TICKETED"]],
        BizType::GiftCardCoupon => &[&["TICKETED", "USED"], &["TICKETED", "REFUNDED"]],
        BizType::MovieTicket => &[&["TICKETED", "USED"], &["TICKETED", "TICKETED", "TICKETED", "USED"], &["TICKETED", "REFUNDED"]],
        BizType::ChargingPile => &[
            &["SERVING", "SERVING", "SERVING", "SERVING", "COMPLETED", "FINISHED"],
            &["SERVING_LITE", "SERVING", "SERVING", "PAUSED", "SERVING", "SERVING", "COMPLETED", "PARKING_DUE", "FINISHED"],
            &["SERVING_WO_ENDTIME", "SERVING_WO_ENDTIME", "FAULT", "FINISHED"],
        ],
        BizType::LineUp => &[
            &["CALL_NUM", "CALL_NUM", "CALL_NUM", "CALL_NUM", "CALL_NUM", "CALL_NUM", "NUMBER_ARRIVED", "FINISHED"],
            &["CALL_NUM", "CALL_NUM", "CALL_NUM", "CALL_NUM", "NUMBER_ARRIVED", "NUMBER_PASSED", "FINISHED"],
            &["CALL_NUM", "CALL_NUM", "CALL_NUM", "CANCELLED"],
        ],
        BizType::RideHailing => &[
            &["PENDING", "ORDER_TAKEN", "ORDER_TAKEN", "ORDER_TAKEN", "TO_BOARD", "SERVING", "SERVING", "SERVING", "WAIT_PAY", "FINISHED"],
            &["PENDING", "ORDER_TAKEN", "TO_SEND", "ORDER_TAKEN", "TO_BOARD", "SERVING", "WAIT_PAY", "FINISHED"],
            &["BOOKED", "ORDER_TAKEN", "TO_BOARD", "SERVING", "WAIT_PAY", "FINISHED"],
            &["PENDING", "ORDER_TAKEN", "CLOSED"],
        ],
        BizType::SelfPick => {
            &[&["PENDING", "ORDER_TAKEN", "TO_PICK_UP", "FINISHED"], &["PENDING", "ORDER_TAKEN", "REFUNDED"], &["PENDING", "CLOSED"]]
        }
    }
}
