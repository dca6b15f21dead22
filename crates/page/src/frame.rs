//! The frame of a page: everything but the figures. It needs no token, for it says nothing.

use askama::Template;

/// What the frames differ in.
#[derive(Debug, Clone, Copy, Template)]
#[template(path = "frame.html")]
pub struct Frame<'a> {
    /// The page's name.
    pub name: &'a str,
    /// One sentence for who comes here the first time.
    pub about: &'a str,
    /// Before the names of style, script and icon.
    pub base: &'a str,
    /// Where the figures are.
    pub live: &'a str,
    /// Where the same is as JSON, for who has no script, and what else there is: address and name.
    pub links: &'a [(&'a str, &'a str)],
}

impl Frame<'_> {
    /// The page.
    pub fn html(&self) -> String {
        // Writing to a string does not fail.
        self.render().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_needs_nothing_inline_and_nothing_from_elsewhere() {
        let frame = Frame { name: "a <b>", about: "\"c\"", base: "/x/", live: "/live", links: &[("/api", "JSON")] };
        let html = frame.html();
        assert!(html.contains("a &#60;b&#62;") && html.contains("data-live=\"/live\"") && html.contains("href=\"/x/page.css\""), "{html}");
        assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("http"), "{html}");
        assert_eq!(html.matches("<script").count(), html.matches("<script src=").count(), "{html}");
    }

    #[test]
    fn frame_style_script_and_icon_together_are_small() {
        let frame = Frame { name: "", about: "", base: "/", live: "/", links: &[] };
        let all = frame.html().len() + crate::STYLE.len() + crate::SCRIPT.len() + crate::ICON.len();
        assert!(all < 32 * 1024, "{all} bytes");
    }
}
