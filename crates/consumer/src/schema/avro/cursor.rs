//! Avro's basic forms out of a slice. Nothing is copied, no length is believed before it is compared with what is there, and what is
//! read from one value costs at most a fixed multiple of its size.

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("ends too early")]
    Ends,
    #[error("holds a number out of its range")]
    Number,
    #[error("holds a negative length")]
    NegativeLength,
    #[error("holds text that is not UTF-8")]
    NotText,
    #[error("holds a boolean that is neither 0 nor 1")]
    NotBoolean,
    #[error("has a branch or symbol that the writer's schema has not")]
    NoSuchBranch,
    #[error("is null or of a type that cannot be read here")]
    Refused,
    #[error("has a block of another size than it says")]
    BlockSize,
    #[error("is nested too deeply")]
    TooDeep,
    #[error("claims more items than its size can hold")]
    TooMany,
    #[error("is a map with a key twice")]
    KeyTwice,
}

/// A place in the bytes of one value.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    budget: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        // Items that take no bytes are legal Avro, and would let nine bytes claim 2^63 of them.
        Self { rest: bytes, budget: bytes.len().saturating_mul(8).saturating_add(65_536) }
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// Counts one visited item or record against what the size of the value allows.
    pub(crate) fn spend(&mut self) -> Result<(), Broken> {
        self.budget = self.budget.checked_sub(1).ok_or(Broken::TooMany)?;
        Ok(())
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Broken::Ends)?;
        self.rest = rest;
        Ok(taken)
    }

    /// An `int` or `long`: zig-zag, seven bits a byte, the lowest first.
    pub(crate) fn long(&mut self) -> Result<i64, Broken> {
        let mut bits = 0_u64;
        for (place, byte) in self.rest.iter().enumerate().take(10) {
            // The tenth byte has room for the highest bit only.
            if place == 9 && *byte > 1 {
                return Err(Broken::Number);
            }
            bits |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.take(place + 1)?;
                return Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed());
            }
        }
        Err(if self.rest.len() < 10 { Broken::Ends } else { Broken::Number })
    }

    /// An `int`, as a number of its range.
    pub(crate) fn int(&mut self) -> Result<i32, Broken> {
        i32::try_from(self.long()?).map_err(|_| Broken::Number)
    }

    /// The number of a union's branch or an enum's symbol.
    pub(crate) fn index(&mut self) -> Result<usize, Broken> {
        usize::try_from(self.int()?).map_err(|_| Broken::NoSuchBranch)
    }

    /// A length and that many bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Broken> {
        let length = usize::try_from(self.long()?).map_err(|_| Broken::NegativeLength)?;
        self.take(length)
    }

    /// A length and that many bytes of UTF-8.
    pub(crate) fn text(&mut self) -> Result<&'a str, Broken> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Broken::NotText)
    }

    /// A byte that is 0 or 1.
    pub(crate) fn boolean(&mut self) -> Result<bool, Broken> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Broken::NotBoolean),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn long(bytes: &[u8]) -> Result<i64, Broken> {
        Cursor::new(bytes).long()
    }

    /// Apache Avro, Specification › Binary encoding: the table of zig-zag examples, and the ends of the range.
    #[test]
    fn numbers_are_those_of_the_specification() {
        let table: [(i64, &[u8]); 6] = [(0, &[0]), (-1, &[1]), (1, &[2]), (-2, &[3]), (-64, &[0x7f]), (64, &[0x80, 0x01])];
        for (number, bytes) in table {
            assert_eq!(long(bytes), Ok(number));
        }
        assert_eq!(long(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(i64::MAX));
        assert_eq!(long(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), Ok(i64::MIN));
    }

    #[test]
    fn a_number_that_is_too_long_or_too_short_is_refused() {
        assert_eq!(long(&[]), Err(Broken::Ends));
        assert_eq!(long(&[0x80; 9]), Err(Broken::Ends));
        assert_eq!(long(&[0x80; 10]), Err(Broken::Number));
        assert_eq!(long(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]), Err(Broken::Number));
        assert_eq!(Cursor::new(&[0x80, 0x80, 0x80, 0x80, 0x10]).int(), Err(Broken::Number), "2^31 is no int");
    }

    #[test]
    fn a_length_is_compared_with_what_is_there() {
        assert_eq!(Cursor::new(&[0x06, b'f', b'o', b'o']).text(), Ok("foo"));
        assert_eq!(Cursor::new(&[0x08, b'f', b'o', b'o']).text(), Err(Broken::Ends));
        assert_eq!(Cursor::new(&[0x01]).bytes(), Err(Broken::NegativeLength));
        assert_eq!(Cursor::new(&[0x02, 0xff]).text(), Err(Broken::NotText));
        assert_eq!(Cursor::new(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).bytes(), Err(Broken::Ends));
    }

    proptest! {
        #[test]
        fn numbers_come_back_as_apache_avro_wrote_them(number: i64) {
            let writer = apache_avro::writer::datum::GenericDatumWriter::builder(&apache_avro::Schema::Long).build().unwrap();
            let bytes = writer.write_value_to_vec(number).unwrap();
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(cursor.long(), Ok(number));
            prop_assert_eq!(cursor.left(), 0);
        }
    }
}
