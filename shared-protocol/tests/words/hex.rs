//! Bytes as they stand in the vector files: lower-case hexadecimal.

pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "odd hexadecimal: {text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Exactly `N` bytes.
pub fn unhex_exact<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}
