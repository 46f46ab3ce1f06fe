//! Rust values as Python literals, so that no name can end a string or start code.

/// Returns `text` as a Python string literal.
pub(super) fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c).min(0xFF))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Returns the texts as a Python list of strings.
pub(super) fn list(texts: &[&str]) -> String {
    let items: Vec<String> = texts.iter().map(|t| string(t)).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_their_quotes() {
        assert_eq!(string("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(list(&["x", "loop.regime"]), r#"["x", "loop.regime"]"#);
        assert_eq!(list(&[]), "[]");
    }
}
