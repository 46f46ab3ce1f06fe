//! One model of a population, with its own store of rows.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Fit, Generator, Lineage, Record, Why, synthesis};
use crate::data::{Body, HumanRows, Mix, Origin, Part, Statistics};
use crate::models::{self, Family, Model, Start, StatisticsPath};
use crate::regimes::Store;
use crate::rng::Streams;
use crate::spec::{Inflow, StartFrom};

/// A fitted generator, with the generation and the maker that it was fitted for.
type Taught = ((u32, usize), Rc<dyn Model>);

/// One model of a population, with its own store of rows and its own human rows.
pub struct Member<'a> {
    /// The seed of the lineage.
    pub seed: u64,
    /// The position in the population, from 0.
    pub index: usize,
    /// The recipe.
    pub family: &'a dyn Family,
    /// The member's random streams.
    pub streams: Streams,
    /// The member's view of the human rows.
    pub human: HumanRows<'a>,
    /// `M(g)`.
    pub store: Store<'a>,
    /// `D(g)`, what the model was last fitted on.
    pub training: Mix,
    /// The last fit.
    pub model: Box<dyn Model>,
    /// The model that was trained before generation 0, where the fits start from one.
    pub pretrained: Option<Box<dyn Model>>,
    /// The generation-0 model, where later fits start from it or a metric compares with it.
    pub base: Option<Box<dyn Model>>,
    /// The synthetic rows that last entered the store.
    pub synthetic: Vec<Part>,
    /// The model behind contaminated human data.
    pub contaminant: Option<Box<dyn Model>>,
    /// The last fit of a generator that is not the student, by generation and maker.
    pub(super) generator: RefCell<Option<Taught>>,
}

impl<'a> Member<'a> {
    /// Generation 0: draws `D(0)` and fits it.
    pub fn first(
        lineage: &'a Lineage,
        index: usize,
        family: &'a dyn Family,
        seed: u64,
        record: &mut dyn Record,
    ) -> Result<Self, Why> {
        let streams = Streams::new(lineage.salt, seed).of("member").at(index as u64);
        let human = HumanRows::new(&lineage.source, streams);
        let rows = human.initial(lineage.budget.initial)?;
        let contaminant = synthesis::contaminant(lineage, family, &rows, &streams)?;
        let parts = synthesis::contaminate(lineage, contaminant.as_deref(), rows, 0, &streams)?;
        let path = if lineage.statistics { family.statistics() } else { None };
        let store = Store::new(parts, path)?;
        let training = store.everything();
        let fit = Fit { seed, member: index as u32, generation: 0 };
        let share = |key: Option<&str>| key.and_then(|key| lineage.first_fits.of(key, seed));
        let shared = share(lineage.first_fit.get(index).and_then(Option::as_deref));
        let pretrained = lineage.base.as_ref().map(|base| {
            let streams = Streams::new(lineage.salt, seed).of("base");
            let alone = || base.by.fit(&Mix::default(), &streams);
            match share(Some(&base.key)) {
                Some(shared) => shared.fit(&base.key, alone),
                None => alone(),
            }
        });
        let pretrained = pretrained.transpose()?;
        let start = pretrained.as_deref().map_or(Start::Scratch, Start::Base);
        let alone = || Ok(models::fit(family, &training, start, &streams.of("fit").at(0))?);
        let model =
            match (record.kept(fit, family), shared.and_then(|shared| Some((shared, training.digest()?)))) {
                (Some(model), _) => model,
                (None, Some((shared, digest))) => shared.fit(&digest, alone)?,
                (None, None) => alone()?,
            };
        Ok(Member {
            seed,
            index,
            family,
            streams,
            human,
            store,
            training,
            model,
            pretrained,
            base: None,
            synthetic: Vec::new(),
            contaminant,
            generator: RefCell::new(None),
        })
    }

    /// The name of the fit of generation `g`.
    pub fn fit(&self, g: u32) -> Fit {
        Fit { seed: self.seed, member: self.index as u32, generation: g }
    }

    /// The statistics path, where the lineage is on it.
    pub fn path(&self, lineage: &Lineage) -> Option<&'a dyn StatisticsPath> {
        if lineage.statistics { self.family.statistics() } else { None }
    }

    /// `retain(M(g − 1))`.
    pub fn retain(&mut self, lineage: &Lineage, g: u32) -> Result<(), Why> {
        let streams = self.streams.at(u64::from(g));
        Ok(self.store.retain(&lineage.regime, lineage.counts(g).anchor, &streams)?)
    }

    /// `∪ inflow(g)`.
    pub fn receive_human(&mut self, lineage: &Lineage, g: u32) -> Result<(), Why> {
        let counts = lineage.counts(g);
        let parts = match lineage.regime.inflow {
            _ if counts.inflow == 0 => Vec::new(),
            Inflow::None => Vec::new(),
            Inflow::Fresh => match self.fresh_statistics(lineage, g, counts.inflow) {
                Some(drawn) => vec![Part::human(g, Body::Statistics(drawn))],
                None => {
                    let rows = self.human.fresh(g, counts.fresh_from, counts.inflow)?;
                    lineage.human_parts(self, rows, g)?
                }
            },
            Inflow::Pool => {
                let positions = self.human.pool(g, lineage.budget.initial, counts.inflow);
                self.store.pooled(&positions, g)
            }
        };
        for part in parts {
            self.store.admit(part)?;
        }
        Ok(())
    }

    /// The statistics of fresh human rows, where they need not be rows: the family knows the truth's law, and no share of
    /// them is replaced.
    fn fresh_statistics(&self, lineage: &Lineage, g: u32, n: usize) -> Option<Statistics> {
        let path = self.path(lineage).filter(|_| self.contaminant.is_none())?;
        let (truth, mut rng) = self.human.fresh_statistics(g)?;
        path.people(truth, n, &mut rng)
    }

    /// How many synthetic rows the member needs for `D(g)`.
    pub fn wanted(&self, lineage: &Lineage, g: u32) -> Result<usize, Why> {
        let inflow = lineage.counts(g).inflow;
        Ok(lineage.budget.synthetic(&lineage.regime, g, self.store.len(), inflow)?)
    }

    /// `∪` the curated synthetic rows.
    pub fn receive_synthetic(&mut self, lineage: &Lineage, parts: Vec<Part>) -> Result<(), Why> {
        for part in &parts {
            self.store.admit(part.clone())?;
        }
        self.synthetic = parts;
        if lineage.regime.keeps_everything() {
            self.store.coalesce();
        }
        Ok(())
    }

    /// `D(g) = weight(curate_mix(draw(M(g))))`.
    pub fn compose(&mut self, lineage: &Lineage, g: u32) -> Result<(), Why> {
        let streams = self.streams.at(u64::from(g));
        let drawn = self.store.draw(&lineage.regime, lineage.counts(g).draw, &streams)?;
        self.training = lineage.curate_mix(drawn, self, g)?;
        Ok(())
    }

    /// `model(g) = fit(D(g))`, unless nothing will read it.
    pub fn refit(&mut self, lineage: &Lineage, g: u32, record: &mut dyn Record) -> Result<(), Why> {
        if !lineage.measuring.fits(lineage, g) {
            return Ok(());
        }
        let start = match lineage.start {
            StartFrom::Scratch => Start::Scratch,
            StartFrom::Warm => Start::Warm(self.model.as_ref()),
            StartFrom::Base => {
                let base = self.pretrained.as_ref().or(self.base.as_ref()).unwrap_or(&self.model);
                Start::Base(base.as_ref())
            }
        };
        let streams = self.streams.of("fit").at(u64::from(g));
        let next = match record.kept(self.fit(g), self.family) {
            Some(model) => model,
            None => models::fit(self.family, &self.training, start, &streams)?,
        };
        let last = std::mem::replace(&mut self.model, next);
        let keeps = lineage.start == StartFrom::Base || lineage.measuring.needs_base();
        if keeps && self.base.is_none() {
            self.base = Some(last);
        }
        Ok(())
    }

    /// The generator that makes this member's rows of generation `g` from `maker`'s training set; it is
    /// fitted once, however often it is asked for more, and once for all if it has rows of its own.
    pub(super) fn taught(
        &self,
        generator: &Generator,
        maker: &Member<'_>,
        g: u32,
    ) -> Result<Rc<dyn Model>, Why> {
        let key = if generator.data.is_some() { (0, 0) } else { (g, maker.index) };
        if let Some((known, model)) = self.generator.borrow().as_ref()
            && *known == key
        {
            return Ok(model.clone());
        }
        let streams = self.streams.of("teacher").at(u64::from(key.0));
        let model: Rc<dyn Model> = Rc::from(generator.fit(&maker.training, &streams)?);
        *self.generator.borrow_mut() = Some((key, model.clone()));
        Ok(model)
    }

    /// Human rows ÷ all rows of `D(g)`, by true origin.
    pub fn human_fraction(&self) -> Option<f64> {
        self.training.human_fraction()
    }

    /// The synthetic part of `D(g)` as a mix of its own.
    pub fn synthetic_mix(&self) -> Mix {
        let parts = self.synthetic.iter().filter(|p| p.origin == Origin::Synthetic).cloned().collect();
        Mix { parts, combine: Default::default() }
    }
}
