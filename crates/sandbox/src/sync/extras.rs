use domain::BizType;

/// The first top-level member that the scenario page of `biz_type` marks REQUIRED and that `has` does not find.
pub fn missing_extra(biz_type: BizType, has: impl Fn(&str) -> bool) -> Option<&'static str> {
    required(biz_type).iter().copied().find(|name| !has(name))
}

/// AlipayHK, Order Service: the request tables of EV Charging, Queue Up, Movie Ticket, Ride Hailing, Self Pick, Train Ticket and
/// Auto-deduct Voucher. Those of Admission Ticket and Coupon with Code show no required member.
fn required(biz_type: BizType) -> &'static [&'static str] {
    match biz_type {
        BizType::PassTicket | BizType::GiftCardCoupon => &[],
        BizType::AlipayCoupon | BizType::ChargingPile | BizType::MovieTicket | BizType::RideHailing | BizType::TrainTicket => &["extInfo"],
        BizType::LineUp => &["shopInfo", "extInfo"],
        BizType::SelfPick => &["amount", "itemOrderList", "shopInfo", "extInfo"],
    }
}
