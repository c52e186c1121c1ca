//! One row a thing: a CRL, a file.

use anstyle::Style;

use crate::report::layout::{Page, columns};

/// Between two columns.
const GAP: usize = 2;

/// A row: a sign, and its cells.
pub(super) struct Row {
    pub(super) sign: &'static str,
    pub(super) style: Style,
    pub(super) cells: Vec<String>,
}

/// Writes a table no wider than `width`. Of a cell that does not fit the middle is left out; the first and the second column give
/// way, the widest first.
pub(super) fn write(page: &mut Page, heads: &[&str], rows: &[Row], width: usize) {
    if rows.is_empty() {
        return;
    }
    let mut widths: Vec<usize> = heads.iter().map(|head| columns(head)).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(columns(cell));
        }
    }
    let room = width
        .max(40)
        .saturating_sub(2 + GAP * heads.len().saturating_sub(1));
    // A column as narrow as this says nothing any more.
    const LEAST: usize = 8;
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().take(2).max_by_key(|width| **width);
        match widest {
            Some(width) if *width > LEAST => *width -= 1,
            _ => break,
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.zip(&widths).map(|(cell, width)| {
            let cell = shortened(cell, *width);
            let space = width.saturating_sub(columns(&cell));
            format!("{cell}{:space$}", "")
        });
        let gap = " ".repeat(GAP);
        cells.collect::<Vec<_>>().join(&gap).trim_end().to_owned()
    };
    page.line(&format!("  {}", line(&mut heads.iter().copied())));
    for Row { sign, style, cells } in rows {
        let cells = line(&mut cells.iter().map(String::as_str));
        page.line(&format!("{style}{sign}{style:#} {cells}"));
    }
}

/// A text of at most this many columns: what distinguishes names is at both ends.
fn shortened(text: &str, width: usize) -> String {
    let length = columns(text);
    if length <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let begin: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{begin}…{end}")
}
