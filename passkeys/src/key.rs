//! A passkey's public key and what it signed: ES256, EdDSA and RS256, the algorithms that WebAuthn
//! Level 3 §5.8.5 names for every server, verified by ring.

use coset::{
    CborSerializable as _, CoseKey, Label, RegisteredLabel, RegisteredLabelWithPrivate,
    iana::{
        Algorithm, Ec2KeyParameter, EllipticCurve, EnumI64 as _, KeyType, OkpKeyParameter,
        RsaKeyParameter,
    },
};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

/// A public key that can be verified with.
pub(crate) enum PublicKey {
    /// A point of P-256, uncompressed (SEC 1 §2.3.3).
    Es256([u8; 65]),
    /// RFC 8032.
    EdDsa([u8; 32]),
    /// RFC 8017, PKCS #1 v1.5.
    Rs256 { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl PublicKey {
    /// Reads a `COSE_Key`; `None` if it is none of the three, or more than a key.
    pub(crate) fn read(cose: &[u8]) -> Option<Self> {
        let key = CoseKey::from_slice(cose).ok()?;
        let Some(RegisteredLabelWithPrivate::Assigned(algorithm)) = key.alg else { return None };
        let RegisteredLabel::Assigned(kind) = key.kty else { return None };
        match (algorithm, kind) {
            (Algorithm::ES256, KeyType::EC2) => {
                let on = curve(&key, Ec2KeyParameter::Crv.to_i64(), EllipticCurve::P_256);
                let mut point = [4; 65];
                point[1..33].copy_from_slice(bytes(&key, Ec2KeyParameter::X.to_i64(), 32)?);
                point[33..].copy_from_slice(bytes(&key, Ec2KeyParameter::Y.to_i64(), 32)?);
                on.then_some(Self::Es256(point))
            }
            (Algorithm::EdDSA, KeyType::OKP) => {
                let on = curve(&key, OkpKeyParameter::Crv.to_i64(), EllipticCurve::Ed25519);
                let point = bytes(&key, OkpKeyParameter::X.to_i64(), 32)?.try_into().ok()?;
                on.then_some(Self::EdDsa(point))
            }
            (Algorithm::RS256, KeyType::RSA) => Some(Self::Rs256 {
                modulus: parameter(&key, RsaKeyParameter::N.to_i64())?.clone(),
                exponent: parameter(&key, RsaKeyParameter::E.to_i64())?.clone(),
            }),
            _ => None,
        }
    }

    /// Whether it signed this.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature)
            }
            Self::Rs256 { modulus: n, exponent: e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.is_ok()
    }
}

fn curve(key: &CoseKey, label: i64, wanted: EllipticCurve) -> bool {
    let found = key.params.iter().find(|(name, _)| *name == Label::Int(label));
    found.and_then(|(_, value)| value.as_integer()) == Some(wanted.to_i64().into())
}

fn bytes(key: &CoseKey, label: i64, length: usize) -> Option<&[u8]> {
    parameter(key, label).map(Vec::as_slice).filter(|bytes| bytes.len() == length)
}

fn parameter(key: &CoseKey, label: i64) -> Option<&Vec<u8>> {
    let found = key.params.iter().find(|(name, _)| *name == Label::Int(label));
    found.and_then(|(_, value)| value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    /// WebAuthn Level 3 §16: key, authenticator data, client data, signature.
    const ES256: [&str; 4] = [
        concat!(
            "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61",
            "225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
        ),
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
        concat!(
            "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e5568",
            "5158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f72",
            "6967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a",
            "66616c73657d"
        ),
        concat!(
            "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480",
            "ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87"
        ),
    ];
    const EDDSA: [&str; 4] = [
        "a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832",
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
        concat!(
            "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442",
            "786a4f6d6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f72",
            "6967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a",
            "66616c73657d"
        ),
        concat!(
            "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b01",
            "1f0d6fecb097d6607525713223a0dc0d453993dae00b"
        ),
    ];
    /// Its key is made by [`rsa_key`].
    const RS256: [&str; 3] = [
        "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
        concat!(
            "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224b56395a3966",
            "7150356978617970346e596d7834794e6f33617562597a5333536d75757459423462784d55222c226f72",
            "6967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a",
            "66616c73657d"
        ),
        concat!(
            "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b",
            "1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc90",
            "1fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b93",
            "77e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb5",
            "49d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9",
            "c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377db",
            "e3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0b",
            "f2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11",
            "bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8",
            "de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b",
            "776de930756612cdc6dd398160ff02a6"
        ),
    ];

    #[test]
    fn the_published_signatures_verify_and_others_do_not() {
        let [data, client, signature] = RS256.map(unhex);
        let mut cases = vec![(rsa_key(), data, client, signature)];
        for vector in [ES256, EDDSA] {
            let [key, data, client, signature] = vector.map(unhex);
            cases.push((key, data, client, signature));
        }
        for (key, data, client, signature) in cases {
            let key = PublicKey::read(&key).unwrap();
            let mut signed = [data.as_slice(), &sha256(&client)].concat();
            assert!(key.verifies(&signed, &signature));
            assert!(!key.verifies(&signed, &signature[..signature.len() - 1]));
            assert!(!key.verifies(&signed, &[]));
            signed[0] ^= 1;
            assert!(!key.verifies(&signed, &signature));
        }
    }

    #[test]
    fn what_is_no_key_of_these_kinds_is_not_read_as_one() {
        let good = unhex(ES256[0]);
        assert!(PublicKey::read(&good).is_some());
        let changed = |at: usize, byte: u8| {
            let mut key = good.clone();
            key[at] = byte;
            PublicKey::read(&key)
        };
        assert!(changed(2, 0x01).is_none(), "another kind of key");
        assert!(changed(4, 0x27).is_none(), "EdDSA over P-256");
        assert!(changed(4, 0x00).is_none(), "no algorithm");
        assert!(changed(6, 0x02).is_none(), "P-384");
        assert!(PublicKey::read(&[good.as_slice(), &[0]].concat()).is_none(), "more than a key");
        assert!(PublicKey::read(&good[..good.len() - 1]).is_none(), "less than a key");
        assert!(PublicKey::read(&[]).is_none() && PublicKey::read(&[0xa0]).is_none());
    }

    /// §16: the RSA key of the two smallest Mersenne primes over 2^1024, whose product is
    /// 2^3482 − 2^2203 − 2^1279 + 1.
    fn rsa_key() -> Vec<u8> {
        let mut modulus = [0_u8; 436];
        for bit in core::iter::once(0).chain(1279..2203).chain(2204..3482) {
            modulus[435 - bit / 8] |= 1 << (bit % 8);
        }
        let (before, after) = (unhex("a401030339010020"), unhex("2143010001"));
        [before, unhex("5901b4"), modulus.to_vec(), after].concat()
    }

    fn unhex(text: &str) -> Vec<u8> {
        let pair = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
        (0..text.len() / 2).map(pair).collect()
    }
}
