//! Errors that serde raises while a component reads its table.

use std::fmt::Display;

use super::error::{Error, Kind, nearest, suggestion};

/// Errors raised by serde have no place yet; the deserializer adds it on the way out.
impl serde::de::Error for Error {
    fn custom<T: Display>(message: T) -> Self {
        Error::unplaced(Kind::BadValue, message.to_string(), None)
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        use serde::de::Unexpected;
        let help = match found {
            Unexpected::Float(x) if x.fract() == 0.0 => Some(format!("write {x:.0}")),
            _ => None,
        };
        let message = format!("expected {}, found {}", plain(&expected.to_string()), words(found));
        Error::unplaced(Kind::WrongType, message, help)
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let message = format!("expected {}, found {}", plain(&expected.to_string()), words(found));
        Error::unplaced(Kind::BadValue, message, None)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let guess: Vec<String> = nearest(field, expected).into_iter().collect();
        let help = suggestion(&guess, "keys here", expected);
        Error::unplaced(Kind::UnknownKey, format!("unknown key `{field}`"), Some(help))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let guess: Vec<String> = nearest(variant, expected).into_iter().collect();
        let help = suggestion(&guess, "known", expected);
        Error::unplaced(Kind::UnknownName, format!("unknown value `{variant}`"), Some(help))
    }

    fn missing_field(field: &'static str) -> Self {
        Error::unplaced(Kind::MissingKey, format!("missing key `{field}`"), None)
    }
}

/// Rust's type names in plain words.
fn plain(expected: &str) -> &str {
    match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number of 0 or more",
        "isize" | "i64" | "i32" | "i16" | "i8" => "a whole number",
        "f64" | "f32" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

fn words(found: serde::de::Unexpected<'_>) -> String {
    use serde::de::Unexpected;
    match found {
        Unexpected::Bool(b) => b.to_string(),
        Unexpected::Unsigned(n) => n.to_string(),
        Unexpected::Signed(n) => n.to_string(),
        Unexpected::Float(x) => format!("the number {x:?}"),
        Unexpected::Str(s) => format!("the string \"{s}\""),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a table".into(),
        other => other.to_string(),
    }
}
