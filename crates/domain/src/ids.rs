//! Identifiers. Each is text within AlipayHK's documented length, counted in characters (Unicode scalar values).
//!
//! Their text is shared, so that a clone costs a counter: the order number of every open record is held in memory.

use std::fmt;
use std::sync::Arc;

use crate::invalid::{Fault, Field, Invalid};

/// Declares one identifier: what it is for, its name, the field it comes from and its limit.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $field:expr, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes text of 1 to the limit's number of characters.
            ///
            /// # Errors
            /// [`Fault::Empty`] or [`Fault::TooLong`], with the field's name.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                match within(text, $max) {
                    Ok(()) => Ok(Self(Arc::from(text))),
                    Err(fault) => Err($field.fault(fault)),
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

/// Shows an identifier as it is.
macro_rules! shown {
    ($($name:ident),+) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), &self.0)
            }
        }
    )+ };
}

/// Keeps an identifier out of logs and panics: no `Display`, and a `Debug` that says nothing.
macro_rules! redacted {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }
    )+ };
}

identifier! {
    /// The merchant's number of an order, the same for every modification of it; 1 to 32 characters.
    MerchantBizNo, Field::MerchantBizNo, 32
}
identifier! {
    /// A status within a business type, 1 to 32 characters as AlipayHK takes it. Which ones exist is [`crate::TypeRules`]' matter.
    OrderStatus, Field::OrderStatus, 32
}
identifier! {
    /// AlipayHK's number of a user; at most 64 characters. Personal: prints as `[redacted]`.
    UserId, Field::UserId, 64
}
identifier! {
    /// What stands for a user towards this merchant; at most 64 characters. Personal: prints as `[redacted]`.
    OpenId, Field::OpenId, 64
}
identifier! {
    /// A merchant behind an integrator (ISV); at most 64 characters.
    MerchantAccountId, Field::MerchantAccountId, 64
}
identifier! {
    /// The field AlipayHK deprecated in favour of `merchantAccountId`; at most 64 characters.
    MerchantId, Field::MerchantId, 64
}
identifier! {
    /// A mini program. AlipayHK publishes no limit; 64 characters, that of every other id, is ours: it keeps a mistaken field
    /// from travelling as an id.
    TinyAppId, Field::TinyAppId, 64
}
identifier! {
    /// Alipay's transaction number. AlipayHK publishes no limit; 64 characters as for [`TinyAppId`].
    TradeNo, Field::TradeNo, 64
}

shown!(MerchantBizNo, OrderStatus, MerchantAccountId, MerchantId, TinyAppId, TradeNo);
redacted!(UserId, OpenId);

fn within(text: &str, max: usize) -> Result<(), Fault> {
    if text.is_empty() {
        Err(Fault::Empty)
    } else if text.chars().nth(max).is_some() {
        Err(Fault::TooLong { max })
    } else {
        Ok(())
    }
}
