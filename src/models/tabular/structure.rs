//! From the names in the recipe to columns in an order in which they can be drawn.

use super::super::Refusal;
use super::{Structure, Tabular};
use crate::data::{Kind, Role, Schema};

/// One column with what it is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The column's index.
    pub column: usize,
    /// The columns that it depends on, all drawn before it.
    pub parents: Vec<usize>,
    /// Those of the parents that are averaged out.
    pub severed: Vec<usize>,
}

/// The columns of a table from cause to effect. Refuses text, columns of several numbers, unknown
/// names, cycles, and arrows that can't be cut.
pub(super) fn steps(how: &Tabular, schema: &Schema) -> Result<Vec<Step>, Refusal> {
    for field in &schema.fields {
        let single = match field.kind {
            Kind::F32 { width, .. } | Kind::F64 { width } => width == 1,
            Kind::Codes { .. } => true,
            _ => false,
        };
        if !single {
            return Err(Refusal::new(format!(
                "column `{}` holds {}; a tabular model takes one number or one category a column",
                field.name, field.kind
            )));
        }
    }
    if schema.fields.is_empty() {
        return Err(Refusal::new("the rows have no column"));
    }
    let parents = parents(how, schema)?;
    let mut steps = Vec::with_capacity(parents.len());
    for column in sorted(schema, &parents)? {
        steps.push(Step { column, parents: parents[column].clone(), severed: Vec::new() });
    }
    for (cause, effect) in &how.severed {
        let (x, y) = (find(schema, cause, "severed")?, find(schema, effect, "severed")?);
        let step = steps.iter_mut().find(|s| s.column == y && s.parents.contains(&x)).ok_or_else(|| {
            Refusal::new(format!("`severed`: there is no arrow from `{cause}` to `{effect}` to cut"))
        })?;
        if schema.fields[x].kind.codes().is_none() {
            return Err(Refusal::new(format!(
                "`severed`: `{cause}` holds numbers; only a category can be averaged out"
            )));
        }
        if !step.severed.contains(&x) {
            step.severed.push(x);
        }
    }
    Ok(steps)
}

/// The parents of every column.
fn parents(how: &Tabular, schema: &Schema) -> Result<Vec<Vec<usize>>, Refusal> {
    let columns = schema.fields.len();
    if how.structure != Structure::Ordered && !(how.order.is_empty() && how.graph.is_empty()) {
        return Err(Refusal::new("`order` and `graph` belong to `structure = \"ordered\"`"));
    }
    if !how.order.is_empty() && !how.graph.is_empty() {
        return Err(Refusal::new("give `order` or `graph`, not both"));
    }
    let mut parents = vec![Vec::new(); columns];
    match how.structure {
        Structure::Independent => {}
        Structure::NaiveBayes => {
            let label = schema.first(Role::Label).map(|(i, _)| i).ok_or_else(|| {
                Refusal::new("`structure = \"naive-bayes\"` needs a label column (`label = \"…\"` in [data])")
            })?;
            let others = parents.iter_mut().enumerate().filter(|(i, _)| *i != label);
            others.for_each(|(_, p)| p.push(label));
        }
        Structure::Ordered if !how.graph.is_empty() => {
            for (effect, causes) in &how.graph {
                let y = find(schema, effect, "graph")?;
                for cause in causes {
                    let x = find(schema, cause, "graph")?;
                    if !parents[y].contains(&x) {
                        parents[y].push(x);
                    }
                }
            }
        }
        Structure::Ordered => {
            let order = order(how, schema)?;
            for (at, column) in order.iter().enumerate() {
                parents[*column] = order[..at].to_vec();
            }
        }
    }
    Ok(parents)
}

/// All columns from cause to effect, as the recipe says or by their roles.
fn order(how: &Tabular, schema: &Schema) -> Result<Vec<usize>, Refusal> {
    if how.order.is_empty() {
        let rank = |role: Role| match role {
            Role::Group => 0,
            Role::Label => 2,
            _ => 1,
        };
        let mut order: Vec<usize> = (0..schema.fields.len()).collect();
        order.sort_by_key(|i| rank(schema.fields[*i].role));
        return Ok(order);
    }
    let mut order = Vec::with_capacity(how.order.len());
    for name in &how.order {
        let column = find(schema, name, "order")?;
        if order.contains(&column) {
            return Err(Refusal::new(format!("`order` names `{name}` twice")));
        }
        order.push(column);
    }
    match (0..schema.fields.len()).find(|i| !order.contains(i)) {
        None => Ok(order),
        Some(missing) => {
            let name = &schema.fields[missing].name;
            Err(Refusal::new(format!(
                "`order` leaves out the column `{name}`; it must name every column once"
            )))
        }
    }
}

/// A column by its name, or a refusal that lists the columns.
fn find(schema: &Schema, name: &str, key: &str) -> Result<usize, Refusal> {
    schema.fields.iter().position(|f| f.name == name).ok_or_else(|| {
        let names: Vec<&str> = schema.fields.iter().map(|f| f.name.as_str()).collect();
        Refusal::new(format!("`{key}`: there is no column `{name}`; the columns are {}", names.join(", ")))
    })
}

/// The columns with every parent before its children, else in the table's order.
fn sorted(schema: &Schema, parents: &[Vec<usize>]) -> Result<Vec<usize>, Refusal> {
    let mut done: Vec<usize> = Vec::with_capacity(parents.len());
    while done.len() < parents.len() {
        let ready = |i: &usize| !done.contains(i) && parents[*i].iter().all(|p| done.contains(p));
        match (0..parents.len()).find(ready) {
            Some(next) => done.push(next),
            None => {
                let stuck: Vec<&str> = (0..parents.len())
                    .filter(|i| !done.contains(i))
                    .map(|i| schema.fields[i].name.as_str())
                    .collect();
                return Err(Refusal::new(format!("`graph` has a cycle among {}", stuck.join(", "))));
            }
        }
    }
    Ok(done)
}
