//! Small images with labels: handwritten digits of 8×8 pixels and clothes of 14×14.
//!
//! Pixels are f32 in [0, 1], 0 the background; the label is the class. Rows are split at random,
//! the same for every seed.

use std::path::Path;

use super::{Embedded, embed};
use crate::data::Source;
use crate::data::files::idx::Idx;
use crate::data::parameters::{Portion, SourceError, build_with};
use crate::data::splits::SplitOptions;
use crate::registry::{About, Entry, Parameter};
use crate::spec::parameter;

static DIGIT_IMAGES: Embedded = embed!("digits8x8-images-idx3-ubyte.gz");
static DIGIT_LABELS: Embedded = embed!("digits8x8-labels-idx1-ubyte.gz");
static FASHION_IMAGES: Embedded = embed!("fashion14x14-images-idx3-ubyte.gz");
static FASHION_LABELS: Embedded = embed!("fashion14x14-labels-idx1-ubyte.gz");

#[cfg(test)]
pub(super) const FILES: &[&Embedded] = &[&DIGIT_IMAGES, &DIGIT_LABELS, &FASHION_IMAGES, &FASHION_LABELS];

pub(in crate::data) const DIGITS: Entry<Source> = Entry {
    about: About {
        name: "digits8x8",
        summary: "1,797 handwritten digits of 8×8 pixels with their labels",
        details: "Grey values 0 to 16 divided by 16, so that they lie in [0, 1]; the label is the digit. By \
                  default 897 rows are for training, 100 for validation and 800 held out: enough for a reference \
                  and a disjoint human baseline of 400 each.",
        source: "Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits, UCI, DOI 10.24432/C50P49",
        parameters: &of_images("800", "100"),
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Parameters| {
            p.source("digits8x8", &DIGIT_IMAGES, &DIGIT_LABELS, 16.0, Portion::Rows(800), Portion::Rows(100))
        })
    },
};

pub(in crate::data) const FASHION: Entry<Source> = Entry {
    about: About {
        name: "fashion14x14",
        summary: "3,000 grey images of clothes, 14×14 pixels, 300 of each of 10 classes",
        details: "Fashion-MNIST test images, each pixel the mean of 2×2, divided by 255, so that they lie in \
                  [0, 1]; the label is the class. By default 1,800 rows are for training, 200 for validation and \
                  1,000 held out: enough for a reference and a disjoint human baseline of 500 each.",
        source: "Xiao, Rasul and Vollgraf, arXiv 1708.07747",
        parameters: &of_images("1000", "200"),
        version: 1,
    },
    extra: (),
    build: |node, _| {
        build_with(node, |p: Parameters| {
            p.source(
                "fashion14x14",
                &FASHION_IMAGES,
                &FASHION_LABELS,
                255.0,
                Portion::Rows(1000),
                Portion::Rows(200),
            )
        })
    },
};

crate::parameters! {
    struct Parameters {
        /// Whether rows carry the column `label`
        labels: bool = true;
    }
    include { splits: SplitOptions = SplitOptions::default(); }
}

/// The parameters with a set's own numbers of rows.
const fn of_images(held_out: &'static str, validation: &'static str) -> [Parameter; 4] {
    let [held_out, validation, rows] = SplitOptions::or(held_out, validation);
    [parameter(Parameters::PARAMETERS, "labels"), held_out, validation, rows]
}

impl Parameters {
    fn source(
        self,
        name: &'static str,
        images: &Embedded,
        labels: &Embedded,
        scale: f64,
        held_out: Portion,
        validation: Portion,
    ) -> Result<Source, SourceError> {
        let images = Idx::read(Path::new(images.name), images.bytes().to_vec())?;
        let labels = Idx::read(Path::new(labels.name), labels.bytes().to_vec())?;
        let labels = self.labels.then_some(&labels);
        let rows = images.samples(Path::new(name), labels, scale)?;
        // With a cap, the default splits keep their share.
        let default = |portion: Portion| match self.splits.rows {
            Some(most) if most < rows.len() => Portion::Rows(
                (portion.of(rows.len()) as f64 / rows.len() as f64 * most as f64).round() as usize,
            ),
            _ => portion,
        };
        let shares = self.splits.shares(default(held_out), default(validation));
        let assignment = shares.shuffled(rows.len()).map_err(crate::data::ParameterError::from)?;
        Ok(Source::finite(name, assignment.of(&rows)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::super::tests::source;
    use crate::data::{Samples, Supply};

    fn splits(spec: &str) -> [Samples; 3] {
        match source(spec).unwrap().supply {
            Supply::Finite(s) => [&*s.train, &*s.validation, &*s.held_out].map(Samples::clone),
            Supply::Distribution(_) => panic!("a finite set"),
        }
    }

    #[test]
    fn digits_have_their_documented_sizes_and_range() {
        let all = splits("source = \"digits8x8\"");
        assert_eq!(all.each_ref().map(Samples::len), [897, 100, 800]);
        assert_eq!(all[0].schema().image(), Some((8, 8)));
        let pixels: Vec<f64> = all.iter().flat_map(Samples::features).collect();
        assert_eq!(pixels.len(), 1797 * 64);
        assert!(pixels.iter().all(|p| (0.0..=1.0).contains(p)) && pixels.contains(&1.0));
        // The class counts that the UCI page states.
        let mut counts = [0; 10];
        all.iter().flat_map(|s| s.labels().unwrap()).for_each(|&l| counts[l as usize] += 1);
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    #[test]
    fn fashion_has_300_rows_of_each_class() {
        let all = splits("source = \"fashion14x14\"");
        assert_eq!(all.each_ref().map(Samples::len), [1800, 200, 1000]);
        let mut counts = [0; 10];
        all.iter().flat_map(|s| s.labels().unwrap()).for_each(|&l| counts[l as usize] += 1);
        assert_eq!(counts, [300; 10]);
    }

    #[test]
    fn a_cap_keeps_the_shares_and_labels_can_go() {
        let all = splits("source = \"fashion14x14\"\nrows = 300\nlabels = false");
        assert_eq!(all.each_ref().map(Samples::len), [180, 20, 100]);
        assert!(all[0].labels().is_none());
    }

    #[test]
    fn impossible_splits_are_an_error_at_the_value() {
        let error = source("source = \"digits8x8\"\nheld_out = 1797").err().unwrap();
        assert!(error.located().contains(":3:"), "{}", error.located());
    }
}
