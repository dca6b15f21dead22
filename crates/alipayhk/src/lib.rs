//! AlipayHK's order sync interface without sockets: the exact bytes of a request, and what an answer means.
//!
//! Pure: the time and the randomness are arguments, nothing is logged, nothing is opened. A [`Client`] is built once from [`ClientConfig`];
//! [`Client::body`] makes the bytes of a modification, [`Client::sign`] the request around them, [`Client::judge`] the [`Answer`] out of
//! whatever came back. [`exchange`] holds what both ends of the line share.
//!
//! Outside facts come from AlipayHK's public pages: Order Service › Base API (path, headers, fields, codes) and the scenario pages beside
//! it (statuses, further codes); where those are silent, from the same gateway's Antom page "Sign a request and verify the signature".

#![deny(missing_docs, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly"))]

mod answer;
mod classify;
mod client;
mod code;
pub mod exchange;
mod request;
mod request_id;
mod response;
#[cfg(test)]
mod testing;
mod wire;

pub use answer::{Answer, DistributeResult, Notes, SignatureNote};
pub use classify::{Held, Reading, classify};
pub use client::{Client, ClientConfig, ClientError, Encryption, SealedContentType};
pub use code::{Code, CodeClass, Status};
pub use request::{Body, Request, SignError};
pub use request_id::{Generation, RequestId};
pub use response::{MAX_ANSWER, RawAnswer, Transport};

/// The path of the order sync interface (AlipayHK, Order Service › Base API).
pub const PATH: &str = "/api/open/alipay/v1/merchant/order/sync";

/// Its only method.
pub const METHOD: &str = "POST";
