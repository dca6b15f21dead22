//! A way into a record: names joined by dots.

use std::fmt;

/// A longer one is a mistake: readers end at a depth of 64, and AlipayHK's JSON at 32.
const LONGEST: usize = 32;

/// Fields of records, keys of maps, members of objects; in an array the number of an item, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path {
    text: Box<str>,
    parts: Box<[Box<str>]>,
}

impl Path {
    /// Takes `order.no`, or `attributes."shop.id"` for a name that holds a dot.
    ///
    /// # Errors
    /// What is wrong with it, as an error text goes on.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts: Vec<Box<str>> = Vec::new();
        let mut rest = text;
        loop {
            let (part, behind) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or("has a quote that does not end")?,
                None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
            };
            if part.trim().is_empty() {
                return Err("has an empty part; expected names joined by dots, such as \"order.no\"");
            }
            parts.push(part.into());
            match behind.strip_prefix('.') {
                Some(next) => rest = next,
                None if behind.is_empty() => break,
                None => return Err("goes on behind a quote without a dot"),
            }
        }
        if parts.len() > LONGEST {
            return Err("has more than 32 parts");
        }
        Ok(Self { text: text.into(), parts: parts.into() })
    }

    /// Its parts, the outermost first.
    pub(crate) fn parts(&self) -> &[Box<str>] {
        &self.parts
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        Path::parse(text).unwrap().parts().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_joined_by_dots_and_quotes_keep_a_dot() {
        assert_eq!(parts("total"), ["total"]);
        assert_eq!(parts("order.items.0.price"), ["order", "items", "0", "price"]);
        assert_eq!(parts("attributes.\"shop.id\".x"), ["attributes", "shop.id", "x"]);
        assert_eq!(Path::parse("a.\"b.c\"").unwrap().to_string(), "a.\"b.c\"");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b", " ", "a. .b", "\"a", "\"\"", "\"a\"b", &"a.".repeat(40)] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
