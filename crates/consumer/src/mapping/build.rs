//! Objects that are built member by member.

use super::assemble::{Assembly, Found};
use super::fault::Fault;
use super::json_text::JsonText;
use super::rule::{Node, Object};

/// What became of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Its sources are null: nothing was written.
    Absent,
    /// It was written, and nothing of it came from the record.
    Constant,
    /// It was written.
    There,
}

impl Presence {
    pub(super) fn is_absent(self) -> bool {
        self == Self::Absent
    }
}

impl<'m: 'r, 'r, F: Found<'r>> Assembly<'m, F> {
    /// Writes an object. One whose every source that is not a constant is null is left out.
    pub(super) fn object(&self, object: &'m Object, out: &mut JsonText) -> Result<Presence, Fault<'r>> {
        let start = out.mark();
        let mut presence = Presence::Constant;
        out.raw("{");
        for (name, node) in &object.members {
            let before = out.mark();
            out.member(name);
            match self.node(node, out)? {
                Presence::Absent => out.back(before),
                Presence::Constant => {}
                Presence::There => presence = Presence::There,
            }
        }
        out.raw("}");
        if presence == Presence::Constant && object.has_source() {
            out.back(start);
            return Ok(Presence::Absent);
        }
        Ok(presence)
    }

    fn node(&self, node: &'m Node, out: &mut JsonText) -> Result<Presence, Fault<'r>> {
        let written = match node {
            Node::Constant(json) => {
                out.raw(json);
                return Ok(Presence::Constant);
            }
            Node::Object(object) => return self.object(object, out),
            Node::Plain(from) => self.found.json(from.slot, out).map_err(|trouble| self.fault(from, trouble))?,
            Node::Text(lookup) => self.lookup(lookup)?.map(|text| out.text(&text)).is_some(),
            Node::Time(moment) => self.moment(moment)?.map(|millis| out.raw(&millis.to_string())).is_some(),
            Node::Amount(from, unit, currency) => self.digits(from, *unit, currency)?.map(|digits| out.text(&digits)).is_some(),
        };
        Ok(if written { Presence::There } else { Presence::Absent })
    }
}
