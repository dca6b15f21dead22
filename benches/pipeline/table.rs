//! Figures, with what they have to be.

use std::fmt::Write;

use serde::Serialize;

/// One figure.
#[derive(Debug, Serialize)]
struct Figure {
    part: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
}

/// All figures of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Table {
    figures: Vec<Figure>,
}

impl Table {
    /// A figure that explains others.
    pub(crate) fn add(&mut self, part: &'static str, name: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push(Figure { part, name: name.into(), value, unit, at_most: None, reached: None });
    }

    /// A figure with a goal.
    pub(crate) fn goal(&mut self, part: &'static str, name: impl Into<String>, value: f64, unit: &'static str, at_most: f64) {
        let reached = Some(value <= at_most);
        self.figures.push(Figure { part, name: name.into(), value, unit, at_most: Some(at_most), reached });
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{:<10} {:<66} {:>10} {:<8} {:>8}\n", "part", "figure", "value", "unit", "goal");
        for figure in &self.figures {
            let goal = match (figure.at_most, figure.reached) {
                (Some(most), Some(reached)) => format!("≤ {most} {}", if reached { "yes" } else { "NO" }),
                _ => String::new(),
            };
            let _ = writeln!(text, "{:<10} {:<66} {:>10.2} {:<8} {goal}", figure.part, figure.name, figure.value, figure.unit);
        }
        text
    }
}
