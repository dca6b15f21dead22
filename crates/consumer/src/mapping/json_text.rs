//! JSON in the making, of bounded length.

use super::fault::Trouble;

/// No order is larger. A few bytes of Avro can stand for a name of any length in the schema.
const LARGEST: usize = 4 << 20;

/// JSON text in the making.
#[derive(Debug, Default)]
pub(crate) struct JsonText {
    text: String,
}

impl JsonText {
    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// Where the text ends now, for [`Self::back`].
    pub(crate) fn mark(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing but this stands behind a mark.
    pub(crate) fn ends_as(&self, json: &str, mark: usize) -> bool {
        self.text.get(mark..) == Some(json)
    }

    /// Takes everything behind a mark away.
    pub(crate) fn back(&mut self, mark: usize) {
        self.text.truncate(mark);
    }

    /// JSON as it is.
    pub(crate) fn raw(&mut self, json: &str) {
        self.text.push_str(json);
    }

    /// The name of the next member, behind a comma where one is needed.
    pub(crate) fn member(&mut self, name: &str) {
        self.comma();
        self.text(name);
        self.text.push(':');
    }

    /// A comma, unless this is the first item.
    pub(crate) fn comma(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
    }

    /// A string.
    pub(crate) fn text(&mut self, text: &str) {
        let plain = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if plain {
            self.text.reserve(text.len() + 2);
            self.text.push('"');
            self.text.push_str(text);
            self.text.push('"');
        } else {
            self.text.push_str(&serde_json::Value::from(text).to_string());
        }
    }

    /// Whether there is room for more.
    pub(crate) fn room(&self) -> Result<(), Trouble> {
        if self.text.len() > LARGEST { Err(Trouble::Unfit("becomes JSON of more than 4 MiB")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_where_json_needs_it() {
        for text in ["", "plain 號", "a\"b\\c", "line\nend\t\u{1}", "\u{7f}\u{2028}"] {
            let mut out = JsonText::default();
            out.text(text);
            assert_eq!(serde_json::from_str::<String>(&out.finish()).unwrap(), text);
        }
    }

    #[test]
    fn commas_stand_between_and_what_is_taken_back_leaves_none() {
        let mut out = JsonText::default();
        out.raw("{");
        out.member("a");
        out.raw("1");
        let mark = out.mark();
        out.member("b");
        out.back(mark);
        out.member("c");
        out.raw("[");
        out.comma();
        out.raw("2");
        out.comma();
        out.raw("3");
        out.raw("]}");
        assert_eq!(out.finish(), r#"{"a":1,"c":[2,3]}"#);
    }
}
