//! The operator's tools, run as an operator runs them.

mod backfill;
mod duplicates;
mod look;
mod online;
mod replay;
mod restore;
mod rollback;
mod transactions;

use order_sync_tests::config::Config;
use order_sync_tests::order_sync::{Finished, OrderSync};
use sandbox::decision::ResultStatus;
use sandbox::faults::{Fault, Rule};
use serde_json::Value as Json;

use crate::orders::order;
use crate::world::World;

/// AlipayHK refuses these orders for good.
fn refuse(world: &World, orders: &[&str]) {
    let fault =
        Fault::Result { code: "PARAM_ILLEGAL".into(), status: ResultStatus::F, message: String::new(), order_status: None, apply: false };
    world.alipayhk.set_faults(vec![Rule { orders: orders.iter().map(|order| (*order).to_owned()).collect(), ..Rule::always(fault) }]);
}

/// Runs a tool to its good end and reads its JSON.
#[track_caller]
fn json(config: &Config, arguments: &[&str]) -> Json {
    let arguments = [arguments, &["--json"]].concat();
    let finished = OrderSync::command(config, &arguments);
    assert_eq!(finished.code, 0, "{arguments:?}: {}", finished.errors);
    serde_json::from_str(&finished.output).unwrap_or_else(|error| panic!("{error}: {}", finished.output))
}

/// Runs a tool that refuses.
#[track_caller]
fn refused(config: &Config, arguments: &[&str]) -> Finished {
    let finished = OrderSync::command(config, arguments);
    assert_eq!((finished.code, finished.errors.lines().count()), (2, 1), "{arguments:?}: {}", finished.errors);
    finished
}
