//! How the poll thread, the driver and the thread that asks hand over to each other.

use super::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// What a consumer's life is made of, between two polls.
pub(crate) trait Life {
    /// From the driver.
    type Command;
    /// Why it is over.
    type End;
    /// The command that ends it: a driver that is gone can give none.
    const STOP: Self::Command;
    /// Carries a command out.
    fn obey(&mut self, command: Self::Command) -> Option<Self::End>;
    /// Passes on what the coordinator has answered to commits.
    fn answers(&mut self) -> Option<Self::End>;
    /// Polls once, and all that belongs to it.
    fn poll(&mut self) -> Option<Self::End>;
}

/// One consumer's life, to its end.
pub(crate) fn live<L: Life>(mut life: L, commands: &Receiver<L::Command>) -> L::End {
    loop {
        while let Some(command) = next(commands, L::STOP) {
            if let Some(end) = life.obey(command) {
                return end;
            }
        }
        if let Some(end) = life.answers().or_else(|| life.poll()) {
            return end;
        }
    }
}

/// The next command, if there is one; a driver that is gone means stop.
fn next<C>(commands: &Receiver<C>, stop: C) -> Option<C> {
    match commands.try_recv() {
        Ok(command) => Some(command),
        Err(TryRecvError::Empty) => None,
        Err(TryRecvError::Disconnected) => Some(stop),
    }
}

/// The end of one who asks. Whoever answers ends with it, as soon as the last question is answered.
#[derive(Debug)]
pub(crate) struct Asking<Q, R> {
    questions: Sender<Q>,
    replies: Receiver<R>,
}

/// The end of the one who answers.
#[derive(Debug)]
pub(crate) struct Answering<Q, R> {
    asked: Receiver<Q>,
    told: Sender<R>,
}

/// Both ends.
pub(crate) fn line<Q, R>() -> (Asking<Q, R>, Answering<Q, R>) {
    let (questions, asked) = channel();
    let (told, replies) = channel();
    (Asking { questions, replies }, Answering { asked, told })
}

impl<Q, R> Asking<Q, R> {
    /// Asks.
    pub(crate) fn ask(&self, question: Q) {
        // Whoever answers is gone only when this end is.
        let _ = self.questions.send(question);
    }

    /// What was answered meanwhile.
    pub(crate) fn reply(&self) -> Option<R> {
        self.replies.try_recv().ok()
    }
}

impl<Q, R> Answering<Q, R> {
    /// Answers question after question, until nobody asks any more.
    pub(crate) fn serve(self, mut answer: impl FnMut(Q) -> R) {
        while let Ok(question) = self.asked.recv() {
            if self.told.send(answer(question)).is_err() {
                break;
            }
        }
    }
}
