//! The harness's orders, by the name the tests here know them by.

pub(crate) use order_sync_tests::orders::{Life, Modification, assert_delivered, lives, untidy, write};
