//! Drawings as SVG: a chain, and a time line. The geometry is computed apart from the text, so that it can be tested:
//! nothing overlaps, nothing leaves the picture.

use std::fmt::Write;

use super::{ChainBox, TimeSpan, escaped};
use crate::document::Moment;
use crate::wording::count;

/// The width of every picture in its own units; the page scales it.
const WIDTH: f64 = 520.0;
const MARGIN: f64 = 8.0;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The boxes of a chain, from the root at the top to the endpoint at the bottom, and the height of the picture.
pub(super) fn chain_layout(number: usize) -> (Vec<Area>, f64) {
    const HEIGHT: f64 = 92.0;
    const GAP: f64 = 22.0;
    let indent = |place: usize| MARGIN + 16.0 * place.min(6) as f64;
    let areas: Vec<Area> = (0..number)
        .map(|place| Area {
            x: indent(place),
            y: MARGIN + (HEIGHT + GAP) * place as f64,
            width: WIDTH - MARGIN - indent(place),
            height: HEIGHT,
        })
        .collect();
    let bottom = areas.last().map_or(0.0, |last| last.y + last.height);
    (areas, bottom + MARGIN)
}

/// A chain, the endpoint's certificate first in `boxes` and last in the picture.
pub(super) fn chain_picture(boxes: &[ChainBox]) -> String {
    let (areas, height) = chain_layout(boxes.len());
    let names: Vec<&str> = boxes.iter().rev().map(|one| one.name.as_str()).collect();
    let mut svg = open(
        height,
        &format!("Certificate chain from the root: {}", names.join(", then ")),
    );
    for (number, (one, area)) in boxes.iter().rev().zip(&areas).enumerate() {
        if let Some(above) = number.checked_sub(1).and_then(|above| areas.get(above)) {
            let (x, top) = (above.x + 8.0, above.y + above.height);
            let middle = area.y + area.height / 2.0;
            // Writing to a string cannot fail.
            let _ = write!(
                svg,
                "<path class=\"wire\" d=\"M{x:.0} {top:.0} V{middle:.0} H{:.0}\"/>",
                area.x
            );
        }
        let class = match (one.bad, one.anchor) {
            (true, _) => "box bad",
            (false, true) => "box anchor",
            (false, false) => "box",
        };
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"8\"/>",
            area.x, area.y, area.width, area.height
        );
        let x = area.x + 14.0;
        let room = area.width - 28.0;
        text(&mut svg, x, area.y + 24.0, 15.0, room, "", true, &one.name);
        text(
            &mut svg,
            x,
            area.y + 80.0,
            13.0,
            room,
            "s",
            false,
            &one.signature,
        );
        text(
            &mut svg,
            x,
            area.y + 44.0,
            13.0,
            room,
            "s",
            false,
            &one.notes,
        );
        text(
            &mut svg,
            x,
            area.y + 62.0,
            13.0,
            room,
            "s",
            false,
            &one.state,
        );
    }
    svg.push_str("</svg>");
    svg
}

/// Where the bars of a time line are: for each span its label's line and its bar; the axis; the moment.
pub(super) struct Timeline {
    pub(super) labels: Vec<f64>,
    pub(super) bars: Vec<Area>,
    pub(super) now: f64,
    pub(super) axis: f64,
    pub(super) height: f64,
    pub(super) first: Moment,
    pub(super) last: Moment,
}

pub(super) fn timeline_layout(spans: &[TimeSpan], at: Moment) -> Timeline {
    const ROW: f64 = 44.0;
    let from = spans.iter().map(|span| span.from.unix()).chain([at.unix()]);
    let until = spans
        .iter()
        .map(|span| span.until.unix())
        .chain([at.unix()]);
    let (mut first, mut last) = (from.min().unwrap_or(0), until.max().unwrap_or(0));
    // CAs live for decades: what is more than two years back or six ahead is cut off at the edge.
    const YEAR: i64 = 366 * 86_400;
    first = first.max(at.unix().saturating_sub(2 * YEAR));
    last = last.min(at.unix().saturating_add(6 * YEAR));
    let length = (last.saturating_sub(first)).max(1) as f64;
    let (left, right) = (MARGIN, WIDTH - MARGIN);
    let place = |moment: Moment| {
        let part = (moment.unix().clamp(first, last) - first) as f64 / length;
        left + part * (right - left)
    };
    let row = |number: usize| MARGIN + ROW * number as f64;
    let bars = spans.iter().enumerate().map(|(number, span)| {
        let (from, until) = (place(span.from), place(span.until));
        let width = (until - from).max(3.0);
        Area {
            x: from.min(right - width),
            y: row(number) + 22.0,
            width,
            height: 12.0,
        }
    });
    let axis = row(spans.len()) + 2.0;
    Timeline {
        labels: (0..spans.len()).map(|number| row(number) + 15.0).collect(),
        bars: bars.collect(),
        now: place(at),
        axis,
        height: axis + 26.0,
        first: Moment::from_unix(first).unwrap_or(at),
        last: Moment::from_unix(last).unwrap_or(at),
    }
}

/// What expires when.
pub(super) fn timeline_picture(spans: &[TimeSpan], at: Moment) -> String {
    let layout = timeline_layout(spans, at);
    let words: Vec<String> = spans
        .iter()
        .map(|span| format!("{} until {}", span.name, span.until.date()))
        .collect();
    let mut svg = open(layout.height, &words.join("; "));
    for ((span, bar), label) in spans.iter().zip(&layout.bars).zip(&layout.labels) {
        let days = span.until.days_since(at);
        let class = match (span.until < at, days < span.warn_days) {
            (true, _) => "bar over",
            (false, true) => "bar soon",
            (false, false) => "bar",
        };
        let left = match span.until < at {
            true => format!("{}: expired {}", span.name, span.until.date()),
            false => format!(
                "{}: until {} ({})",
                span.name,
                span.until.date(),
                count(days, "day")
            ),
        };
        text(
            &mut svg,
            MARGIN,
            *label,
            12.0,
            WIDTH - 2.0 * MARGIN,
            "",
            false,
            &left,
        );
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.0}\" width=\"{:.1}\" height=\"{:.0}\" rx=\"3\"/>",
            bar.x, bar.y, bar.width, bar.height
        );
        // Beside the bar and not through the words above it.
        let _ = write!(
            svg,
            "<path class=\"now\" d=\"M{0:.1} {1:.0} V{2:.0}\"/>",
            layout.now,
            bar.y - 3.0,
            bar.y + bar.height + 4.0
        );
    }
    let _ = write!(
        svg,
        "<path class=\"axis\" d=\"M{MARGIN:.0} {0:.0} H{1:.0}\"/>",
        layout.axis,
        WIDTH - MARGIN
    );
    let dates = layout.axis + 17.0;
    text(
        &mut svg,
        MARGIN,
        dates,
        12.0,
        150.0,
        "s",
        false,
        &layout.first.date().to_string(),
    );
    let _ = write!(
        svg,
        "<text class=\"s\" x=\"{:.0}\" y=\"{dates:.0}\" font-size=\"12\" text-anchor=\"end\">{}</text></svg>",
        WIDTH - MARGIN,
        escaped(&layout.last.date().to_string())
    );
    svg
}

fn open(height: f64, description: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">",
        escaped(description)
    )
}

/// How many characters of this size have room, by the width of a wide sans serif letter: no browser shows more.
pub(super) fn fitting(size: f64, room: f64) -> usize {
    (room / (size * 0.60)) as usize
}

/// Text on one line; what has no room is cut, with an ellipsis, and is given in full in the picture's description or in the
/// checks.
#[expect(
    clippy::too_many_arguments,
    reason = "a text has a place, a size and a look"
)]
fn text(
    svg: &mut String,
    x: f64,
    y: f64,
    size: f64,
    room: f64,
    class: &str,
    bold: bool,
    words: &str,
) {
    // Bold letters are wider by about a tenth.
    let room = if bold { room * 0.9 } else { room };
    let most = fitting(size, room);
    let shown: String = match words.chars().count() > most {
        true => words
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
        false => words.to_owned(),
    };
    let weight = if bold { " font-weight=\"600\"" } else { "" };
    let _ = write!(
        svg,
        "<text class=\"{class}\" x=\"{x:.0}\" y=\"{y:.0}\" font-size=\"{size:.0}\"{weight}>{}</text>",
        escaped(&shown)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(one: &Area, other: &Area) -> bool {
        one.x < other.x + other.width
            && other.x < one.x + one.width
            && one.y < other.y + other.height
            && other.y < one.y + one.height
    }

    #[test]
    fn the_boxes_of_a_chain_neither_overlap_nor_leave_the_picture() {
        for number in 0..25 {
            let (areas, height) = chain_layout(number);
            for (at, one) in areas.iter().enumerate() {
                assert!(one.x >= 0.0 && one.x + one.width <= WIDTH && one.y + one.height <= height);
                // Enough for a name.
                assert!(fitting(15.0, (one.width - 28.0) * 0.9) > 35);
                assert!(areas.iter().skip(at + 1).all(|other| !overlap(one, other)));
            }
        }
    }

    #[test]
    fn bars_stay_in_the_picture_whatever_their_dates_are() {
        let moment = |unix| Moment::from_unix(unix).unwrap();
        let at = moment(1_800_000_000);
        let spans: Vec<TimeSpan> = [
            (0, 1),
            (1_799_999_999, 1_800_000_000),
            (1_700_000_000, 4_000_000_000),
            (3_999_999_999, 4_000_000_000),
            (1_800_000_000, 1_800_000_000),
        ]
        .map(|(from, until)| TimeSpan {
            name: "x".repeat(300),
            from: moment(from),
            until: moment(until),
            warn_days: 60,
        })
        .into();
        let layout = timeline_layout(&spans, at);
        for (number, bar) in layout.bars.iter().enumerate() {
            assert!(bar.x >= 0.0 && bar.x + bar.width <= WIDTH, "{bar:?}");
            assert!(bar.y + bar.height < layout.axis);
            assert!(layout.labels[number] < bar.y);
            assert!(
                layout
                    .bars
                    .iter()
                    .skip(number + 1)
                    .all(|other| !overlap(bar, other))
            );
        }
        assert!(layout.now >= 0.0 && layout.now <= WIDTH);
        assert!(layout.height > layout.axis);
    }

    #[test]
    fn text_from_a_certificate_is_no_markup() {
        let one = ChainBox {
            name: "<script>alert(1)</script>\u{0}\"".to_owned(),
            notes: "]]>".to_owned(),
            signature: "<b>".to_owned(),
            state: "&".to_owned(),
            anchor: false,
            bad: false,
        };
        let svg = chain_picture(&[one]);
        assert!(!svg.contains("<script"), "{svg}");
        assert!(!svg.contains('\u{0}'));
        assert!(svg.contains("&amp;") && svg.contains("]]&gt;"));
    }
}
