//! Which columns of a table are inputs and which is the label, and the matrix that they make.

use std::borrow::Cow;

use crate::data::{Column, Field, Kind, Link, Role, Samples, Schema};
use crate::models::Refusal;

/// The inputs and the label of a table.
#[derive(Clone, Debug)]
pub struct Columns {
    inputs: Vec<usize>,
    /// The column of the label.
    pub label: usize,
    /// Whether a last input is always 1.
    intercept: bool,
    /// Inputs of a row, the intercept included.
    width: usize,
}

impl Columns {
    /// The columns of a table whose label fits the link: a number, or for the logit one of two classes.
    pub fn of(schema: &Schema, link: Link, intercept: bool) -> Result<Self, Refusal> {
        let (label, field) = schema.first(Role::Label).ok_or_else(|| {
            Refusal::new(format!("a regression needs a label column; these rows are {schema}"))
        })?;
        match (&field.kind, link) {
            (Kind::Codes { levels }, Link::Logit) if levels.count() == 2 => {}
            (Kind::F32 { width: 1, .. } | Kind::F64 { width: 1 }, Link::Identity | Link::Log) => {}
            (kind, link) => {
                let wanted = if link == Link::Logit { "one of two classes" } else { "one number" };
                let name = &field.name;
                return Err(Refusal::new(format!("the label `{name}` must be {wanted}, and it is {kind}")));
            }
        }
        let mut inputs = schema.with_role(Role::Input);
        if inputs.is_empty() {
            let is_input = |i: &usize| matches!(schema.fields[*i].role, Role::Feature | Role::Group);
            inputs = (0..schema.fields.len()).filter(is_input).collect();
        }
        let mut width = usize::from(intercept);
        for &i in &inputs {
            let Field { name, kind, .. } = &schema.fields[i];
            width += match kind {
                Kind::F32 { width, .. } | Kind::F64 { width } => *width,
                Kind::Codes { levels } => levels.count().saturating_sub(1),
                Kind::Ragged { .. } => {
                    return Err(Refusal::new(format!(
                        "the input `{name}` is text; a regression takes numbers and categories"
                    )));
                }
            };
        }
        if inputs.is_empty() || width == 0 {
            return Err(Refusal::new("a regression needs at least one input"));
        }
        Ok(Self { inputs, label, intercept, width })
    }

    /// The inputs of a row, the intercept included.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether every column is a numeric input or the label, so that whole rows can be drawn.
    pub fn are_all(&self, schema: &Schema) -> bool {
        let numeric =
            |f: &Field| matches!(f.kind, Kind::F32 { .. } | Kind::F64 { .. }) && f.role == Role::Input;
        schema.fields.iter().enumerate().all(|(i, f)| i == self.label || numeric(f))
    }

    /// The inputs of all rows, row-major, `n × width`; borrowed where one column of doubles holds them.
    pub fn inputs<'a>(&self, rows: &'a Samples) -> Cow<'a, [f64]> {
        if let ([one], false) = (self.inputs.as_slice(), self.intercept)
            && let Column::F64 { data, .. } = rows.column(*one)
        {
            return Cow::Borrowed(data);
        }
        let mut x = Vec::with_capacity(rows.len() * self.width);
        for row in 0..rows.len() {
            for &i in &self.inputs {
                match rows.column(i) {
                    Column::F64 { width, data } => x.extend_from_slice(&data[row * width..(row + 1) * width]),
                    Column::F32 { width, data } => {
                        x.extend(data[row * width..(row + 1) * width].iter().map(|&v| f64::from(v)));
                    }
                    Column::Codes { data } => {
                        let levels = rows.schema().fields[i].kind.codes().unwrap_or(1);
                        x.extend((1..levels as u32).map(|level| f64::from(u8::from(data[row] == level))));
                    }
                    Column::Ragged { .. } => {}
                }
            }
            if self.intercept {
                x.push(1.0);
            }
        }
        Cow::Owned(x)
    }

    /// The labels of all rows; a class is its code.
    pub fn labels(&self, rows: &Samples) -> Vec<f64> {
        match rows.column(self.label) {
            Column::F64 { data, .. } => data.clone(),
            Column::F32 { data, .. } => data.iter().map(|&v| f64::from(v)).collect(),
            Column::Codes { data } => data.iter().map(|&code| f64::from(code)).collect(),
            Column::Ragged { .. } => Vec::new(),
        }
    }

    /// A label column of the kind that the table has.
    pub fn label_column(&self, schema: &Schema, labels: Vec<f64>) -> Column {
        match schema.fields[self.label].kind {
            Kind::Codes { .. } => Column::Codes { data: labels.into_iter().map(|y| y as u32).collect() },
            Kind::F32 { .. } => {
                Column::F32 { width: 1, data: labels.into_iter().map(|y| y as f32).collect() }
            }
            _ => Column::F64 { width: 1, data: labels },
        }
    }
}
