//! Is it JSON, of the right kind, and not too deep? One pass of `serde_json` for the grammar, which keeps nothing, and one over
//! the brackets.

use serde::de::IgnoredAny;

use crate::invalid::Fault;

/// Readers differ in how deep they follow; 32 levels are far beyond any real order.
const DEEPEST: usize = 32;

/// One JSON object.
pub(super) fn object(text: &str) -> Result<(), Fault> {
    grammar(text)?;
    if first(text) != Some(b'{') {
        return Err(Fault::NotObject);
    }
    brackets(text, |_| Ok(()))
}

/// One JSON array whose items are objects.
pub(super) fn array_of_objects(text: &str) -> Result<(), Fault> {
    grammar(text)?;
    if first(text) != Some(b'[') {
        return Err(Fault::NotArray);
    }
    brackets(text, |begins_item| if begins_item == b'{' { Ok(()) } else { Err(Fault::ItemNotObject) })
}

fn grammar(text: &str) -> Result<(), Fault> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|_| Fault::NotJson)
}

fn first(text: &str) -> Option<u8> {
    text.bytes().find(|byte| !byte.is_ascii_whitespace())
}

/// Walks text already known to be JSON. `level_one` sees every byte right inside the outermost brackets that can begin a value
/// (and goes on within it, for numbers and words: what refuses the first byte has refused the value).
fn brackets(text: &str, level_one: impl Fn(u8) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut depth = 0_usize;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if depth == 1 && !matches!(byte, b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r') {
            level_one(byte)?;
        }
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Fault::TooDeep { max: DEEPEST });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    Ok(())
}

fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
}
