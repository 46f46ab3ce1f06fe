//! `collapse schema`: the JSON Schema of specs, from the descriptions that `describe` and `list` print.

use clap::Args;
use miette::{IntoDiagnostic, Result};
use serde_json::{Map, Value as Json, json};

use super::EXIT_DONE;
use crate::components::Components;
use crate::registry::{Description, Known};
use crate::spec::{Parameter, keys_of};
use crate::theory;

/// Print the JSON Schema of specs, for editors.
#[derive(Args)]
#[command(
    after_help = "Example:\n  collapse schema > collapse.schema.json\n  collapse new > mine.toml      its first line, \
                  `#:schema ./collapse.schema.json`, tells Even Better TOML and taplo to complete and check it"
)]
pub struct SchemaArgs {}

pub(super) fn schema(_: &SchemaArgs, components: &Components) -> Result<u8> {
    say!("{}", serde_json::to_string_pretty(&document(components)).into_diagnostic()?);
    Ok(EXIT_DONE)
}

/// The tables of a setting whose keys are a component's too, or free.
const OPEN: &str = "data|model|base|generator|curation|task|member|arm";

/// The schema of a spec.
pub(super) fn document(known: &Components) -> Json {
    let mut defined = tables(known);
    let tables: Map<String, Json> = defined.keys().map(|name| (name.clone(), defined_as(name))).collect();
    let mut whole = tables.clone();
    defined.insert("law".into(), laws(&[]));
    defined.insert("layer".into(), closed(tables));
    whole.insert("quick".into(), described("Laid over the spec with --quick", defined_as("layer")));
    let profiles = json!({ "type": "object", "additionalProperties": defined_as("layer") });
    whole.insert("profile".into(), described("Each laid over the spec with --profile NAME", profiles));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An experiment of the model-collapse workbench",
        "type": "object",
        "properties": whole,
        "additionalProperties": false,
        "required": ["data", "model", "loop"],
        "$defs": defined,
    })
}

fn tables(known: &Components) -> Map<String, Json> {
    let (sources, families) = (abouts(&known.sources), abouts(&known.families));
    let list = |items: Json| json!({ "type": "array", "items": items });
    let tables = [
        ("about", table("about")),
        ("data", selected("source", "data", &sources)),
        ("model", selected("family", "model", &families)),
        ("member", list(defined_as("model"))),
        ("base", beside("base", &families)),
        ("loop", looped(known)),
        ("generator", beside("generator", &[sources, families].concat())),
        ("sampling", table("sampling")),
        ("curation", list(required(selected("step", "curation", &abouts(&known.curations)), &["step"]))),
        ("task", selected("kind", "task", &abouts(&known.tasks))),
        ("arm", json!({ "type": "object", "description": keys_of("arm")[0].meaning })),
        ("measure", measured(known)),
        ("sweep", sweep()),
        ("figure", list(required(figure(), &["kind"]))),
        ("claim", list(required(claim(), &["says", "metric", "at", "statistic"]))),
    ];
    tables.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn abouts<T, E>(known: &Known<T, E>) -> Vec<&Description> {
    known.iter().map(|component| &component.about).collect()
}

fn properties(parameters: &[Parameter]) -> Map<String, Json> {
    parameters.iter().map(|p| (p.name.to_owned(), p.schema())).collect()
}

fn closed(properties: Map<String, Json>) -> Json {
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// A table whose keys are all described.
fn table(name: &str) -> Json {
    closed(properties(keys_of(name)))
}

/// What stands under `$defs`.
fn defined_as(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn described(says: &str, mut schema: Json) -> Json {
    schema["description"] = says.into();
    schema
}

fn required(mut schema: Json, keys: &[&str]) -> Json {
    schema["required"] = json!(keys);
    schema
}

/// One of these names; editors show what each is.
fn names(says: &str, named: &[(&str, &str)]) -> Json {
    let (names, summaries): (Vec<&str>, Vec<&str>) = named.iter().copied().unzip();
    json!({ "enum": names, "description": says, "x-taplo": { "docs": { "main": says, "enumValues": summaries } } })
}

/// A table whose `selector` names a component, which says what the other keys are. The keys of all components are
/// properties, so that editors complete them; each component then takes its own alone.
fn selected(selector: &str, table: &str, components: &[&Description]) -> Json {
    let own = keys_of(table);
    let mut all = Map::new();
    for parameter in components.iter().flat_map(|about| about.parameters.iter()) {
        all.entry(parameter.name).or_insert_with(|| json!({ "description": parameter.says() }));
    }
    all.extend(properties(own));
    let says = own.iter().find(|key| key.name == selector).map_or("The name", |key| key.meaning);
    let named: Vec<(&str, &str)> =
        components.iter().map(|about| (about.name.as_ref(), about.summary.as_ref())).collect();
    all.insert(selector.into(), names(says, &named));
    let of = |about: &&Description| {
        let keys = own.iter().chain(about.parameters.iter()).map(|key| key.name);
        let keys: Vec<&str> = std::iter::once(selector).chain(keys).collect();
        json!({
            "if": { "properties": { selector: { "const": about.name } }, "required": [selector] },
            "then": { "propertyNames": { "enum": keys }, "properties": properties(&about.parameters) },
        })
    };
    let each: Vec<Json> = components.iter().map(of).collect();
    json!({ "type": "object", "properties": all, "additionalProperties": false, "allOf": each })
}

/// A table whose keys stand beside those of any of these components.
fn beside(table: &str, components: &[&Description]) -> Json {
    let mut all = Map::new();
    for parameter in components.iter().flat_map(|about| about.parameters.iter()) {
        all.entry(parameter.name).or_insert_with(|| json!({ "description": parameter.says() }));
    }
    all.extend(properties(keys_of(table)));
    closed(all)
}

fn looped(known: &Components) -> Json {
    let mut keys = properties(keys_of("loop"));
    let custom = ("custom", "The five choices of [loop.choices]");
    let presets: Vec<(&str, &str)> = known
        .regimes
        .iter()
        .map(|r| (r.about.name.as_ref(), r.about.summary.as_ref()))
        .chain([custom])
        .collect();
    keys.insert("regime".into(), names("What a training set is made of", &presets));
    closed(keys)
}

fn measured(known: &Components) -> Json {
    let mut keys = properties(keys_of("measure"));
    let metrics = abouts(&known.metrics);
    let named: Vec<(&str, &str)> =
        metrics.iter().map(|about| (about.name.as_ref(), about.summary.as_ref())).collect();
    let one = json!({ "anyOf": [
        names("A metric", &named),
        required(selected("name", "", &metrics), &["name"]),
    ] });
    let says = keys["metrics"]["description"].clone();
    keys.insert("metrics".into(), json!({ "type": "array", "items": one, "description": says }));
    keys.insert(
        "baseline".into(),
        described("A family that is fitted to the human rows and measured once", defined_as("model")),
    );
    closed(keys)
}

fn figure() -> Json {
    let mut keys = properties(keys_of("figure"));
    let law = laws(&[("law", "the closed form where one is known")]);
    keys.insert("overlay".into(), json!({ "anyOf": [law, { "type": "array", "items": law }] }));
    closed(keys)
}

fn laws(first: &[(&str, &str)]) -> Json {
    let laws: Vec<(&str, &str)> =
        first.iter().copied().chain(theory::laws().map(|law| (law.name, law.statement))).collect();
    names("A law", &laws)
}

fn claim() -> Json {
    let mut keys = properties(keys_of("claim"));
    keys.insert("law".into(), defined_as("law"));
    for table in ["where", "versus"] {
        let says = keys[table]["description"].clone();
        let mut picks = settings(false);
        picks["properties"]["member"] = json!({ "type": "integer", "minimum": 0 });
        picks["description"] = says;
        keys.insert(table.into(), picks);
    }
    let control = json!({ "type": "object", "minProperties": 1, "maxProperties": 1, "properties": {
        "where": settings(false), "set": settings(false), "fits": { "type": "integer" }, "law": defined_as("law"),
        "value": { "type": "number" }, "at": { "type": "integer", "minimum": 0 },
    }, "additionalProperties": false });
    let says = keys["control"]["description"].clone();
    let one_or_several =
        json!({ "anyOf": [control, { "type": "array", "items": control }], "description": says });
    keys.insert("control".into(), one_or_several);
    closed(keys)
}

fn sweep() -> Json {
    let mut sweep = settings(true);
    let says = |key: &str| keys_of("sweep").iter().find(|k| k.name == key).map_or("", |k| k.meaning);
    sweep["properties"]["seeds"] = json!({ "description": says("seeds"), "anyOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "array", "items": { "type": "integer", "minimum": 0 }, "minItems": 1 },
    ] });
    sweep["properties"]["point"] =
        json!({ "type": "array", "items": settings(false), "description": says("point") });
    sweep
}

/// A table of dotted keys of a setting, each with a list of values or with one.
fn settings(lists: bool) -> Json {
    let value = |schema: Json| match lists {
        true => json!({ "type": "array", "items": schema, "minItems": 1 }),
        false => schema,
    };
    let (mut exact, mut patterns) = (Map::new(), Map::new());
    let mut add = |pattern: String| {
        // Without quotes a dotted key is a table of tables.
        let any = if lists { json!({ "type": ["array", "object"] }) } else { json!({}) };
        patterns.insert(pattern, any);
    };
    add(format!("^({OPEN})(\\.|$)"));
    for table in ["loop", "sampling"] {
        let keys = keys_of(table);
        let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
        add(format!("^{table}\\.({})(\\.|$)", names.join("|")));
        exact.extend(keys.iter().map(|key| (format!("{table}.{}", key.name), value(key.schema()))));
        exact.insert(table.into(), json!({ "type": "object", "propertyNames": { "enum": names } }));
    }
    json!({ "type": "object", "properties": exact, "patternProperties": patterns, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::{Path, PathBuf};

    use regex::Regex;

    use super::*;

    /// The keywords of JSON Schema that this schema uses.
    fn holds(root: &Json, value: &Json) -> bool {
        fits(root, root, value)
    }

    fn fits(root: &Json, schema: &Json, value: &Json) -> bool {
        let holds = |schema: &Json, value: &Json| fits(root, schema, value);
        let Json::Object(schema) = schema else { return schema.as_bool().unwrap() };
        schema.iter().all(|(keyword, says)| match keyword.as_str() {
            "type" => match says {
                Json::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap(), value)),
                kind => is(kind.as_str().unwrap(), value),
            },
            "enum" => says.as_array().unwrap().contains(value),
            "const" => says == value,
            "minimum" => value.as_f64().is_none_or(|x| x >= says.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|x| x <= says.as_f64().unwrap()),
            "exclusiveMinimum" => value.as_f64().is_none_or(|x| x > says.as_f64().unwrap()),
            "exclusiveMaximum" => value.as_f64().is_none_or(|x| x < says.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= says.as_u64().unwrap()),
            "minProperties" => value.as_object().is_none_or(|t| t.len() as u64 >= says.as_u64().unwrap()),
            "maxProperties" => value.as_object().is_none_or(|t| t.len() as u64 <= says.as_u64().unwrap()),
            "items" => value.as_array().is_none_or(|items| items.iter().all(|item| holds(says, item))),
            "required" => {
                let keys = says.as_array().unwrap();
                value.as_object().is_none_or(|t| keys.iter().all(|key| t.contains_key(key.as_str().unwrap())))
            }
            "propertyNames" => {
                value.as_object().is_none_or(|t| t.keys().all(|key| holds(says, &key.as_str().into())))
            }
            "properties" => value.as_object().is_none_or(|t| {
                t.iter().all(|(key, value)| says.get(key).is_none_or(|schema| holds(schema, value)))
            }),
            "patternProperties" => value.as_object().is_none_or(|t| {
                let each = says.as_object().unwrap().iter();
                each.map(|(pattern, schema)| (Regex::new(pattern).unwrap(), schema))
                    .all(|(pattern, schema)| t.iter().all(|(k, v)| !pattern.is_match(k) || holds(schema, v)))
            }),
            "additionalProperties" => value.as_object().is_none_or(|t| {
                let named = |key: &String| schema.get("properties").is_some_and(|p| p.get(key).is_some());
                let patterns = schema.get("patternProperties").and_then(Json::as_object);
                let matched = |key: &String| {
                    patterns
                        .is_some_and(|p| p.keys().any(|pattern| Regex::new(pattern).unwrap().is_match(key)))
                };
                t.iter().filter(|(key, _)| !named(key) && !matched(key)).all(|(_, value)| holds(says, value))
            }),
            "anyOf" => says.as_array().unwrap().iter().any(|schema| holds(schema, value)),
            "allOf" => says.as_array().unwrap().iter().all(|schema| holds(schema, value)),
            "if" => !holds(says, value) || holds(&schema["then"], value),
            "$ref" => holds(root.pointer(says.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
            "then" | "description" | "default" | "title" | "$schema" | "$defs" | "x-taplo" => true,
            other => panic!("{other} is not looked at"),
        })
    }

    fn is(kind: &str, value: &Json) -> bool {
        match kind {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.as_f64().is_some_and(|x| x.fract() == 0.0),
            // An infinity of TOML has no JSON form.
            "number" => value.is_number() || value.is_null(),
            other => panic!("{other} is no type"),
        }
    }

    fn specs(folder: &Path, all: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                specs(&path, all);
            } else if path.extension().is_some_and(|ending| ending == "toml")
                && !folder.ends_with("experiments")
            {
                all.push(path);
            }
        }
    }

    fn json(text: &str) -> Json {
        serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
    }

    #[test]
    fn every_shipped_spec_and_template_fits_the_schema() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = Vec::new();
        specs(&root.join("experiments"), &mut all);
        specs(&root.join("src/cli/templates"), &mut all);
        assert!(all.len() >= 50);
        let schema = document(&Components::standard());
        let wrong: Vec<_> = all
            .iter()
            .filter(|path| !holds(&schema, &json(&std::fs::read_to_string(path).unwrap())))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn mistakes_do_not_fit_the_schema() {
        let schema = document(&Components::standard());
        let good = "[data]\nsource = 'gaussian'\ndim = 2\n[model]\nfamily = 'gaussian'\n\
                    [loop]\ngenerations = 1\nsamples = 10\nregime = 'replace'\n[sweep]\n'loop.samples' = [5, 10]\n";
        assert!(holds(&schema, &json(good)));
        for (right, wrong) in [
            ("'gaussian'\ndim", "'gausian'\ndim"),
            ("dim = 2", "dimm = 2"),
            ("dim = 2", "dim = 0"),
            ("dim = 2", "p = 0.5"),
            ("dim = 2", "dim = 'two'"),
            ("samples = 10", "samples = '10'"),
            ("'replace'", "'replaces'"),
            ("generations = 1", "generation = 1"),
            ("'loop.samples'", "'loop.sample'"),
            ("[5, 10]", "[]"),
            ("[sweep]", "[sweeps]"),
            ("[sweep]", "[sampling]\ntemperature = 0\n[sweep]"),
            ("[sweep]", "[measure]\nmetrics = ['covrage']\n[sweep]"),
            ("[sweep]", "[measure]\nmetrics = [{ name = 'coverage', kk = 5 }]\n[sweep]"),
            ("[sweep]", "[[figure]]\nkind = 'heatmap'\n[sweep]"),
            ("[sweep]", "[[claim]]\nsays = 'x'\n[sweep]"),
            ("[sweep]", "[[curation]]\nstep = 'top-likelihood'\nshare = 2\n[sweep]"),
        ] {
            let text = good.replacen(right, wrong, 1);
            assert!(text != good && !holds(&schema, &json(&text)), "{wrong}");
        }
    }
}
