//! A strict reader of XML into a small tree: no document type, no entities but the five of XML
//! itself, one namespace, bounded in bytes, depth and elements. What is in other namespaces is
//! left out.

use quick_xml::{
    NsReader,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
    name::ResolveResult,
};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Node {
    name: String,
    currency: Option<String>,
    text: String,
    children: Vec<Node>,
    is_foreign: bool,
}

/// Why something is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlFault {
    /// More than a bank sends in one file.
    #[error("it is too long")]
    Long,
    /// More elements in each other than any message of ISO 20022 has.
    #[error("its elements are too deep in each other")]
    Deep,
    /// `<!DOCTYPE`
    #[error("it has a document type, which may say anything")]
    DocumentType,
    /// `&something;`
    #[error("it has entities that XML itself does not know")]
    Entity,
    /// Not UTF-8, cut off, not well-formed.
    #[error("it is no well-formed XML in UTF-8")]
    Malformed,
}

impl Node {
    /// Reads a document; gives its root and the root's namespace.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, String), XmlFault> {
        if bytes.len() > BYTES_MAX {
            return Err(XmlFault::Long);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| XmlFault::Malformed)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reading = Reading::default();
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        loop {
            let (namespace, event) =
                reader.read_resolved_event().map_err(|_| XmlFault::Malformed)?;
            let namespace = match namespace {
                ResolveResult::Bound(namespace) => Some(namespace.into_inner().to_vec()),
                ResolveResult::Unbound => None,
                ResolveResult::Unknown(_) => return Err(XmlFault::Malformed),
            };
            match event {
                Event::Start(start) => reading.open(&start, namespace.unwrap_or_default())?,
                Event::End(_) => reading.close()?,
                Event::Text(text) => {
                    reading.text(&text.decode().map_err(|_| XmlFault::Malformed)?)?;
                }
                Event::CData(text) => {
                    reading.text(&text.decode().map_err(|_| XmlFault::Malformed)?)?;
                }
                Event::GeneralRef(reference) => reading.text(&resolve(&reference)?)?,
                Event::DocType(_) => return Err(XmlFault::DocumentType),
                Event::Decl(declaration) => {
                    let encoding = declaration.encoding().transpose();
                    let encoding = encoding.map_err(|_| XmlFault::Malformed)?;
                    if encoding.is_some_and(|name| !name.eq_ignore_ascii_case(b"utf-8")) {
                        return Err(XmlFault::Malformed);
                    }
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Empty(_) => return Err(XmlFault::Malformed), // never: they are expanded
                Event::Eof => return reading.end(),
            }
        }
    }

    /// Its name, without a prefix.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The children of this name.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| !child.is_foreign && child.name == name)
    }

    /// The first element on this way, `Refs/EndToEndId`.
    pub(super) fn at(&self, way: &str) -> Option<&Self> {
        way.split('/').try_fold(self, |node, name| node.all(name).next())
    }

    /// Its text, without what surrounds it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text on this way; `None` if it is empty or not there.
    pub(super) fn text_at(&self, way: &str) -> Option<&str> {
        self.at(way).map(Self::text).filter(|text| !text.is_empty())
    }

    /// Its currency (`Ccy`).
    pub(super) fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
}

/// Elements that are not closed yet.
#[derive(Default)]
struct Reading {
    open: Vec<Node>,
    root: Option<Node>,
    namespace: Option<Vec<u8>>,
    elements: usize,
}

impl Reading {
    fn open(&mut self, start: &BytesStart<'_>, namespace: Vec<u8>) -> Result<(), XmlFault> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(XmlFault::Long);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(XmlFault::Deep);
        }
        if self.root.is_some() {
            return Err(XmlFault::Malformed);
        }
        let own = self.namespace.get_or_insert_with(|| namespace.clone());
        let name = std::str::from_utf8(start.local_name().into_inner()).map(str::to_owned);
        let mut node = Node {
            name: name.map_err(|_| XmlFault::Malformed)?,
            is_foreign: *own != namespace,
            ..Node::default()
        };
        // Each of them is read, so that one that is not well-formed is not passed over.
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| XmlFault::Malformed)?;
            if attribute.key.as_ref() == b"Ccy" {
                let text = std::str::from_utf8(&attribute.value).map(str::to_owned);
                node.currency = Some(text.map_err(|_| XmlFault::Malformed)?);
            }
        }
        self.open.push(node);
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlFault> {
        let node = self.open.pop().ok_or(XmlFault::Malformed)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        match self.open.last_mut() {
            Some(node) => node.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(XmlFault::Malformed),
        }
        Ok(())
    }

    fn end(self) -> Result<(Node, String), XmlFault> {
        let (Some(root), true) = (self.root, self.open.is_empty()) else {
            return Err(XmlFault::Malformed);
        };
        let namespace = String::from_utf8(self.namespace.unwrap_or_default());
        Ok((root, namespace.map_err(|_| XmlFault::Malformed)?))
    }
}

/// `&amp;`, `&#12354;`
fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlFault> {
    if let Some(symbol) = reference.resolve_char_ref().map_err(|_| XmlFault::Entity)? {
        return Ok(symbol.to_string());
    }
    let name = reference.decode().map_err(|_| XmlFault::Malformed)?;
    resolve_predefined_entity(&name).map(str::to_owned).ok_or(XmlFault::Entity)
}

const BYTES_MAX: usize = 16 << 20;
const ELEMENTS_MAX: usize = 500_000;
const DEPTH_MAX: usize = 32;
