//! A mapping that was wrong is undone, step by step as docs/dead-letters.md has it.

use order_sync_tests::kafka::Record;
use order_sync_tests::order_sync::OrderSync;
use sandbox::model::Stands;
use serde_json::{Value as Json, json};

use super::json;
use crate::mapping::mapped;
use crate::world::{World, disposed, now};

const CREATED: i64 = 1_760_000_000_000;
const RIGHT: &str = r#"
[[mapping]]
[mapping.fields]
merchantBizNo = "no"
merchantBizType = { constant = "MOVIE_TICKET" }
orderStatus = { path = "state", values = { paid = "TICKETED", entered = "USED" } }
userId = "user"
orderCreateTime = "created"
orderModifyTime = "updated"
"amount.value" = { path = "price", unit = "major" }
"amount.currency" = { constant = "HKD" }
"extInfo.start_time" = "created"
"#;

fn booking(number: &str, state: &str, updated: i64) -> Record {
    let value = json!({"no": number, "state": state, "user": "2088102000000001", "created": CREATED, "updated": updated, "price": "52"});
    Record::new(number, value.to_string())
}

#[test]
fn a_wrong_mapping_is_undone_by_a_backfill_as_of_now_and_what_changes_later_is_newer_still() {
    // AlipayHK orders by orderModifyTime, as its page says: the correction has to be newer.
    let world = World::with("rollback", 1, Stands::default());
    let outcomes = world.kafka.topic("rollback-outcomes", 1);
    let config = world.config().without("schema.registry_url").set("schema.framing", "json").set("outcomes.topic", outcomes.name());
    let wrong = mapped(config.clone(), &RIGHT.replace("unit = \"major\"", "unit = \"minor\"").replace(", entered = \"USED\"", ""));
    let right = mapped(config, RIGHT);
    let amount = |number: &str| {
        let held = world.alipayhk.order(number).unwrap();
        serde_json::from_str::<Json>(&held.json).unwrap()["amount"]["value"].as_str().unwrap().to_owned()
    };
    world.orders.write_all([booking("E2E-WRONG", "paid", CREATED + 1_000), booking("E2E-UNMAPPED", "entered", CREATED + 2_000)]);
    let run = OrderSync::start(&wrong);
    let state = run.until_settled(2);
    assert_eq!((disposed(&state, "delivered"), disposed(&state, "parked")), (1, 1), "{state}");
    world.stop_at_the_end(run);
    assert_eq!(amount("E2E-WRONG"), "52", "a hundredth of what was paid");

    let checked = json(&right, &["check", "--from-topic", "100"]);
    assert!(checked["orders"].as_array().unwrap().iter().all(|order| order["becomes"] == "call"), "{checked}");
    let backfill = ["backfill", "--from", "1h", "--force", "--as-of-now"];
    let (began, dry) = (now(), json(&right, &[&backfill[..], &["--dry-run"]].concat()));
    assert_eq!((&dry["to_send"], amount("E2E-WRONG").as_str()), (&2.into(), "52"), "{dry}");
    let done = json(&right, &backfill);
    assert_eq!(done["ended"]["delivered"], 2, "{done}");
    assert_eq!((amount("E2E-WRONG"), amount("E2E-UNMAPPED")), ("5200".to_owned(), "5200".to_owned()));
    let held = world.alipayhk.order("E2E-WRONG").unwrap();
    // A run is named by the second in which it began.
    assert!((began / 1_000 * 1_000..=now()).contains(&held.modify_time), "{}", held.modify_time);
    // What was parked has arrived with the rest, so that its letter is older.
    let replayed = json(&right, &["dlq", "replay", "--reason", "unmapped", "--from", "1h"]);
    assert_eq!((&replayed["ended"], &replayed["left"]["older"]), (&json!({}), &1.into()), "{replayed}");

    world.orders.write(booking("E2E-WRONG", "entered", now()));
    let run = OrderSync::start(&right);
    assert_eq!(disposed(&run.until_settled(1), "delivered"), 1);
    world.stop_at_the_end(run);
    assert_eq!(world.alipayhk.order("E2E-WRONG").unwrap().status.as_str(), "USED");
}
