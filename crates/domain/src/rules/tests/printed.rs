//! Each machine on one page, so that a business rule is reviewed as a table and not as code.

use std::fmt::Write;

use super::*;
use crate::biz_type::table::Table;

#[test]
fn the_nine_machines_are_these() {
    for biz_type in BizType::ALL {
        insta::assert_snapshot!(biz_type.name(), page(biz_type));
    }
}

fn page(biz_type: BizType) -> String {
    let (book, table) = (Rulebook::standard(), biz_type.table());
    let rules = book.of(biz_type);
    let mut page = head(biz_type, table);
    for row in table.statuses {
        let marks = [(row.end, " (end)"), (row.one_version_only, " (one page version only)")].map(|(is, mark)| if is { mark } else { "" });
        writeln!(page, "{}{}: {}", row.name, marks.concat(), row.meaning).unwrap();
    }
    let known = statuses(biz_type);
    page += "\nfrom ↓, to →\n";
    let first = known.iter().map(|to| step_word(rules.step(None, to))).collect();
    let rows = known.iter().map(|from| known.iter().map(|to| step_word(rules.step(Some(from), to))).collect());
    page += &grid(&known, std::iter::once(("(not known)", first)).chain(known.iter().map(OrderStatus::as_str).zip(rows)));
    page += "\nsent ↓, AlipayHK holds →\n";
    let rows =
        known.iter().map(|sent| known.iter().map(|held| if rules.peer_is_ahead(sent, held.as_str()) { "ahead" } else { "·" }).collect());
    page += &grid(&known, known.iter().map(OrderStatus::as_str).zip(rows));
    page
}

fn head(biz_type: BizType, table: &Table) -> String {
    let fields = table.required.iter().map(|field| field.name().to_owned());
    let paths = table.required_paths.iter().map(|(at, path)| format!("{path} at {}", at.unwrap_or("every status")));
    let required: Vec<String> = fields.chain(paths).collect();
    format!("{biz_type}, {:?}\nnever collapsed: {:?}\nrequired: {}\n\n", table.rule, table.milestones, required.join(", "))
        .replace(": \n", ": nothing\n")
}

fn step_word(step: Step) -> &'static str {
    match step {
        Step::Allowed => "yes",
        Step::Repeated => "again",
        Step::Forbidden(why) => why.name(),
        Step::Unknown => "unknown",
    }
}

fn grid<'a>(columns: &[OrderStatus], rows: impl Iterator<Item = (&'a str, Vec<&'static str>)>) -> String {
    let mut text = format!("{:18}", "");
    let widths: Vec<usize> = columns.iter().map(|column| column.as_str().len().max(17) + 1).collect();
    for (column, width) in columns.iter().zip(&widths) {
        write!(text, " {:width$}", column.as_str()).unwrap();
    }
    for (name, cells) in rows {
        write!(text, "\n{name:18}").unwrap();
        for (cell, width) in cells.iter().zip(&widths) {
            write!(text, " {cell:width$}").unwrap();
        }
    }
    text.lines().fold(String::new(), |kept, line| kept + line.trim_end() + "\n")
}
