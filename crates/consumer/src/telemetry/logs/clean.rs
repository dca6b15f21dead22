//! Foreign text made harmless: a log line stays one line, and a terminal never obeys it.

use std::fmt::{self, Write};

/// What one value may take in a line. Some libraries put a whole schema into an error.
const LONGEST_VALUE: usize = 2_048;

/// Writes text with every control or direction character as `\u{..}`, and stops at the length limit.
pub(super) struct Clean<'a> {
    out: &'a mut String,
    left: usize,
}

impl<'a> Clean<'a> {
    pub(super) fn new(out: &'a mut String) -> Self {
        Self { out, left: LONGEST_VALUE }
    }
}

impl Write for Clean<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match self.left {
                0 => return Ok(()),
                1 => self.out.push('…'),
                _ if is_dangerous(c) => write!(self.out, "\\u{{{:x}}}", u32::from(c))?,
                _ => self.out.push(c),
            }
            self.left -= 1;
        }
        Ok(())
    }
}

/// Controls (C0, DEL, C1), line and paragraph separators, and characters that turn the direction of text.
fn is_dangerous(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        let mut out = String::new();
        Clean::new(&mut out).write_str(text).unwrap();
        out
    }

    #[test]
    fn line_breaks_escapes_and_direction_marks_are_spelled_out() {
        assert_eq!(clean("a\nb\r\x1b[31mred\u{9b}x\u{202e}y\u{2028}\t"), r"a\u{a}b\u{d}\u{1b}[31mred\u{9b}x\u{202e}y\u{2028}\u{9}");
    }

    #[test]
    fn letters_of_all_scripts_stay() {
        assert_eq!(clean("訂單 ñ 🙂"), "訂單 ñ 🙂");
    }

    #[test]
    fn a_long_value_is_cut_with_a_sign() {
        let cut = clean(&"x".repeat(10_000));
        assert_eq!(cut.chars().count(), LONGEST_VALUE);
        assert!(cut.ends_with("x…"));
    }
}
