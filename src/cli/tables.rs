//! Tables that fit the terminal: as wide as it is, 80 columns where there is none, and no word broken.

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets,
};

/// Columns of a line where standard output is no terminal.
const WIDTH: u16 = 80;
/// Blanks between two columns.
const GAP: u16 = 2;
/// Keeps what belongs together on one line until the table is laid out.
const TIED: char = '\u{a0}';

/// A table without rules: its columns are told apart by blanks, its head by bold letters.
pub(super) fn dense(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|h| Cell::new(h).add_attribute(Attribute::Bold)));
    table
}

/// A cell of numbers.
pub(super) fn right(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}

/// Text whose blanks are no places to break a line.
pub(super) fn tied(text: &str) -> String {
    text.replace(' ', &TIED.to_string())
}

/// The table laid out. Its words stay whole even if it becomes wider than the terminal.
pub(super) fn fitted(mut table: Table) -> String {
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    let longest = |text: &str| text.split([' ', '\n']).map(|word| word.chars().count()).max().unwrap_or(0);
    let mut least: Vec<usize> = Vec::new();
    for row in table.header().into_iter().chain(table.row_iter()) {
        for (i, cell) in row.cell_iter().enumerate() {
            least.resize(least.len().max(i + 1), 0);
            least[i] = least[i].max(longest(&cell.content()));
        }
    }
    for (column, least) in table.column_iter_mut().zip(least) {
        column.set_padding((0, GAP));
        let least = u16::try_from(least).unwrap_or(u16::MAX).saturating_add(GAP);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
    let lines: Vec<String> =
        table.lines().map(|line| line.replace(TIED, " ").trim_end().to_owned()).collect();
    lines.join("\n")
}

/// A table in blocks, each below a heading of its own that may be as long as a line.
pub(super) struct Blocks {
    table: Table,
    headings: Vec<String>,
}

/// What stands in the place of a heading until the table is laid out.
const PLACE: char = '\u{1}';

impl Blocks {
    /// Without a row yet.
    pub fn new(header: &[&str]) -> Self {
        Self { table: dense(header), headings: Vec::new() }
    }

    /// Begins a block.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.table.add_row([PLACE.to_string()]);
        self.headings.push(text.into());
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.table.add_row(cells.into_iter().collect::<Vec<_>>());
    }

    /// The table laid out, a blank line before each heading.
    pub fn fitted(self) -> String {
        let mut headings = self.headings.into_iter();
        let laid_out = fitted(self.table);
        let line = |line: &str| match line.contains(PLACE) {
            true => format!("\n{}", headings.next().unwrap_or_default()),
            false => line.to_owned(),
        };
        laid_out.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Remarks that many rows share, each told once below the table: a row has its mark.
#[derive(Default)]
pub(super) struct Remarks(Vec<String>);

const MARKS: [&str; 9] = ["¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];

impl Remarks {
    /// The mark of a remark; beyond nine the remark itself.
    pub fn mark(&mut self, remark: &str) -> String {
        if remark.is_empty() {
            return String::new();
        }
        let place = self.0.iter().position(|known| known == remark).unwrap_or_else(|| {
            self.0.push(remark.to_owned());
            self.0.len() - 1
        });
        MARKS.get(place).map_or_else(|| format!(" ({remark})"), |mark| (*mark).to_owned())
    }

    /// The remarks with their marks, a line each; empty where there are none.
    pub fn told(&self) -> String {
        self.0.iter().zip(MARKS).map(|(remark, mark)| format!("\n{mark} {remark}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widest(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
    }

    #[test]
    fn a_wide_table_fits_and_its_words_stay_whole() {
        let mut table = dense(&["metric", "what it says at length", "value"]);
        let words =
            "a rather long remark about nearest-neighbour-memorisation and what becomes of it in the end";
        table.add_row([Cell::new("coverage"), Cell::new(words), right(tied("0.5 [0.4, 0.6]"))]);
        let text = fitted(table);
        assert!(widest(&text) <= usize::from(WIDTH), "{text}");
        for whole in words.split(' ').chain(["0.5 [0.4, 0.6]"]) {
            assert!(text.contains(whole), "`{whole}` is broken in\n{text}");
        }
    }

    #[test]
    fn blocks_have_their_headings_and_a_blank_line_between() {
        let mut blocks = Blocks::new(&["share", "value"]);
        blocks.heading("a heading that is longer than all columns together");
        blocks.row([Cell::new("0"), right("1.5")]);
        blocks.heading("second");
        blocks.row([Cell::new("0.3"), right("12")]);
        let text = blocks.fitted();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[1..],
            [
                "",
                "a heading that is longer than all columns together",
                "0        1.5",
                "",
                "second",
                "0.3       12"
            ]
        );
    }

    #[test]
    fn a_remark_is_told_once() {
        let mut remarks = Remarks::default();
        let marks = ["within", "", "beyond", "within"].map(|r| remarks.mark(r));
        assert_eq!(marks, ["¹", "", "²", "¹"]);
        assert_eq!(remarks.told(), "\n¹ within\n² beyond");
    }
}
