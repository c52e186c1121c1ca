//! Just enough of Rust's grammar to know what a source file names.

/// The code without comments, the contents of strings, and whatever is under `#[cfg(test)]`.
pub(crate) fn product_code(text: &str) -> String {
    let code = without_comments_and_strings(text);
    let mut kept = String::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let item = &rest[at + "#[cfg(test)]".len()..];
        rest = &item[end_of_item(item)..];
    }
    kept.push_str(rest);
    kept
}

/// Where the item ends that the text begins with: at its closing brace, or at a semicolon before any.
fn end_of_item(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The places of the test modules that a file declares, as beginnings of paths.
pub(crate) fn test_modules(path: &str, text: &str) -> Vec<String> {
    let folder = match path.strip_suffix("mod.rs") {
        Some(folder) => folder.to_owned(),
        None => format!("{}/", path.trim_end_matches(".rs")),
    };
    let code = without_comments_and_strings(text);
    let declared = code.split("#[cfg(test)]").skip(1).filter_map(|item| {
        let name = item.trim_start().strip_prefix("mod ")?;
        let name: String = name
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        item[..end_of_item(item)].ends_with(';').then_some(name)
    });
    declared
        .flat_map(|name| [format!("{folder}{name}.rs"), format!("{folder}{name}/")])
        .collect()
}

/// The first segment of every path from the crate's root, whether it begins with `crate` or with enough `super`s.
pub(crate) fn names_of_crate_items(path: &str, code: &str) -> Vec<String> {
    let compact = compact(code);
    let parts = path.split('/').count();
    let depth = if path.ends_with("mod.rs") {
        parts - 1
    } else {
        parts
    };
    let mut names = Vec::new();
    for root in ["crate::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in compact.match_indices(&root) {
            let before = compact[..at].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || before == '_' || before == ':' || before == '$' {
                continue;
            }
            first_segments(&compact[at + root.len()..], &mut names);
        }
    }
    names
}

/// The first segment of every path into the library, as a program that uses it writes them.
pub(crate) fn names_of_library_modules(code: &str) -> Vec<String> {
    let compact = compact(code);
    let root = "ptl_cert::";
    let mut names = Vec::new();
    for (at, _) in compact.match_indices(root) {
        first_segments(&compact[at + root.len()..], &mut names);
    }
    names
}

/// The first segments of a path or of a group in braces.
fn first_segments(path: &str, names: &mut Vec<String>) {
    let Some(group) = path.strip_prefix('{') else {
        let name: String = path
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        // A macro or a star is not a room, and `super` is counted with its own depth.
        if !name.is_empty() && name != "super" {
            names.push(name);
        }
        return;
    };
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                first_segments(&group[start..at], names);
                start = at + 1;
                if character == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// The code with white space only where it separates two words.
fn compact(code: &str) -> String {
    let mut compact = String::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut pending = false;
    for character in code.chars() {
        if character.is_whitespace() {
            pending = true;
            continue;
        }
        if pending && is_word(character) && compact.chars().next_back().is_some_and(is_word) {
            compact.push(' ');
        }
        pending = false;
        compact.push(character);
    }
    compact
}

/// The code with comments left out, and strings and characters emptied.
fn without_comments_and_strings(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let word_before = code
            .chars()
            .next_back()
            .is_some_and(|c: char| c.is_alphanumeric() || c == '_');
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if character == '"' {
            code.push_str("\"\"");
            string(rest)
        } else if let (Some(length), false) = (raw_string(rest), word_before) {
            code.push_str("\"\"");
            length
        } else if let Some(length) = character_literal(rest) {
            code.push_str("' '");
            length
        } else {
            code.push(character);
            character.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

fn raw_string(text: &str) -> Option<usize> {
    let start = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = start.len() - start.trim_start_matches('#').len();
    let body = start[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let before = text.len() - body.len();
    Some(
        body.find(&end)
            .map_or(text.len(), |at| before + at + end.len()),
    )
}

/// The length of a character literal; a lifetime is none.
fn character_literal(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    if let Some(escape) = body.strip_prefix('\\') {
        // The escaped character may itself be a quotation mark.
        let end = escape.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0;
        return Some(2 + end + 1);
    }
    let character = body.chars().next()?;
    body[character.len_utf8()..]
        .starts_with('\'')
        .then(|| 1 + character.len_utf8() + 1)
}
