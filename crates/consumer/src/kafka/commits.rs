//! What the broker's word on a commit means.

use engine::CommitResult;
use rdkafka::error::RDKafkaErrorCode;

/// `NotAMember` is the only reliable word that we were expelled; everything transient is tried again.
pub(crate) fn meaning(result: Result<(), RDKafkaErrorCode>) -> CommitResult {
    let Err(code) = result else { return CommitResult::Accepted };
    match code {
        RDKafkaErrorCode::UnknownMemberId => CommitResult::NotAMember,
        RDKafkaErrorCode::OffsetMetadataTooLarge => CommitResult::MetadataTooLarge,
        RDKafkaErrorCode::GroupAuthorizationFailed
        | RDKafkaErrorCode::TopicAuthorizationFailed
        | RDKafkaErrorCode::UnknownTopicOrPartition
        | RDKafkaErrorCode::InvalidCommitOffsetSize => CommitResult::Refused,
        // ILLEGAL_GENERATION, REBALANCE_IN_PROGRESS, a moving coordinator and everything transient: the ledger keeps its place.
        _ => CommitResult::TryAgain,
    }
}
