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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unknown_member_was_expelled() {
        assert_eq!(meaning(Err(RDKafkaErrorCode::UnknownMemberId)), CommitResult::NotAMember);
        for ordinary in [RDKafkaErrorCode::IllegalGeneration, RDKafkaErrorCode::RebalanceInProgress, RDKafkaErrorCode::FencedInstanceId] {
            assert_ne!(meaning(Err(ordinary)), CommitResult::NotAMember, "{ordinary:?}");
        }
    }

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        use RDKafkaErrorCode::{
            CoordinatorLoadInProgress, CoordinatorNotAvailable, IllegalGeneration, NotCoordinator, OperationTimedOut, RebalanceInProgress,
            RequestTimedOut, WaitingForCoordinator,
        };
        let passing = [IllegalGeneration, RebalanceInProgress, CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator];
        for code in passing.into_iter().chain([OperationTimedOut, RequestTimedOut, WaitingForCoordinator]) {
            assert_eq!(meaning(Err(code)), CommitResult::TryAgain, "{code:?}");
        }
    }

    #[test]
    fn what_stays_as_it_is_counts_as_refused() {
        assert_eq!(meaning(Err(RDKafkaErrorCode::GroupAuthorizationFailed)), CommitResult::Refused);
        assert_eq!(meaning(Err(RDKafkaErrorCode::UnknownTopicOrPartition)), CommitResult::Refused);
        assert_eq!(meaning(Err(RDKafkaErrorCode::OffsetMetadataTooLarge)), CommitResult::MetadataTooLarge);
        assert_eq!(meaning(Ok(())), CommitResult::Accepted);
    }
}
