//! `order-sync`: keeps AlipayHK's view of every order equal to the merchant's newest one.

fn main() {}
