//! What a record of the outcomes topic tells: the bytes of [`super::encode`], bare or in a frame, read back.

use domain::OrderStatus;
use engine::{Offset, Standing};

use crate::schema::avro::{Broken, Cursor};
use crate::schema::framing;

/// One outcome. Its fields are those of `schemas/order_outcome.avsc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told<'a> {
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) order: Option<&'a str>,
    pub(crate) disposition: &'a str,
    pub(crate) code: Option<&'a str>,
    pub(crate) superseded_by: Option<i64>,
    pub(crate) biz_type: Option<&'a str>,
    pub(crate) status: Option<&'a str>,
    pub(crate) modified_at: Option<i64>,
    pub(crate) order_id: Option<&'a str>,
    pub(crate) held_status: Option<&'a str>,
    pub(crate) tracer_id: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) at_millis: i64,
    standing: Option<Stands<'a>>,
}

/// The last five fields, which outcomes of before they existed do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stands<'a> {
    at: i64,
    offset: i64,
    content: i64,
    was_accepted: bool,
    accepted: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// Reads a value. A topic's name is never empty, so neither frame can be the beginning of a bare value.
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Broken> {
        let framed = framing::confluent(value).map(|(_, bytes)| bytes);
        let bytes = framed.or_else(|| framing::single_object(value).map(|(_, bytes)| bytes)).unwrap_or(value);
        let mut cursor = Cursor::new(bytes);
        let told = Self {
            topic: cursor.text()?,
            partition: cursor.int()?,
            offset: cursor.long()?,
            order: optional(&mut cursor, Cursor::text)?,
            disposition: cursor.text()?,
            code: optional(&mut cursor, Cursor::text)?,
            superseded_by: optional(&mut cursor, Cursor::long)?,
            biz_type: optional(&mut cursor, Cursor::text)?,
            status: optional(&mut cursor, Cursor::text)?,
            modified_at: optional(&mut cursor, Cursor::long)?,
            order_id: optional(&mut cursor, Cursor::text)?,
            held_status: optional(&mut cursor, Cursor::text)?,
            // What the issue of a voucher returned is nobody's business here.
            tracer_id: optional(&mut cursor, Cursor::text).and_then(|_| optional(&mut cursor, Cursor::text))?,
            request_id: optional(&mut cursor, Cursor::text)?,
            at_millis: cursor.long()?,
            standing: None,
        };
        let standing = if cursor.left() == 0 { None } else { stands(&mut cursor)? };
        Ok(Self { standing, ..told })
    }

    /// How the order stood when this was written. What was written before outcomes told that is taken by its disposition.
    pub(crate) fn standing(&self) -> Option<Standing> {
        let accepted = |status: Option<&str>| status.and_then(|status| OrderStatus::parse(status).ok());
        if let Some(told) = &self.standing {
            return Some(Standing {
                at: told.at,
                offset: Offset(told.offset),
                content: u32::try_from(told.content).unwrap_or(0),
                was_accepted: told.was_accepted,
                accepted: accepted(told.accepted),
            });
        }
        let was_accepted = match (self.disposition, self.code) {
            ("delivered", _) => true,
            ("rejected", _) | ("stale", Some("peer_ahead")) => false,
            _ => return None,
        };
        let accepted = accepted(self.status.filter(|_| was_accepted));
        Some(Standing { at: self.modified_at?, offset: Offset(self.offset), content: 0, was_accepted, accepted })
    }
}

fn stands<'a>(cursor: &mut Cursor<'a>) -> Result<Option<Stands<'a>>, Broken> {
    let (at, offset) = (optional(cursor, Cursor::long)?, optional(cursor, Cursor::long)?);
    let (content, was_accepted) = (optional(cursor, Cursor::long)?, optional(cursor, Cursor::boolean)?);
    let accepted = optional(cursor, Cursor::text)?;
    let standing = at.zip(offset);
    Ok(standing.map(|(at, offset)| Stands {
        at,
        offset,
        content: content.unwrap_or(0),
        was_accepted: was_accepted.unwrap_or(false),
        accepted,
    }))
}

fn optional<'a, T>(cursor: &mut Cursor<'a>, read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Broken>) -> Result<Option<T>, Broken> {
    match cursor.index()? {
        0 => Ok(None),
        1 => read(cursor).map(Some),
        _ => Err(Broken::NoSuchBranch),
    }
}

#[cfg(test)]
mod tests {
    use engine::Disposition;

    use super::*;
    use crate::schema::outcome::{Facts, encode, encode_framed};

    const NOW: i64 = 1_795_478_400_000;

    fn facts<'a>(disposition: &'a Disposition, standing: Option<&'a Standing>) -> Facts<'a> {
        let (order, event, request_id, notes) = (Some("ORDER-1"), None, Some("0123"), None);
        Facts { topic: "orders", partition: 3, offset: 70, order, disposition, event, request_id, notes, at_millis: NOW, standing }
    }

    fn standing() -> Standing {
        let accepted = Some(OrderStatus::parse("USED").unwrap());
        Standing { at: NOW - 5, offset: Offset(69), content: u32::MAX, was_accepted: false, accepted }
    }

    #[test]
    fn what_was_written_is_read_back_in_a_frame_or_without() {
        let standing = standing();
        let facts = facts(&Disposition::Superseded { by: Offset(71) }, Some(&standing));
        let (bare, framed) = (encode(&facts), encode_framed(7, &facts));
        let told = Told::read(&bare).unwrap();
        assert_eq!((told.topic, told.partition, told.offset, told.order), ("orders", 3, 70, Some("ORDER-1")));
        assert_eq!((told.disposition, told.superseded_by, told.request_id), ("superseded", Some(71), Some("0123")));
        assert_eq!((told.at_millis, told.standing()), (NOW, Some(standing.clone())));
        assert_eq!(Told::read(&framed).unwrap(), told);
    }

    #[test]
    fn an_outcome_of_before_there_were_standings_is_taken_by_its_disposition() {
        let old = |disposition: &Disposition| {
            let mut value = encode(&facts(disposition, None));
            // Five nulls less.
            value.truncate(value.len() - 5);
            value
        };
        let delivered = old(&Disposition::Delivered);
        let mut told = Told::read(&delivered).unwrap();
        assert_eq!(told.standing(), None, "without a time nothing is known");
        (told.modified_at, told.status) = (Some(NOW), Some("USED"));
        let found = told.standing().unwrap();
        assert_eq!((found.at, found.offset, found.was_accepted), (NOW, Offset(70), true));
        assert_eq!(found.accepted.unwrap().as_str(), "USED");
        let superseded = old(&Disposition::Superseded { by: Offset(71) });
        assert_eq!(Told::read(&superseded).unwrap().standing(), None);
    }

    #[test]
    fn what_is_no_outcome_is_refused_at_every_length() {
        let standing = standing();
        let value = encode(&facts(&Disposition::Delivered, Some(&standing)));
        let whole = (0..value.len()).filter(|end| Told::read(&value[..*end]).is_ok()).collect::<Vec<_>>();
        let before = encode(&facts(&Disposition::Delivered, None)).len() - 5;
        assert_eq!(whole, [before], "only where an older one ended");
    }
}
