//! What the engine alone keeps of a waiting modification: the resident memory of a process that holds nothing else.

use std::hint::black_box;

use order_sync_benches::engines::{PARTITIONS, input, running};

use crate::place::helper_output;
use crate::proc::resident;

/// Bytes for each of `count` waiting orders, its number and status included.
pub(crate) fn measure(count: u64) -> Result<f64, String> {
    helper_output(&["engine-memory", &count.to_string()])?.parse().map_err(|_| "the helper gave no number".to_owned())
}

/// The process of its own.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let [count] = arguments else { return Err("engine-memory wants a number".to_owned()) };
    let count: usize = count.parse().map_err(|_| format!("{count} is no number"))?;
    let pid = i32::try_from(std::process::id()).map_err(|error| error.to_string())?;
    let mut engine = running();
    let (before, mut next) = (resident(pid)?, [0; PARTITIONS as usize]);
    for index in 0..count {
        engine.handle(input(index, index as u64, &mut next), engine::Now::default());
        while engine.poll_effect().is_some() {}
    }
    let after = resident(pid)?;
    black_box(engine);
    println!("{:.1}", after.saturating_sub(before) as f64 / count as f64);
    Ok(())
}
