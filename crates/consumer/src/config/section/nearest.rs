//! Guesses which name was meant.

/// Says that a key does not exist, and which one may have been meant.
pub(in crate::config) fn unknown_key(unknown: &str, keys: &[&str]) -> String {
    match nearest(unknown, keys) {
        Some(key) => format!("is not a key of this configuration; did you mean {key:?}?"),
        None => format!("is not a key of this configuration; known here: {}", keys.join(", ")),
    }
}

/// The name that is nearest, if one is near enough to be meant.
pub(in crate::config) fn nearest<'n>(unknown: &str, names: &[&'n str]) -> Option<&'n str> {
    let near = names.iter().map(|name| (distance(unknown, name), *name)).filter(|(far, name)| *far <= 3.min(name.len() / 2)).min();
    near.map(|(_, name)| name)
}

/// Levenshtein's edit distance.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, from) in one.chars().enumerate() {
        let mut left = at + 1;
        let mut diagonal = std::mem::replace(&mut row[0], left);
        for (to, above) in other.chars().zip(row.iter_mut().skip(1)) {
            let cost = usize::from(from != to);
            left = (diagonal + cost).min(left + 1).min(*above + 1);
            diagonal = std::mem::replace(above, left);
        }
    }
    row.last().copied().unwrap_or(0)
}
