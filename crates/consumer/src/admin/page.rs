//! The page at `/`: the state as a table, made anew every five seconds. No script.

use std::fmt::Write as _;

use super::state::{GateState, Partition, Phase, State};

/// The style sheet, a path of its own so that the page needs no inline style.
pub(super) const STYLE: &str = include_str!("page.css");

/// The page for one state.
pub(super) fn html(state: &State) -> String {
    let environment = state.environment.as_deref().unwrap_or("no environment named");
    let (ready, group) = state.group.readiness();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta http-equiv=\"refresh\" content=\"5\">\n\
         <title>order-sync: {environment}</title>\n<link rel=\"stylesheet\" href=\"/page.css\">\n\
         <h1>order-sync</h1>\n<p>{environment} · version {} · since {} · <span class=\"{}\">{}</span></p>\n",
        escape(state.version),
        escape(&state.started_at),
        if ready { "good" } else { "bad" },
        escape(group),
        environment = escape(environment),
    );
    section(&mut page, "Calls", &calls(state));
    let of = &state.dispositions;
    let ends = [
        ("delivered", of.delivered),
        ("superseded", of.superseded),
        ("stale", of.stale),
        ("rejected", of.rejected),
        ("parked", of.parked),
        ("skipped", of.skipped),
    ];
    let mut rows = vec![("records read".to_owned(), state.records_read.to_string())];
    rows.extend(ends.map(|(name, count)| (name.to_owned(), count.to_string())));
    section(&mut page, "Records", &rows);
    partitions(&mut page, &state.partitions);
    let notes: Vec<_> =
        state.notes.iter().filter(|(_, count)| **count > 0).map(|(name, count)| (name.replace('_', " "), count.to_string())).collect();
    if !notes.is_empty() {
        section(&mut page, "Remarks", &notes);
    }
    page.push_str("<p>The same as JSON: <a href=\"/api/state\">/api/state</a>. Metrics: <a href=\"/metrics\">/metrics</a>.</p>\n</html>\n");
    page
}

fn calls(state: &State) -> Vec<(String, String)> {
    let reason = state.gate.reason.unwrap_or("no reason given");
    let gate = match state.gate.state {
        GateState::Open => "open".to_owned(),
        GateState::Closed => format!("closed: {reason}"),
        GateState::Probing => format!("probing: {reason}"),
    };
    let mut rows = vec![("gate".to_owned(), gate)];
    rows.extend(state.gate.types.iter().map(|(name, gate)| (format!("gate of {name}"), gate.reason.to_owned())));
    rows.extend([
        ("freshness".to_owned(), format!("{:.1} s", state.freshness_seconds)),
        ("attempted".to_owned(), state.calls.attempted.to_string()),
        ("in flight".to_owned(), state.calls.in_flight.to_string()),
        ("saved by collapse".to_owned(), state.calls_saved.to_string()),
        ("quota share".to_owned(), format!("{:.2} a second, {:.1} tokens", state.quota.share_per_second, state.quota.tokens)),
        ("dead-letter fuse".to_owned(), format!("{:.1} tokens", state.fuse.tokens)),
        ("orders remembered".to_owned(), state.remembered_orders.to_string()),
    ]);
    rows
}

fn section(page: &mut String, title: &str, rows: &[(String, String)]) {
    let _ = write!(page, "<h2>{title}</h2>\n<table>\n");
    for (name, value) in rows {
        let _ = writeln!(page, "<tr><th scope=\"row\">{}<td>{}", escape(name), escape(value));
    }
    page.push_str("</table>\n");
}

fn partitions(page: &mut String, partitions: &[Partition]) {
    let columns = ["partition", "phase", "position", "committable", "committed", "lag", "open", "waiting", "in flight", "paused"];
    page.push_str("<h2>Partitions</h2>\n<table>\n<tr>");
    columns.iter().for_each(|column| page.push_str(&format!("<th scope=\"col\">{column}")));
    page.push('\n');
    let known = |number: Option<String>| number.unwrap_or_else(|| "–".to_owned());
    for of in partitions {
        let phase = match of.phase {
            Phase::Consuming => "consuming",
            Phase::Draining => "draining",
            Phase::Released => "released",
        };
        let cells = [
            format!("{} {}", of.topic, of.partition),
            phase.to_owned(),
            of.position.to_string(),
            of.committable.to_string(),
            known(of.committed.map(|offset| offset.to_string())),
            known(of.lag().map(|lag| lag.to_string())),
            of.open.to_string(),
            of.waiting.to_string(),
            of.in_flight.to_string(),
            if of.paused { "yes" } else { "no" }.to_owned(),
        ];
        page.push_str("<tr>");
        cells.iter().for_each(|cell| page.push_str(&format!("<td>{}", escape(cell))));
        page.push('\n');
    }
    page.push_str("</table>\n");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_become_markup() {
        let hostile = "<script>alert(1)</script>\"'&";
        let partition = Partition { topic: hostile.into(), ..Partition::default() };
        let page = html(&State { environment: Some(hostile.into()), partitions: vec![partition], ..State::default() });
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    }

    #[test]
    fn a_closed_gate_is_on_the_page_with_its_reason() {
        let mut state = State::default();
        state.gate.state = GateState::Closed;
        state.gate.reason = Some("timeout");
        assert!(html(&state).contains("closed: timeout"));
    }
}
