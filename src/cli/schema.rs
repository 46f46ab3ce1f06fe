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
const OPEN: &str = "data|model|generator|curation|task|member|arm";

/// The schema of a spec.
pub(super) fn document(known: &Components) -> Json {
    let tables = tables(known);
    let mut whole = tables.clone();
    let layer = json!({ "type": "object", "properties": tables, "additionalProperties": false });
    whole.insert("quick".into(), described("Laid over the spec with --quick", &layer));
    let profiles = json!({ "type": "object", "additionalProperties": layer });
    whole.insert("profile".into(), described("Each laid over the spec with --profile NAME", &profiles));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An experiment of the model-collapse workbench",
        "type": "object",
        "properties": whole,
        "additionalProperties": false,
        "required": ["data", "model", "loop"],
    })
}

fn tables(known: &Components) -> Map<String, Json> {
    let (sources, families) = (abouts(&known.sources), abouts(&known.families));
    let model = selected("family", "model", &families);
    let list = |items: Json| json!({ "type": "array", "items": items });
    let tables = [
        ("about", table("about")),
        ("data", selected("source", "data", &sources)),
        ("model", model.clone()),
        ("member", list(model.clone())),
        ("loop", looped(known)),
        ("generator", generator(&[sources, families].concat())),
        ("sampling", table("sampling")),
        ("curation", list(required(selected("step", "curation", &abouts(&known.curations)), &["step"]))),
        ("task", selected("kind", "task", &abouts(&known.tasks))),
        ("arm", json!({ "type": "object", "description": keys_of("arm")[0].meaning })),
        ("measure", measured(known, model)),
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

fn described(says: &str, schema: &Json) -> Json {
    let mut schema = schema.clone();
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

fn generator(components: &[&Description]) -> Json {
    let mut all = Map::new();
    for parameter in components.iter().flat_map(|about| about.parameters.iter()) {
        all.entry(parameter.name).or_insert_with(|| json!({ "description": parameter.says() }));
    }
    all.extend(properties(keys_of("generator")));
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

fn measured(known: &Components, model: Json) -> Json {
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
        described("A family that is fitted to the human rows and measured once", &model),
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
    keys.insert("law".into(), laws(&[]));
    for table in ["where", "versus"] {
        let says = keys[table]["description"].clone();
        let mut picks = settings(false);
        picks["properties"]["member"] = json!({ "type": "integer", "minimum": 0 });
        picks["description"] = says;
        keys.insert(table.into(), picks);
    }
    let control = json!({ "type": "object", "minProperties": 1, "maxProperties": 1, "properties": {
        "where": settings(false), "set": settings(false), "fits": { "type": "integer" }, "law": laws(&[]),
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
