//! Identifiers. Each is text within AlipayHK's documented length, counted in characters (Unicode scalar values).
//!
//! The order number of every open record is held in memory: up to 23 bytes stand in the identifier itself, longer text is shared. A clone
//! never copies more than that.

use std::fmt;

use smol_str::SmolStr;

use crate::invalid::{Fault, Field, Invalid};

/// Declares one identifier: what it is for, its name, the field it comes from and its limit.
macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $field:expr, $max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(SmolStr);

        impl $name {
            /// Takes text of 1 to the limit's number of characters.
            ///
            /// # Errors
            /// [`Fault::Empty`] or [`Fault::TooLong`], with the field's name.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                match within(text, $max) {
                    Ok(()) => Ok(Self(SmolStr::new(text))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_alipayhk_documents() {
        assert!(MerchantBizNo::parse(&"9".repeat(32)).is_ok());
        assert_eq!(MerchantBizNo::parse(&"9".repeat(33)), Err(Field::MerchantBizNo.fault(Fault::TooLong { max: 32 })));
        assert!(OrderStatus::parse(&"S".repeat(32)).is_ok());
        assert_eq!(OrderStatus::parse(&"S".repeat(33)), Err(Field::OrderStatus.fault(Fault::TooLong { max: 32 })));
        assert!(UserId::parse(&"9".repeat(64)).is_ok());
        assert_eq!(UserId::parse(&"9".repeat(65)), Err(Field::UserId.fault(Fault::TooLong { max: 64 })));
        assert_eq!(OpenId::parse(&"9".repeat(65)), Err(Field::OpenId.fault(Fault::TooLong { max: 64 })));
        assert_eq!(MerchantAccountId::parse(&"9".repeat(65)), Err(Field::MerchantAccountId.fault(Fault::TooLong { max: 64 })));
        assert_eq!(MerchantId::parse(&"9".repeat(65)), Err(Field::MerchantId.fault(Fault::TooLong { max: 64 })));
        assert_eq!(TinyAppId::parse(&"9".repeat(65)), Err(Field::TinyAppId.fault(Fault::TooLong { max: 64 })));
        assert_eq!(TradeNo::parse(&"9".repeat(65)), Err(Field::TradeNo.fault(Fault::TooLong { max: 64 })));
    }

    #[test]
    fn the_limit_counts_characters_and_not_bytes() {
        let text = "號".repeat(32);
        assert_eq!(text.len(), 96);
        assert_eq!(MerchantBizNo::parse(&text).unwrap().as_str(), text);
        assert!(MerchantBizNo::parse(&format!("{text}號")).is_err());
    }

    #[test]
    fn an_empty_text_is_no_identifier() {
        assert_eq!(MerchantBizNo::parse(""), Err(Field::MerchantBizNo.fault(Fault::Empty)));
        assert_eq!(OpenId::parse(""), Err(Field::OpenId.fault(Fault::Empty)));
    }

    #[test]
    fn users_print_as_redacted_and_orders_as_they_are() {
        assert_eq!(format!("{:?}", UserId::parse("2160000000000001").unwrap()), "[redacted]");
        assert_eq!(format!("{:#?}", Some(OpenId::parse("openid-1").unwrap())), "Some(\n    [redacted],\n)");
        let order = MerchantBizNo::parse("ORDER-1").unwrap();
        assert_eq!(format!("{order} {order:?}"), r#"ORDER-1 MerchantBizNo("ORDER-1")"#);
    }

    #[test]
    fn a_clone_shares_its_text_or_has_it_in_itself() {
        let (short, long) = (MerchantBizNo::parse("ORDER-1").unwrap(), MerchantBizNo::parse(&"9".repeat(32)).unwrap());
        let within = (&raw const short).cast::<u8>().addr()..(&raw const short).addr() + size_of::<MerchantBizNo>();
        assert!(within.contains(&short.as_str().as_ptr().addr()));
        assert_eq!(long.as_str().as_ptr(), long.clone().as_str().as_ptr());
        assert_eq!(size_of::<MerchantBizNo>(), 24);
    }
}
