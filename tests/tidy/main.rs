//! The rules of the house that no compiler knows. Each finding names the file, the line, the rule and the way out.

mod arrows;
mod capacity;
mod changes;
mod clocks;
mod code_map;
mod commands;
mod dependencies;
mod files;
mod keys;
mod links;
mod lints;
mod proof;
mod report;
mod supply;
mod tree;
mod words;
