//! What may be written to a terminal that a pipe or a file is spared.

use std::ffi::OsStr;
use std::io::IsTerminal;

/// What stands behind an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Lines can be drawn over.
    pub(crate) redraws: bool,
    /// Colours are seen and welcome.
    pub(crate) colour: bool,
}

impl Look {
    /// Of an output, by the environment: `NO_COLOR` (no-color.org) and `TERM=dumb` count.
    pub(crate) fn of(out: &impl IsTerminal) -> Self {
        Self::by(out.is_terminal(), std::env::var_os("NO_COLOR").as_deref(), std::env::var_os("TERM").as_deref())
    }

    fn by(is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> Self {
        let redraws = is_terminal && term.is_none_or(|term| term != "dumb");
        Self { redraws, colour: redraws && no_color.is_none_or(OsStr::is_empty) }
    }

    /// The text in one of the colours below, where colours are seen.
    #[cfg(feature = "sandbox")]
    pub(crate) fn paint(self, colour: &str, text: &str) -> String {
        if self.colour { format!("{colour}{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(feature = "sandbox")]
pub(crate) const GREEN: &str = "\x1b[32m";
#[cfg(feature = "sandbox")]
pub(crate) const YELLOW: &str = "\x1b[33m";
#[cfg(feature = "sandbox")]
pub(crate) const RED: &str = "\x1b[31m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_owner_does_not_say_no() {
        let look = |terminal, no_color: Option<&str>, term: &str| {
            let Look { redraws, colour } = Look::by(terminal, no_color.map(OsStr::new), Some(OsStr::new(term)));
            (redraws, colour)
        };
        assert_eq!(look(true, None, "xterm"), (true, true));
        assert_eq!(look(true, Some("1"), "xterm"), (true, false));
        assert_eq!(look(true, Some(""), "xterm"), (true, true), "an empty one says nothing");
        assert_eq!(look(false, None, "xterm"), (false, false));
        assert_eq!(look(true, None, "dumb"), (false, false));
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn a_painted_text_is_the_same_text() {
        assert_eq!(Look { redraws: true, colour: false }.paint(RED, "closed"), "closed");
        assert_eq!(Look { redraws: true, colour: true }.paint(RED, "closed"), "\x1b[31mclosed\x1b[0m");
    }
}
