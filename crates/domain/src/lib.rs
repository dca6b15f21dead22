//! What an order is: identifiers, the nine business types and their machines, validation, and what a call can mean.

mod outcome;

pub use outcome::{Cause, Indefinite, Outcome, Reaction, ResultCode, Verdict};
