//! Long reports in parts: rendered on all cores, handed over in the report's order.

use std::convert::Infallible;
use std::io::{self, Write};
use std::ops::ControlFlow;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::ser::Formatter;

use crate::ops::ordered;

/// How many neighbours one thread renders at a time: enough that handing them out costs nothing beside it.
const AT_A_TIME: usize = 64;

/// Below so many, one core makes them all: starting threads costs more.
const FEW: usize = 32;

/// What `make` makes of each, in order; on all cores where there are many.
pub(super) fn each<'t, T: Sync, R: Send>(all: &'t [T], make: impl Fn(&'t T) -> R + Sync) -> Vec<R> {
    match all.len() {
        0..FEW => all.iter().map(make).collect(),
        _ => all.par_iter().map(&make).collect(),
    }
}

/// The whole of what `render` hands over in parts, for whoever keeps it in memory.
pub(super) fn whole(
    render: impl FnOnce(&mut dyn FnMut(String) -> Result<(), Infallible>) -> Result<(), Infallible>,
) -> String {
    let mut text = String::new();
    let done = render(&mut |part| {
        text.push_str(&part);
        Ok(())
    });
    match done {
        Ok(()) => text,
    }
}

/// Renders some neighbours at a time – `render` is given the number of the first – and hands over what becomes of them in
/// order, on this thread, a few at a time, so that the whole is never in memory.
///
/// # Errors
/// The first of `sink`, which ends it.
pub(super) fn in_order<'t, T: Sync, R: Send, E>(
    all: &'t [T],
    render: impl Fn(usize, &'t [T]) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let sheets = all.len().div_ceil(AT_A_TIME);
    let sheet = |number: usize| {
        let start = number * AT_A_TIME;
        let end = all.len().min(start + AT_A_TIME);
        render(start, all.get(start..end).unwrap_or_default())
    };
    ordered::in_order(sheets, sheet, |_, made| {
        sink(made)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// A value as it is written at this depth of indented JSON, without the indent before it.
pub(super) fn json_at(value: &impl Serialize, depth: usize) -> serde_json::Result<String> {
    let mut text = Vec::new();
    write_at(value, depth, &mut text)?;
    Ok(checked(text))
}

fn write_at(value: &impl Serialize, depth: usize, text: &mut Vec<u8>) -> serde_json::Result<()> {
    let formatter = Indented {
        depth,
        has_value: false,
    };
    value.serialize(&mut serde_json::Serializer::with_formatter(text, formatter))
}

/// JSON is UTF-8: nothing is replaced.
pub(super) fn checked(text: Vec<u8>) -> String {
    match String::from_utf8(text) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

/// What serde_json's `PrettyFormatter` writes, from any depth on, and each indent in one piece: indents are a third of such
/// a text.
struct Indented {
    depth: usize,
    has_value: bool,
}

impl Indented {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_value = false;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_value {
            self.line(writer, b"\n")?;
        }
        writer.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, writer: &mut W, before: &[u8]) -> io::Result<()> {
        const SPACES: [u8; 32] = [b' '; 32];
        writer.write_all(before)?;
        let mut left = 2 * self.depth;
        while left > 0 {
            let some = SPACES.get(..left).unwrap_or(&SPACES);
            writer.write_all(some)?;
            left -= some.len();
        }
        Ok(())
    }

    fn next<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        self.line(writer, if first { b"\n" } else { b",\n" })
    }
}

impl Formatter for Indented {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.next(to, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.next(to, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_value = true;
        Ok(())
    }
}

/// The depth of a list's members in a report.
pub(super) const MEMBER: usize = 2;

/// Writes a list's member of this number, with what separates it from the one before.
pub(super) fn write_member(
    member: &impl Serialize,
    number: usize,
    text: &mut Vec<u8>,
) -> serde_json::Result<()> {
    text.extend_from_slice(match number {
        0 => &b"\n    "[..],
        _ => b",\n    ",
    });
    write_at(member, MEMBER, text)
}

/// How a list of so many members ends.
pub(super) const fn list_end(members: usize) -> &'static str {
    match members {
        0 => "]",
        _ => "\n  ]",
    }
}

/// A report as JSON, field by field: to the byte what serde_json makes of the whole, without the whole in memory.
pub(super) struct Fields<S> {
    sink: S,
    /// The separator between the last field and the next.
    between: &'static str,
}

impl<S, E> Fields<S>
where
    S: FnMut(String) -> Result<(), E>,
    E: From<serde_json::Error>,
{
    /// Begins a report.
    pub(super) fn new(sink: S) -> Fields<S> {
        Fields { sink, between: "{" }
    }

    /// Goes on with a report of which other fields were written.
    pub(super) fn further(sink: S) -> Fields<S> {
        Fields { sink, between: "," }
    }

    /// Begins a list of which the members are written by [`write_member`], and ended with [`list_end`].
    pub(super) fn open_list(mut self, name: &str) -> Result<(), E> {
        let text = self.begin(name) + "[";
        (self.sink)(text)
    }

    fn begin(&mut self, name: &str) -> String {
        let between = std::mem::replace(&mut self.between, ",");
        format!("{between}\n  \"{name}\": ")
    }

    /// A field that is small.
    pub(super) fn field(&mut self, name: &str, value: &impl Serialize) -> Result<(), E> {
        let mut text = self.begin(name);
        text.push_str(&json_at(value, 1)?);
        (self.sink)(text)
    }

    /// A list of members that are JSON already, by [`json_at`] and [`MEMBER`].
    pub(super) fn list<'m>(
        &mut self,
        name: &str,
        members: impl IntoIterator<Item = &'m str>,
    ) -> Result<(), E> {
        let mut text = self.begin(name);
        text.push('[');
        let mut between = "\n    ";
        let mut end = "]";
        for member in members {
            text.push_str(between);
            text.push_str(member);
            (self.sink)(std::mem::take(&mut text))?;
            (between, end) = (",\n    ", "\n  ]");
        }
        text.push_str(end);
        (self.sink)(text)
    }

    /// A list of many members, serialised on all cores; `finish` is put to the text there.
    pub(super) fn members<T: Serialize + Sync>(
        &mut self,
        name: &str,
        members: &[T],
        finish: impl Fn(String) -> String + Sync,
    ) -> Result<(), E> {
        self.members_of(name, members, finish, |member| member)
    }

    /// The same of what `make` makes of each.
    pub(super) fn members_of<'t, T: Sync, M: Serialize>(
        &mut self,
        name: &str,
        members: &'t [T],
        finish: impl Fn(String) -> String + Sync,
        make: impl Fn(&'t T) -> M + Sync,
    ) -> Result<(), E> {
        let mut text = self.begin(name);
        text.push('[');
        (self.sink)(text)?;
        let render = |start: usize, members: &'t [T]| {
            let mut text = Vec::new();
            for (number, member) in members.iter().enumerate() {
                write_member(&make(member), start + number, &mut text)?;
            }
            Ok(finish(checked(text)))
        };
        let sink = &mut self.sink;
        in_order(members, render, |text: serde_json::Result<String>| {
            sink(text?)
        })?;
        sink(list_end(members.len()).to_owned())
    }

    /// Ends it, with the line.
    pub(super) fn end(mut self) -> Result<(), E> {
        (self.sink)("\n}\n".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn parts_come_in_order_however_many_threads_make_them() {
        for length in [0, 1, AT_A_TIME, AT_A_TIME + 1, 50 * AT_A_TIME + 7] {
            let all: Vec<usize> = (0..length).collect();
            let mut taken = Vec::new();
            let render = |start: usize, part: &[usize]| {
                assert_eq!(part.first(), Some(&start));
                part.to_vec()
            };
            in_order(&all, render, |part| {
                taken.extend(part);
                Ok::<_, Infallible>(())
            })
            .unwrap();
            assert_eq!(taken, all);
        }
    }

    #[test]
    fn a_sink_that_fails_stops_it() {
        let all = vec![0; 100 * AT_A_TIME];
        let mut left = 3;
        let result = in_order(
            &all,
            |start, _| start,
            |_| {
                left -= 1;
                if left == 0 { Err(()) } else { Ok(()) }
            },
        );
        assert_eq!((result, left), (Err(()), 0));
    }

    #[test]
    fn a_thread_of_the_pool_may_ask_too() {
        let all: Vec<usize> = (0..10 * AT_A_TIME).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        let sum = pool.unwrap().install(|| {
            let mut sum = 0;
            in_order(
                &all,
                |_, part| part.iter().sum::<usize>(),
                |part| {
                    sum += part;
                    Ok::<_, Infallible>(())
                },
            )
            .unwrap();
            sum
        });
        assert_eq!(sum, all.iter().sum::<usize>());
    }

    #[test]
    fn fields_are_to_the_byte_what_the_whole_would_be() {
        #[derive(Serialize)]
        struct Member {
            number: usize,
            names: Vec<String>,
            deep: serde_json::Value,
        }
        #[derive(Serialize)]
        struct Whole {
            schema: &'static str,
            members: Vec<Member>,
            others: Vec<Member>,
            none: Vec<Member>,
        }
        let member = |number: usize| Member {
            number,
            names: vec![format!("é {number}"); number % 3],
            deep: (0..number % 40).fold(serde_json::json!({}), |inner, level| match level % 3 {
                0 => serde_json::json!([inner, [], null]),
                _ => serde_json::json!({ "inner": inner, "none": {} }),
            }),
        };
        for count in [0, 1, 3, 2 * AT_A_TIME + 1] {
            let whole = Whole {
                schema: "x/1",
                members: (0..count).map(member).collect(),
                others: (0..count).map(member).collect(),
                none: Vec::new(),
            };
            let mut text = String::new();
            let mut fields = Fields::new(|part: String| {
                text.push_str(&part);
                serde_json::Result::Ok(())
            });
            fields.field("schema", &whole.schema).unwrap();
            fields
                .members("members", &whole.members, |text| text)
                .unwrap();
            let others: Vec<String> = each(&whole.others, |one| json_at(one, MEMBER).unwrap());
            let others = others.iter().map(String::as_str);
            fields.list("others", others).unwrap();
            fields.field("none", &whole.none).unwrap();
            fields.end().unwrap();
            assert_eq!(text, serde_json::to_string_pretty(&whole).unwrap() + "\n");
        }
    }
}
