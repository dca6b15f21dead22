//! A bar of a few parts, as an SVG: inline styles are not allowed on the pages, so a share cannot be a width.

use std::fmt::Write as _;

/// Parts of a whole, each with the name of its class. Drawn from left to right; what is left of the whole stays empty.
pub fn svg(parts: &[(&str, u64)], whole: u64) -> String {
    let mut svg = String::from("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut from = 0.0;
    for (class, part) in parts.iter().filter(|(_, part)| *part > 0) {
        // What is there can be seen, however small its share is.
        let width = (*part as f64 * 1_000.0 / whole.max(1) as f64).clamp(6.0, 1_000.0);
        let _ = write!(svg, "<rect class=\"{class}\" x=\"{from:.0}\" width=\"{width:.0}\" height=\"10\"/>");
        from += width;
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_as_wide_as_its_share_and_a_small_one_can_be_seen() {
        let bar = svg(&[("a", 250), ("b", 0), ("c", 1)], 1_000);
        assert!(bar.contains("class=\"a\" x=\"0\" width=\"250\"") && bar.contains("class=\"c\" x=\"250\" width=\"6\""), "{bar}");
        assert!(!bar.contains("class=\"b\""));
        assert!(svg(&[("a", 5)], 0).contains("width=\"1000\""), "a whole of nothing is no division by zero");
    }
}
