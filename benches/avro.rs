//! One record's bytes to an owned, checked order: framing, Avro, every rule on its fields.

use std::hint::black_box;

use consumer::config::{Framing, Mappings, Schema};
use consumer::schema::{Decoded, Decoder, Encoder};
use criterion::{Criterion, Throughput};
use domain::OrderEvent;
use order_sync_benches::cpu_clock::ThreadCpu;
use order_sync_benches::orders;

const SCHEMA_ID: u32 = 1;

/// The same order in a topic of another shape: nested, its status in words of its own, its times in seconds, its amounts in dollars.
fn mapped() -> [(&'static str, Vec<u8>, Decoder); 2] {
    let raw = orders::raw(1, 1);
    let record = serde_json::json!({
        "order": {"no": orders::number(1), "state": "ACCEPTED", "user": raw.user_id, "trade": raw.trade_no, "account": raw.merchant_account_id},
        "created": raw.order_create_time / 1_000, "updated": raw.order_modify_time / 1_000, "version": 1,
        "total": "98.01", "paid": "90.01", "off": "8.00", "currency": "HKD", "channel": "ALIPAYHK",
        "shop": raw.shop_info, "items": raw.item_order_list, "ext": raw.ext_info,
    });
    let mut listed = record.clone();
    listed["items"] = serde_json::json!([{"sku": "10021", "name": "Milk tea, large", "count": 2}, {"sku": "10044", "name": "Pineapple bun with butter", "count": 3}]);
    let items = r#"{"type":"array","items":{"type":"record","name":"Item","fields":[{"name":"sku","type":"string"},{"name":"name","type":"string"},{"name":"count","type":"int"}]}}"#;
    let made = |record, items: &str| {
        let schema = FOREIGN.replace("ITEMS", items);
        let value = order_sync_tests::avro::confluent(SCHEMA_ID, &order_sync_tests::avro::datum(&schema, record));
        let mappings = consumer::config::mappings(MAPPING).expect("our own mapping");
        let mut decoder =
            Decoder::new(&Schema { framing: Framing::Confluent, registry: None, writer_schema: None }, mappings).expect("our own schema");
        decoder.insert(SCHEMA_ID, &schema);
        (value, decoder)
    };
    let (plain, with_items) = (made(&record, r#"["null","string"]"#), made(&listed, items));
    [("another shape", plain.0, plain.1), ("another shape, its items as records", with_items.0, with_items.1)]
}

const FOREIGN: &str = r#"{"type":"record","name":"OrderChanged","namespace":"shop","fields":[
    {"name":"order","type":{"type":"record","name":"Order","fields":[{"name":"no","type":"string"},
        {"name":"state","type":{"type":"enum","name":"State","symbols":["NEW","ACCEPTED","DONE"]}},{"name":"user","type":["null","string"]},
        {"name":"trade","type":["null","string"]},{"name":"account","type":["null","string"]}]}},
    {"name":"created","type":"long"},{"name":"updated","type":"long"},{"name":"version","type":"int"},{"name":"total","type":"string"},
    {"name":"paid","type":"string"},{"name":"off","type":["null","string"]},{"name":"currency","type":"string"},{"name":"channel","type":"string"},
    {"name":"shop","type":["null","string"]},{"name":"items","type":ITEMS},{"name":"ext","type":["null","string"]}]}"#;

const MAPPING: &str = r#"[[mapping]]
when = [{ path = "channel", in = ["ALIPAYHK"] }]
[mapping.fields]
merchantBizNo = "order.no"
merchantBizType = { constant = "SELF_PICK" }
orderStatus = { path = "order.state", values = { NEW = "PENDING", ACCEPTED = "ORDER_TAKEN", DONE = "FINISHED" }, otherwise = "skip" }
userId = "order.user"
tradeNo = "order.trade"
merchantAccountId = "order.account"
orderCreateTime = { path = "created", unit = "s" }
orderModifyTime = { path = "updated", unit = "s", plus = "version" }
"amount.value" = { path = "total", unit = "major" }
"amount.currency" = "currency"
"payAmount.value" = { path = "paid", unit = "major" }
"payAmount.currency" = "currency"
"discountAmount.value" = { path = "off", unit = "major" }
"discountAmount.currency" = "currency"
shopInfo = "shop"
itemOrderList = "items"
extInfo = "ext"
"#;

fn main() {
    let mut criterion = Criterion::default().with_measurement(ThreadCpu).configure_from_args();
    let raw = orders::raw(1, 1);
    let (key, now) = (orders::number(1), orders::now_millis());
    let value = Encoder::confluent(SCHEMA_ID).encode(&raw);
    let mut decoder = Decoder::new(&Schema { framing: Framing::Confluent, registry: None, writer_schema: None }, Mappings::none())
        .expect("our own schema");
    decoder.insert(SCHEMA_ID, Encoder::SCHEMA);
    let decoded = decoder.decode("orders", Some(key.as_bytes()), Some(&value), now).0;
    assert!(matches!(decoded, Decoded::Event(_)), "the sample is decoded");

    let mut group = criterion.benchmark_group("avro");
    group.throughput(Throughput::Elements(1));
    group.bench_function(format!("{} bytes to an owned, checked order", value.len()), |bencher| {
        bencher.iter(|| decoder.decode("orders", Some(black_box(key.as_bytes())), Some(black_box(&value)), now));
    });
    group.bench_function("the checks alone, from borrowed fields to an owned order", |bencher| {
        bencher.iter(|| OrderEvent::parse(black_box(&raw), now));
    });
    for (name, value, decoder) in mapped() {
        assert!(matches!(decoder.decode("orders", None, Some(&value), now).0, Decoded::Event(_)), "{name}");
        group.bench_function(format!("mapped: {} bytes of {name}", value.len()), |bencher| {
            bencher.iter(|| decoder.decode("orders", Some(black_box(key.as_bytes())), Some(black_box(&value)), now));
        });
    }
    let event = orders::event(1, 1);
    group.bench_function("its number for equal content", |bencher| bencher.iter(|| black_box(&event).content()));
    group.finish();
    criterion.final_summary();
}
