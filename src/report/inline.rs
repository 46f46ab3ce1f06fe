//! What may enter the page unescaped, and where its links may lead.

use super::ReportError;

/// Returns the SVG ready for inlining: without XML prologue, and marked where it is wide.
/// Refuses what is not one SVG element, holds a script or handler, or asks for outside files.
pub(super) fn svg(caption: &str, text: &str) -> Result<String, ReportError> {
    let refuse = |why: &str| Err(ReportError::Svg { caption: caption.to_owned(), why: why.to_owned() });
    let Some(start) = text.find("<svg") else {
        return refuse("no <svg> element");
    };
    let body = text[start..].trim_end();
    if !body.ends_with("</svg>") {
        return refuse("the SVG does not end with </svg>");
    }
    let lower = body.to_ascii_lowercase();
    for banned in ["<script", "<foreignobject", "<iframe", "javascript:", "@import", "<!entity"] {
        if lower.contains(banned) {
            return refuse(&format!("it holds `{banned}`"));
        }
    }
    for (at, _) in lower.match_indices(" on") {
        let name: String = lower[at + 3..].chars().take_while(char::is_ascii_alphabetic).collect();
        if !name.is_empty() && lower[at + 3 + name.len()..].starts_with("=\"") {
            return refuse(&format!("it holds the handler `on{name}`"));
        }
    }
    for (at, _) in lower.match_indices("href=\"") {
        let target = &lower[at + 6..];
        if !target.starts_with("data:image/") && !target.starts_with('#') {
            return refuse("it refers to an outside file");
        }
    }
    Ok(if natural_width(body).is_some_and(|w| w > WIDE) {
        body.replacen("<svg", "<svg class=\"wide\"", 1)
    } else {
        body.to_owned()
    })
}

/// Figures wider than this scroll on a phone: shrunk to its width they could not be read.
const WIDE: f64 = 450.0;

/// The `width` attribute of the outer element, pixels.
fn natural_width(svg: &str) -> Option<f64> {
    let head = &svg[..svg.find('>')?];
    let value = &head[head.find(" width=\"")? + 8..];
    value[..value.find('"')?].trim_end_matches("px").parse().ok()
}

/// Checks that a link stays in the folder of the report, and returns it with the characters
/// escaped that would end or change a URL.
pub(super) fn link(href: &str) -> Result<String, ReportError> {
    let outside = href.is_empty()
        || href.starts_with('/')
        || href.contains([':', '\\'])
        || href.split('/').any(|part| part == "..");
    if outside {
        return Err(ReportError::Link { href: href.to_owned() });
    }
    let mut out = String::with_capacity(href.len());
    for byte in href.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~=,+@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_closed_harmless_svg_is_inlined() {
        let good = "<?xml version=\"1.0\"?>\n<svg viewBox=\"0 0 1 1\"><text>on=5</text></svg>\n";
        assert!(svg("", good).is_ok_and(|s| s.starts_with("<svg")));
        for bad in [
            "",
            "<p>no</p>",
            "<svg><script>1</script></svg>",
            "<svg onload=\"x()\"></svg>",
            "<svg><image href=\"http://example.org/a.png\"/></svg>",
            "<svg>",
        ] {
            assert!(svg("", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn wide_figures_are_marked() {
        let wide = svg("", "<svg width=\"672\"><g width=\"1\"/></svg>");
        assert!(wide.is_ok_and(|s| s.starts_with("<svg class=\"wide\" width=\"672\">")));
        let narrow = svg("", "<svg width=\"336\"></svg>");
        assert!(narrow.is_ok_and(|s| s.starts_with("<svg width")));
    }

    #[test]
    fn links_stay_inside_the_folder() {
        assert_eq!(link("figures/a b.svg").ok().as_deref(), Some("figures/a%20b.svg"));
        for bad in ["", "/etc/x", "../x", "a/../../x", "javascript:x", "http://x"] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }
}
