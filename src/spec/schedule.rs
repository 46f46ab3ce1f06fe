//! A number, or a rule for how it changes with the generation.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A size or a fraction as a function of the generation g.
///
/// In TOML: `100`, `{ power = 2, base = 100 }` (base·(g+1)^power), `{ geometric = 0.9, base = 100 }`
/// (base·geometric^g) or `{ list = [100, 50] }` (the last value stays). A table may add
/// `last = 1000`: the value at the final fit, where g = generations.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    shape: Shape,
    last: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Constant(f64),
    Power { power: f64, base: f64 },
    Geometric { ratio: f64, base: f64 },
    List(Vec<f64>),
}

/// A schedule's value is no size.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the schedule gives {value} rows at generation {generation}; a size is from 0 to {max}")]
pub struct ScheduleError {
    /// The value, before rounding.
    pub value: f64,
    /// The generation that it belongs to.
    pub generation: u32,
    /// The largest size allowed.
    pub max: u32,
}

impl Schedule {
    /// The same value at every generation.
    pub fn constant(value: f64) -> Self {
        Self { shape: Shape::Constant(value), last: None }
    }

    /// The exponent p of base·(g+1)^p; 0 for a constant, `None` for other shapes and with a value of
    /// its own at the final fit.
    pub fn power(&self) -> Option<f64> {
        match (&self.shape, self.last) {
            (Shape::Constant(_), None) => Some(0.0),
            (Shape::Power { power, .. }, None) => Some(*power),
            _ => None,
        }
    }

    /// The value at generation `generation` of a run whose final fit is `generations`.
    pub fn at(&self, generation: u32, generations: u32) -> f64 {
        if let Some(last) = self.last
            && generation == generations
        {
            return last;
        }
        let g = f64::from(generation);
        match &self.shape {
            Shape::Constant(value) => *value,
            Shape::Power { power, base } => base * (g + 1.0).powf(*power),
            Shape::Geometric { ratio, base } => base * ratio.powf(g),
            Shape::List(list) => {
                let i = (generation as usize).min(list.len().saturating_sub(1));
                list.get(i).copied().unwrap_or(f64::NAN)
            }
        }
    }

    /// [`Schedule::at`], rounded to the nearest whole number (halves away from 0).
    ///
    /// # Errors
    /// If the value is negative, not a number, or above 2³² − 1.
    pub fn count_at(&self, generation: u32, generations: u32) -> Result<usize, ScheduleError> {
        let value = self.at(generation, generations);
        // NaN fails the range test too.
        if !(0.0..=f64::from(u32::MAX)).contains(&value.round()) || value < 0.0 {
            return Err(ScheduleError { value, generation, max: u32::MAX });
        }
        Ok(value.round() as usize)
    }

    /// The one value, if it does not change with g.
    pub fn as_constant(&self) -> Option<f64> {
        match (&self.shape, self.last) {
            (Shape::Constant(value), None) => Some(*value),
            _ => None,
        }
    }

    /// Generations at which a run to `generations` meets every extreme of the schedule: each rule
    /// is monotone in g between them, so that a range check need not walk a long run.
    pub(super) fn extremes(&self, generations: u32) -> Vec<u32> {
        let listed = match &self.shape {
            Shape::List(list) => u32::try_from(list.len()).unwrap_or(u32::MAX).min(generations),
            _ => 0,
        };
        let mut points: Vec<u32> = (0..=listed).collect();
        points.extend([generations.saturating_sub(1), generations]);
        points.sort_unstable();
        points.dedup();
        points
    }
}

impl From<f64> for Schedule {
    fn from(value: f64) -> Self {
        Self::constant(value)
    }
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = match (&self.shape, self.last) {
            (Shape::Constant(value), None) => return serializer.serialize_f64(*value),
            _ => serializer.serialize_map(None)?,
        };
        match &self.shape {
            Shape::Constant(value) => map.serialize_entry("list", &[value])?,
            Shape::Power { power, base } => {
                map.serialize_entry("power", power)?;
                map.serialize_entry("base", base)?;
            }
            Shape::Geometric { ratio, base } => {
                map.serialize_entry("geometric", ratio)?;
                map.serialize_entry("base", base)?;
            }
            Shape::List(list) => map.serialize_entry("list", list)?,
        }
        if let Some(last) = self.last {
            map.serialize_entry("last", &last)?;
        }
        map.end()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    power: Option<f64>,
    geometric: Option<f64>,
    list: Option<Vec<f64>>,
    base: Option<f64>,
    last: Option<f64>,
}

impl Rule {
    fn read(self) -> Result<Schedule, &'static str> {
        let numbers = [self.power, self.geometric, self.base, self.last];
        let mut finite = numbers.into_iter().flatten().chain(self.list.iter().flatten().copied());
        if !finite.all(f64::is_finite) {
            return Err("the numbers of a schedule must be finite");
        }
        let shape = match (self.power, self.geometric, self.list, self.base) {
            (Some(power), None, None, Some(base)) => Shape::Power { power, base },
            (None, Some(ratio), None, Some(base)) if ratio >= 0.0 => Shape::Geometric { ratio, base },
            (None, Some(_), None, Some(_)) => return Err("`geometric` must be 0 or more"),
            (None, None, Some(list), None) if !list.is_empty() => Shape::List(list),
            (None, None, Some(_), None) => return Err("the list of a schedule is empty"),
            (Some(_), None, None, None) | (None, Some(_), None, None) => {
                return Err("this schedule needs `base`");
            }
            (None, None, Some(_), Some(_)) => return Err("a `list` takes no `base`"),
            _ => return Err("a schedule has one of `power`, `geometric` and `list`"),
        };
        Ok(Schedule { shape, last: self.last })
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrRule;

        impl<'de> Visitor<'de> for NumberOrRule {
            type Value = Schedule;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number or a schedule such as { power = 2, base = 100 }")
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Schedule, E> {
                if value.is_finite() {
                    Ok(Schedule::constant(value))
                } else {
                    Err(E::custom("the number must be finite"))
                }
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Schedule, E> {
                self.visit_f64(value as f64)
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Schedule, E> {
                self.visit_f64(value as f64)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Schedule, A::Error> {
                let rule = Rule::deserialize(MapAccessDeserializer::new(map))?;
                rule.read().map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(NumberOrRule)
    }
}
