//! Entities in BIO tags, and their exact-span scores.
//!
//! An entity of type X starts at `B-X`, or at an `I-X` that does not continue an X, and goes on over
//! the `I-X` that follow (the rules of `conlleval`, Tjong Kim Sang and De Meulder 2003, arXiv
//! cs/0306050). A predicted entity is right if type, start and end are all those of a true one.
//! Precision = right ÷ predicted, recall = right ÷ true, F1 = 2 right ÷ (predicted + true), all
//! entities of all sentences counted alike (micro). Tags of another form are outside.

/// What a tag says of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Outside,
    Begin(usize),
    Inside(usize),
}

/// The meaning of each tag code.
#[derive(Clone, Debug)]
pub struct Scheme {
    places: Vec<Place>,
}

/// One entity: type, first token, one past the last.
pub type Entity = (usize, usize, usize);

/// Counts of entities over sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Predicted entities that are true ones.
    pub right: usize,
    /// Predicted entities.
    pub predicted: usize,
    /// True entities.
    pub real: usize,
}

impl Scheme {
    /// Reads the tags' names; types are numbered in order of appearance.
    pub fn new(tags: &[String]) -> Self {
        let mut types: Vec<&str> = Vec::new();
        let mut places = Vec::with_capacity(tags.len());
        for tag in tags {
            let (place, name): (fn(usize) -> Place, &str) = match tag.split_once('-') {
                Some(("B", name)) => (Place::Begin, name),
                Some(("I", name)) => (Place::Inside, name),
                _ => {
                    places.push(Place::Outside);
                    continue;
                }
            };
            let number = types.iter().position(|t| *t == name).unwrap_or(types.len());
            if number == types.len() {
                types.push(name);
            }
            places.push(place(number));
        }
        Self { places }
    }

    /// Whether any tag marks an entity.
    pub fn marks_entities(&self) -> bool {
        self.places.iter().any(|p| *p != Place::Outside)
    }

    /// The entities of a sentence, in order.
    pub fn entities(&self, tags: &[u32]) -> Vec<Entity> {
        let mut found: Vec<Entity> = Vec::new();
        let mut open: Option<(usize, usize)> = None;
        for (i, &tag) in tags.iter().enumerate() {
            let place = self.places.get(tag as usize).copied().unwrap_or(Place::Outside);
            let goes_on = matches!((place, open), (Place::Inside(kind), Some((of, _))) if kind == of);
            if goes_on {
                continue;
            }
            found.extend(open.take().map(|(kind, from)| (kind, from, i)));
            open = match place {
                Place::Begin(kind) | Place::Inside(kind) => Some((kind, i)),
                Place::Outside => None,
            };
        }
        found.extend(open.map(|(kind, from)| (kind, from, tags.len())));
        found
    }
}

impl Tally {
    /// Counts one sentence.
    pub fn add(&mut self, scheme: &Scheme, real: &[u32], predicted: &[u32]) {
        let (real, predicted) = (scheme.entities(real), scheme.entities(predicted));
        self.right += predicted.iter().filter(|e| real.contains(e)).count();
        self.predicted += predicted.len();
        self.real += real.len();
    }

    /// 2 right ÷ (predicted + true); 0 where there is no entity at all.
    pub fn f1(&self) -> f64 {
        share(2 * self.right, self.predicted + self.real)
    }

    /// Right ÷ predicted; 0 where none was predicted.
    pub fn precision(&self) -> f64 {
        share(self.right, self.predicted)
    }

    /// Right ÷ true; 0 where there is none.
    pub fn recall(&self) -> f64 {
        share(self.right, self.real)
    }
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: [&str; 5] = ["O", "B-MISC", "I-MISC", "B-PER", "I-PER"];

    fn scheme() -> Scheme {
        Scheme::new(&TAGS.map(String::from))
    }

    fn codes(text: &str) -> Vec<u32> {
        let code = |tag| TAGS.iter().position(|t| *t == tag).map_or(0, |at| at as u32);
        text.split(' ').map(code).collect()
    }

    fn tally(pairs: &[(&str, &str)]) -> Tally {
        let mut tally = Tally::default();
        pairs.iter().for_each(|(real, predicted)| tally.add(&scheme(), &codes(real), &codes(predicted)));
        tally
    }

    #[test]
    fn a_span_with_a_wrong_start_counts_for_nothing() {
        // One of two entities is found exactly: precision, recall and F1 are ½, as conlleval says.
        let t = tally(&[
            ("O O O B-MISC I-MISC I-MISC O", "O O B-MISC I-MISC I-MISC I-MISC O"),
            ("B-PER I-PER O", "B-PER I-PER O"),
        ]);
        assert_eq!(t, Tally { right: 1, predicted: 2, real: 2 });
        assert_eq!((t.f1(), t.precision(), t.recall()), (0.5, 0.5, 0.5));
    }

    #[test]
    fn an_inside_tag_opens_an_entity_where_it_continues_none() {
        let s = scheme();
        assert_eq!(s.entities(&codes("I-PER I-PER O I-MISC")), [(1, 0, 2), (0, 3, 4)]);
        assert_eq!(s.entities(&codes("B-PER I-MISC B-PER")), [(1, 0, 1), (0, 1, 2), (1, 2, 3)]);
        assert_eq!(s.entities(&codes("B-PER B-PER I-PER")), [(1, 0, 1), (1, 1, 3)]);
        assert!(s.entities(&codes("O O")).is_empty());
    }

    #[test]
    fn the_type_counts_and_nothing_at_all_is_zero() {
        // Right span, wrong type; a missed one; one too many.
        let t = tally(&[("B-PER O B-PER O", "B-MISC O O B-PER")]);
        assert_eq!(t, Tally { right: 0, predicted: 2, real: 2 });
        assert_eq!(tally(&[("O O", "O O")]).f1(), 0.0);
    }
}
