//! Reads a Rust file just far enough to tell code from comments and strings, and to find where
//! functions begin and end. It never needs to understand more than that.

/// One file's text in layers. Each layer keeps lines and columns; the rest of it is blank.
pub struct Layers {
    /// What the compiler acts on, without comments and the insides of strings.
    pub code: String,
    /// Only the insides of strings.
    pub strings: String,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Line of the word `fn`, from 1.
    pub line: usize,
    /// From that line to the closing brace, both counted.
    pub length: usize,
    /// Does an attribute above it make it a test?
    pub is_test: bool,
}

/// Splits a Rust file into its layers.
pub fn layers(text: &str) -> Layers {
    let mut reader = Reader {
        rest: text.chars().collect(),
        at: 0,
        layers: Layers { code: String::new(), strings: String::new() },
    };
    while reader.at < reader.rest.len() {
        reader.step();
    }
    reader.layers
}

/// All functions of a code layer, also nested ones, in the order of their beginnings.
pub fn functions(code: &str) -> Vec<Function> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("fn ") {
        let before = code[..start].chars().next_back();
        let name: String = code[start + 3..].chars().take_while(|c| is_word(*c)).collect();
        if before.is_some_and(is_word) || name.is_empty() {
            continue;
        }
        let Some(end) = end_of_body(code, start) else { continue };
        found.push(Function {
            name,
            line: line_of(code, start),
            length: line_of(code, end) + 1 - line_of(code, start),
            is_test: attributes_above(code, start).contains("test"),
        });
    }
    found
}

/// Everything before the file's test module.
pub fn without_tests(text: &str) -> &str {
    let mark = text.find("#[cfg(test)]\nmod ");
    &text[..mark.unwrap_or(text.len())]
}

/// Line of a byte offset, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// Letters that make up a name.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn end_of_body(code: &str, start: usize) -> Option<usize> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    for (at, c) in code[start..].char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if brackets == 0 && braces == 0 => return None,
            '{' if brackets == 0 || braces > 0 => braces += 1,
            '}' if braces > 0 => {
                braces -= 1;
                if braces == 0 {
                    return Some(start + at);
                }
            }
            _ => {}
        }
    }
    None
}

fn attributes_above(code: &str, start: usize) -> String {
    let line_start = code[..start].rfind('\n').map_or(0, |at| at + 1);
    let above = code[..line_start].lines().rev();
    above.take_while(|line| line.trim_start().starts_with("#[")).collect()
}

struct Reader {
    rest: Vec<char>,
    at: usize,
    layers: Layers,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Code,
    Comment,
    String,
}

impl Reader {
    fn step(&mut self) {
        if self.starts_with("//") {
            while self.at < self.rest.len() && self.rest[self.at] != '\n' {
                self.take(Layer::Comment);
            }
        } else if self.starts_with("/*") {
            self.block_comment();
        } else if let Some(hashes) = self.raw_string_hashes() {
            self.raw_string(hashes);
        } else if self.rest[self.at] == '"' {
            self.quoted('"');
        } else if self.is_char_literal() {
            self.quoted('\'');
        } else {
            self.take(Layer::Code);
        }
    }

    fn take(&mut self, layer: Layer) {
        let c = self.rest[self.at];
        self.at += 1;
        let shown = |wanted| if layer == wanted || c == '\n' { c } else { ' ' };
        self.layers.code.push(shown(Layer::Code));
        self.layers.strings.push(shown(Layer::String));
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.rest.len() {
            if self.starts_with("/*") {
                depth += 1;
                self.take(Layer::Comment);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.take(Layer::Comment);
            }
            self.take(Layer::Comment);
            if depth == 0 {
                return;
            }
        }
    }

    fn quoted(&mut self, quote: char) {
        self.take(Layer::Code);
        while self.at < self.rest.len() && self.rest[self.at] != quote {
            if self.rest[self.at] == '\\' {
                self.take(Layer::String);
            }
            if self.at < self.rest.len() {
                self.take(Layer::String);
            }
        }
        if self.at < self.rest.len() {
            self.take(Layer::Code);
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        let end: String = std::iter::once('"').chain("#".repeat(hashes).chars()).collect();
        for _ in 0..hashes + 2 {
            self.take(Layer::Code);
        }
        while self.at < self.rest.len() && !self.starts_with(&end) {
            self.take(Layer::String);
        }
        for _ in 0..end.len().min(self.rest.len() - self.at) {
            self.take(Layer::Code);
        }
    }

    /// `r"`, `r#"`, `r##"` … at this place, not the end of a longer word; `br"` comes as b, r".
    fn raw_string_hashes(&self) -> Option<usize> {
        let before = self.at.checked_sub(1).map(|at| self.rest[at]);
        let in_word = before.is_some_and(|c| is_word(c) && c != 'b' && c != 'c');
        if self.rest[self.at] != 'r' || in_word {
            return None;
        }
        let hashes = self.rest[self.at + 1..].iter().take_while(|c| **c == '#').count();
        (self.rest.get(self.at + 1 + hashes) == Some(&'"')).then_some(hashes)
    }

    /// `'a'` and `'\n'`, but not the lifetime `'a`.
    fn is_char_literal(&self) -> bool {
        self.rest[self.at] == '\''
            && (self.rest.get(self.at + 1) == Some(&'\\')
                || self.rest.get(self.at + 2) == Some(&'\''))
    }

    fn starts_with(&self, text: &str) -> bool {
        let mut rest = self.rest[self.at..].iter();
        text.chars().all(|c| rest.next() == Some(&c))
    }
}
