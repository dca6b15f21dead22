//! Avro's basic forms, written.

/// Bytes of one value in the making.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// An `int` or `long`, and the number of a union's branch or an enum's symbol.
    pub(crate) fn long(&mut self, number: i64) {
        let mut bits = ((number << 1) ^ (number >> 63)).cast_unsigned();
        while bits > 0x7f {
            self.out.push((bits & 0x7f) as u8 | 0x80);
            bits >>= 7;
        }
        self.out.push(bits as u8);
    }

    /// A `string`.
    pub(crate) fn text(&mut self, text: &str) {
        // No text in memory is longer than an i64 can say.
        self.long(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A `boolean`.
    pub(crate) fn boolean(&mut self, is: bool) {
        self.out.push(u8::from(is));
    }

    /// A union of null and something else, in this order.
    pub(crate) fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            None => self.long(0),
            Some(value) => {
                self.long(1);
                write(self, value);
            }
        }
    }

    /// A union of null and `string`.
    pub(crate) fn optional_text(&mut self, text: Option<&str>) {
        self.optional(text, Self::text);
    }
}
