//! What an order is: identifiers, the nine business types and their machines, validation, and what a call can mean.
//!
//! Raw text and numbers come in through [`RawOrderEvent`] and end here: whatever leaves [`OrderEvent::parse`] keeps
//! AlipayHK's documented limits by its type. The crate knows no clock, no I/O and no log.

#![deny(missing_docs, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking"))]

mod biz_type;
mod event;
mod ids;
mod invalid;
mod json;
mod money;
mod outcome;
mod rules;
mod time;

pub use biz_type::{BizType, Status};
pub use event::{OrderEvent, RawMoney, RawOrderEvent};
pub use ids::{MerchantAccountId, MerchantBizNo, MerchantId, OpenId, OrderStatus, TinyAppId, TradeNo, UserId};
pub use invalid::{Fault, Field, Invalid};
pub use json::{JsonArray, JsonObject};
pub use money::{Currency, MinorUnits, Money};
pub use outcome::{Cause, Indefinite, Outcome, Reaction, ResultCode, Verdict};
pub use rules::{Mode, Overrides, RuleError, Rulebook, Step, TypeRules, Violation, Why};
pub use time::{CreatedAt, ModifiedAt};
