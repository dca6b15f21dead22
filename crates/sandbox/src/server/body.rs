use std::convert::identity;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Interval, interval};

use super::connection::Dropped;

const FILL: usize = 64 * 1024;

/// The body of an answer, and how it is spoiled.
pub(super) enum Body {
    /// All at once.
    Whole(Option<Bytes>),
    /// A byte each tick.
    Drip(Bytes, Interval),
    /// The front part, then, after it was flushed, an error that ends the connection.
    Broken { front: Option<Bytes>, whole: u64, flushed: bool },
    /// So many bytes of blanks.
    Fill(u64),
}

impl Body {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    pub(super) fn drip(bytes: Bytes, every: Duration) -> Self {
        Self::Drip(bytes, interval(every))
    }

    pub(super) fn broken(mut bytes: Bytes) -> Self {
        let whole = bytes.len() as u64;
        bytes.truncate(bytes.len() / 2);
        Self::Broken { front: Some(bytes), whole, flushed: false }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let data = |bytes: Bytes| Poll::Ready(Some(Ok(Frame::data(bytes))));
        match &mut *self {
            Self::Whole(bytes) => bytes.take().map_or(Poll::Ready(None), data),
            Self::Drip(bytes, _) if bytes.is_empty() => Poll::Ready(None),
            Self::Drip(bytes, ticks) => {
                ready!(ticks.poll_tick(cx));
                data(bytes.split_to(1))
            }
            Self::Broken { front, flushed, .. } => match front.take() {
                Some(bytes) => data(bytes),
                // hyper flushes what it has whenever a body has nothing to give for a moment.
                None if !std::mem::replace(flushed, true) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                None => Poll::Ready(Some(Err(Dropped))),
            },
            Self::Fill(0) => Poll::Ready(None),
            Self::Fill(left) => {
                let now = usize::try_from(*left).map_or(FILL, identity).min(FILL);
                *left -= now as u64;
                data(Bytes::from(vec![b' '; now]))
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Drip(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            Self::Broken { whole, .. } => SizeHint::with_exact(*whole),
            // Without a length, so that only a reader that counts finds out.
            Self::Fill(_) => SizeHint::default(),
        }
    }
}
