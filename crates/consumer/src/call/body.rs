//! A request body that refuses to start when it is late.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::clock::Moment;

/// The request would have been written after the moment until which this process may speak.
#[derive(Debug, thiserror::Error)]
#[error("too late to write the request")]
pub(crate) struct Late;

/// One chunk of known length. Its first frame is the last moment before bytes leave at which the HTTP client asks us.
#[derive(Debug)]
pub(crate) struct TimedBody {
    bytes: Option<Bytes>,
    write_by: Moment,
}

impl TimedBody {
    pub(crate) fn new(bytes: Bytes, write_by: Moment) -> Self {
        Self { bytes: Some(bytes), write_by }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = Late;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Late>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        Poll::Ready(Some(if self.write_by.is_over() { Err(Late) } else { Ok(Frame::data(bytes)) }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn in_time_it_is_one_frame_of_known_length() {
        let mut body = TimedBody::new(Bytes::from_static(b"order"), Moment::now() + Duration::from_secs(60));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(!body.is_end_stream());
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "order");
        assert!(body.is_end_stream() && body.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_late_one_fails_before_its_first_byte() {
        let late = Moment::ago(Duration::from_millis(1));
        assert!(TimedBody::new(Bytes::from_static(b"order"), late).frame().await.unwrap().is_err());
    }
}
