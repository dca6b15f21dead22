//! What is deployed is looked over by the tools that know it: Helm, promtool, hadolint, Kubernetes' schemas, systemd, cargo-deny, and by our own
//! rules.

mod chart;
mod compose;
mod dashboards;
mod image;
mod jail;
mod rules;
mod runbook;
mod scripts;
mod series;
mod supply;
mod tools;
mod unit;
