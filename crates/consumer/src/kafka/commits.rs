//! What the broker's word on a commit means.

use engine::CommitResult;
use rdkafka::error::RDKafkaErrorCode;

/// `NotAMember` is the only reliable word that we were expelled. What the coordinator says itself lies behind the commit: it was not stored, or
/// it was before the next one. What librdkafka says in its place (the connection broke, the time was over: its `MSG_POSSIBLY_PERSISTED`) leaves
/// the commit on its way, and so does, for all that we know, every code that is not named here.
pub(crate) fn meaning(result: Result<(), RDKafkaErrorCode>) -> CommitResult {
    let Err(code) = result else { return CommitResult::Accepted };
    match code {
        RDKafkaErrorCode::UnknownMemberId => CommitResult::NotAMember,
        RDKafkaErrorCode::OffsetMetadataTooLarge => CommitResult::MetadataTooLarge,
        RDKafkaErrorCode::GroupAuthorizationFailed
        | RDKafkaErrorCode::TopicAuthorizationFailed
        | RDKafkaErrorCode::UnknownTopicOrPartition
        | RDKafkaErrorCode::InvalidCommitOffsetSize => CommitResult::Refused,
        RDKafkaErrorCode::IllegalGeneration
        | RDKafkaErrorCode::RebalanceInProgress
        | RDKafkaErrorCode::FencedInstanceId
        | RDKafkaErrorCode::CoordinatorLoadInProgress
        | RDKafkaErrorCode::CoordinatorNotAvailable
        | RDKafkaErrorCode::NotCoordinator
        | RDKafkaErrorCode::RequestTimedOut
        | RDKafkaErrorCode::NotEnoughReplicas
        | RDKafkaErrorCode::NotEnoughReplicasAfterAppend
        // librdkafka's own, and nothing was sent: the coordinator was not known.
        | RDKafkaErrorCode::WaitingForCoordinator => CommitResult::TryAgain,
        _ => CommitResult::InDoubt,
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
    fn what_the_coordinator_says_and_passes_by_itself_is_tried_again() {
        use RDKafkaErrorCode::{
            CoordinatorLoadInProgress, CoordinatorNotAvailable, IllegalGeneration, NotCoordinator, RebalanceInProgress, RequestTimedOut,
            WaitingForCoordinator,
        };
        let passing = [IllegalGeneration, RebalanceInProgress, CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator];
        for code in passing.into_iter().chain([RequestTimedOut, WaitingForCoordinator]) {
            assert_eq!(meaning(Err(code)), CommitResult::TryAgain, "{code:?}");
        }
    }

    #[test]
    fn a_commit_that_the_client_gave_up_may_still_land() {
        use RDKafkaErrorCode::{BrokerTransportFailure, Fail, NetworkException, OperationTimedOut, Unknown};
        for code in [BrokerTransportFailure, OperationTimedOut, NetworkException, Fail, Unknown] {
            assert_eq!(meaning(Err(code)), CommitResult::InDoubt, "{code:?}");
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
