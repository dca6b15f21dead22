//! Our side of the resolution: what `schemas/order_event.avsc` asks for, by name.

use apache_avro::Schema;
use apache_avro::schema::{RecordField, RecordSchema, ResolvedSchema};
use domain::Field;
use serde_json::Value;

/// The reader's schema, as it is published.
pub(crate) const ORDER_EVENT: &str = include_str!("../../../../../schemas/order_event.avsc");

/// One field that is asked for; `T` says which.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<T> {
    pub(crate) target: T,
    pub(crate) name: Box<str>,
    /// Names that the field had before.
    pub(crate) aliases: Vec<String>,
    pub(crate) nullable: bool,
    /// What it is when the writer has no such field; without one it has to be there.
    pub(crate) default: Option<Constant>,
}

/// A default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constant {
    Null,
    Text(Box<str>),
    Time(i64),
}

/// The members of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Value,
    Currency,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Time,
    Money,
}

/// The reader's schema, understood.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) order: Vec<Wanted<Field>>,
    pub(crate) money: Vec<Wanted<Part>>,
}

/// A reader's schema that is none: only a change of ours can bring it about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the reader's schema is not of an order: {0}")]
pub(crate) struct NotAReader(String);

impl Reader {
    /// Understands a reader's schema.
    pub(crate) fn parse(text: &str) -> Result<Self, NotAReader> {
        let schema = Schema::parse_str(text).map_err(|error| NotAReader(error.to_string()))?;
        let resolved = ResolvedSchema::new(&schema).map_err(|error| NotAReader(error.to_string()))?;
        let Schema::Record(record) = &schema else { return Err(NotAReader("no record".to_owned())) };
        let (mut order, mut money) = (Vec::new(), Vec::new());
        for field in &record.fields {
            let target = Field::parse(&field.name).ok_or_else(|| unfit(field, "is no field of an order"))?;
            let (nullable, inner) = optional(&field.schema).ok_or_else(|| unfit(field, "is a union of several types"))?;
            let inner = match inner {
                Schema::Ref { name } => *resolved.get_names().get(&*name.fully_qualified_name(record.name.namespace())).unwrap_or(&inner),
                other => other,
            };
            match (kind(target), inner) {
                (Kind::Text, Schema::String) | (Kind::Time, Schema::Long | Schema::TimestampMillis) => {}
                (Kind::Money, Schema::Record(amount)) if money.is_empty() => money = parts(amount)?,
                (Kind::Money, Schema::Record(_)) => {}
                (Kind::Text | Kind::Time | Kind::Money, _) => return Err(unfit(field, "has the wrong type")),
            }
            order.push(wanted(target, field, nullable)?);
        }
        Ok(Self { order, money })
    }
}

/// What a field of an order holds.
pub(crate) fn kind(field: Field) -> Kind {
    match field {
        Field::OrderCreateTime | Field::OrderModifyTime => Kind::Time,
        Field::Amount | Field::PayAmount | Field::DiscountAmount | Field::ActualAmount => Kind::Money,
        Field::MerchantBizNo
        | Field::MerchantBizType
        | Field::OrderStatus
        | Field::UserId
        | Field::OpenId
        | Field::MerchantAccountId
        | Field::MerchantId
        | Field::TinyAppId
        | Field::TradeNo
        | Field::ShopInfo
        | Field::ItemOrderList
        | Field::ExtInfo => Kind::Text,
    }
}

fn parts(amount: &RecordSchema) -> Result<Vec<Wanted<Part>>, NotAReader> {
    let part = |field: &RecordField| match (field.name.as_str(), &field.schema) {
        ("value", Schema::String) => wanted(Part::Value, field, false),
        ("currency", Schema::String) => wanted(Part::Currency, field, false),
        _ => Err(unfit(field, "is no member of an amount")),
    };
    amount.fields.iter().map(part).collect()
}

/// Whether null is allowed, and the type beside it.
fn optional(schema: &Schema) -> Option<(bool, &Schema)> {
    match schema {
        Schema::Union(union) => match union.variants() {
            [Schema::Null, other] | [other, Schema::Null] => Some((true, other)),
            _ => None,
        },
        other => Some((false, other)),
    }
}

fn wanted<T>(target: T, field: &RecordField, nullable: bool) -> Result<Wanted<T>, NotAReader> {
    let default = match &field.default {
        None => None,
        Some(Value::Null) => Some(Constant::Null),
        Some(Value::String(text)) => Some(Constant::Text(text.as_str().into())),
        Some(Value::Number(number)) => number.as_i64().map(Constant::Time),
        Some(_) => return Err(unfit(field, "has a default that is no plain value")),
    };
    Ok(Wanted { target, name: field.name.as_str().into(), aliases: field.aliases.clone(), nullable, default })
}

fn unfit(field: &RecordField, what: &str) -> NotAReader {
    NotAReader(format!("{} {what}", field.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_asks_for_every_field_of_an_order() {
        let reader = Reader::parse(ORDER_EVENT).unwrap();
        assert_eq!(reader.order.iter().map(|wanted| wanted.target).collect::<Vec<_>>(), Field::ALL);
        assert_eq!(reader.money.iter().map(|wanted| wanted.target).collect::<Vec<_>>(), [Part::Value, Part::Currency]);
        let required: Vec<Field> = reader.order.iter().filter(|wanted| wanted.default.is_none()).map(|wanted| wanted.target).collect();
        let five = [Field::MerchantBizNo, Field::MerchantBizType, Field::OrderStatus, Field::OrderCreateTime, Field::OrderModifyTime];
        assert_eq!(required, five);
        assert!(reader.order.iter().all(|wanted| wanted.nullable == (wanted.default == Some(Constant::Null))));
    }

    #[test]
    fn a_schema_of_something_else_is_no_reader() {
        for text in [
            "{",
            r#""string""#,
            r#"{"type":"record","name":"O","fields":[{"name":"orderNo","type":"string"}]}"#,
            r#"{"type":"record","name":"O","fields":[{"name":"orderStatus","type":"long"}]}"#,
            r#"{"type":"record","name":"O","fields":[{"name":"orderStatus","type":["string","long","null"]}]}"#,
        ] {
            assert!(Reader::parse(text).is_err(), "{text}");
        }
    }
}
