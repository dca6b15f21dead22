//! What the broker's word on a commit means.

use engine::CommitResult;
use rdkafka::error::RDKafkaErrorCode;

/// `NotAMember` is the only reliable word that we were expelled. Whatever does not prove that nothing of the commit lands any more is in doubt: the
/// client sends a commit up to three times, after a lost coordinator as often again, and tells the end of its last attempt only. A refusal that only a
/// person can lift bounds the window too.
pub(crate) fn meaning(result: Result<(), RDKafkaErrorCode>) -> CommitResult {
    let Err(code) = result else { return CommitResult::Accepted };
    match code {
        RDKafkaErrorCode::UnknownMemberId => CommitResult::NotAMember,
        RDKafkaErrorCode::OffsetMetadataTooLarge => CommitResult::MetadataTooLarge,
        RDKafkaErrorCode::GroupAuthorizationFailed
        | RDKafkaErrorCode::TopicAuthorizationFailed
        | RDKafkaErrorCode::UnknownTopicOrPartition
        | RDKafkaErrorCode::InvalidCommitOffsetSize => CommitResult::Refused,
        // Said at the first attempt, before anything is written: the generation is over, or not settled yet.
        RDKafkaErrorCode::IllegalGeneration | RDKafkaErrorCode::RebalanceInProgress | RDKafkaErrorCode::FencedInstanceId => {
            CommitResult::TryAgain
        }
        // The connection broke or its time was over; or that happened to an attempt before: what the coordinator says of a move (NOT_COORDINATOR,
        // COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, REQUEST_TIMED_OUT) is told after two attempts more, and WaitingForCoordinator by
        // the client itself, of commits also that it has sent before it lost the coordinator. Or the code is new to us.
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
    fn what_a_rebalance_refuses_was_not_stored_and_is_tried_again() {
        for code in [RDKafkaErrorCode::IllegalGeneration, RDKafkaErrorCode::RebalanceInProgress, RDKafkaErrorCode::FencedInstanceId] {
            assert_eq!(meaning(Err(code)), CommitResult::TryAgain, "{code:?}");
        }
    }

    #[test]
    fn a_commit_that_the_client_gave_up_may_still_land() {
        use RDKafkaErrorCode::{
            BrokerTransportFailure, CoordinatorLoadInProgress, CoordinatorNotAvailable, Fail, Fatal, KafkaStorageError, NetworkException,
            NotCoordinator, NotEnoughReplicasAfterAppend, OperationTimedOut, PurgeInflight, RequestTimedOut, SSL, TimedOutQueue, Unknown,
            WaitingForCoordinator,
        };
        let sent = [BrokerTransportFailure, OperationTimedOut, NetworkException, PurgeInflight, SSL, NotEnoughReplicasAfterAppend];
        let after_other_attempts = [CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator, RequestTimedOut, TimedOutQueue];
        let other = [WaitingForCoordinator, Fail, Fatal, KafkaStorageError, Unknown];
        for code in sent.into_iter().chain(after_other_attempts).chain(other) {
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
