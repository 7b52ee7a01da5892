//! The primitives against the vectors of their own papers, through the libraries that this
//! protocol uses: RFC 7748, RFC 8032, RFC 8037, RFC 9180, FIPS 180-4.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use ed25519_dalek::{Signer as _, SigningKey};
use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256, setup_receiver, setup_sender_with_rng,
};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use x25519_dalek::{PublicKey, StaticSecret, x25519};

use crate::hex::{hex, unhex, unhex_exact};

/// RFC 8032 §7.1: private key, public key, message, signature.
const ED25519_TESTS: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        concat!(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        concat!(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        concat!(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        concat!(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        concat!(
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589",
            "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ],
];

#[test]
fn ed25519_signs_and_verifies_as_rfc_8032_says() {
    for [private, public, message, signature] in ED25519_TESTS {
        let message = unhex(message);
        let dalek = SigningKey::from_bytes(&unhex_exact(private));
        assert_eq!(hex(dalek.verifying_key().as_bytes()), public);
        assert_eq!(hex(dalek.sign(&message).to_bytes()), signature);
        let ring = Ed25519KeyPair::from_seed_unchecked(&unhex(private)).unwrap();
        assert_eq!(hex(ring.public_key()), public);
        assert_eq!(hex(ring.sign(&message)), signature);
        let verifier = UnparsedPublicKey::new(&ED25519, unhex(public));
        assert!(verifier.verify(&message, &unhex(signature)).is_ok());
        let strict = dalek.verifying_key();
        let parsed = ed25519_dalek::Signature::from_bytes(&unhex_exact(signature));
        assert!(strict.verify_strict(&message, &parsed).is_ok());
    }
}

#[test]
fn a_jws_is_signed_as_rfc_8037_says() {
    let private = BASE64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SigningKey::from_bytes(private.as_slice().try_into().unwrap());
    let x = BASE64URL.encode(key.verifying_key().as_bytes());
    assert_eq!(x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    let header = BASE64URL.encode(r#"{"alg":"EdDSA"}"#);
    let payload = BASE64URL.encode("Example of Ed25519 signing");
    assert_eq!(
        (header.as_str(), payload.as_str()),
        ("eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")
    );
    let input = format!("{header}.{payload}");
    let signature = BASE64URL.encode(key.sign(input.as_bytes()).to_bytes());
    let expected =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(signature, expected);
    let ring = UnparsedPublicKey::new(&ED25519, BASE64URL.decode(x).unwrap());
    assert!(ring.verify(input.as_bytes(), &BASE64URL.decode(expected).unwrap()).is_ok());
}

#[test]
fn sha_256_is_that_of_fips_180_4() {
    let long = "a".repeat(1_000_000);
    let two_blocks = concat!(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn",
        "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
    );
    let tests = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (two_blocks, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"),
        (&long, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ];
    for (message, digest) in tests {
        assert_eq!(hex(Sha256::digest(message)), digest);
        assert_eq!(hex(ring::digest::digest(&ring::digest::SHA256, message.as_bytes())), digest);
    }
}

#[test]
fn x25519_multiplies_as_rfc_7748_says() {
    let tests = [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
    ];
    for (scalar, point, product) in tests {
        assert_eq!(hex(x25519(unhex_exact(scalar), unhex_exact(point))), product);
    }
    let mut k = unhex_exact("0900000000000000000000000000000000000000000000000000000000000000");
    let mut u = k;
    for _ in 0..1_000 {
        (k, u) = (x25519(k, u), k);
    }
    assert_eq!(hex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    let alice = StaticSecret::from(unhex_exact::<32>(
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    ));
    let bob = StaticSecret::from(unhex_exact::<32>(
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    ));
    let shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    assert_eq!(hex(alice.diffie_hellman(&PublicKey::from(&bob)).as_bytes()), shared);
    assert_eq!(hex(bob.diffie_hellman(&PublicKey::from(&alice)).as_bytes()), shared);
}

/// RFC 9180 appendix A.2.1: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
mod a_2_1 {
    pub const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    pub const IKM_E: &str = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
    pub const SK_EM: &str = "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600";
    pub const ENC: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
    pub const IKM_R: &str = "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df";
    pub const SK_RM: &str = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
    pub const PK_RM: &str = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
    pub const PT: &str = "4265617574792069732074727574682c20747275746820626561757479";
    /// Sequence number, ciphertext; the associated data is "Count-" and the number.
    pub const CT: [(usize, &str); 6] = [
        (
            0,
            concat!(
                "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff93",
                "8e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
            ),
        ),
        (
            1,
            concat!(
                "6b53c051e4199c518de79594e1c4ab18b96f081549d4",
                "5ce015be002090bb119e85285337cc95ba5f59992dc98c"
            ),
        ),
        (
            2,
            concat!(
                "71146bd6795ccc9c49ce25dda112a48f202ad2205595",
                "02cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b"
            ),
        ),
        (
            4,
            concat!(
                "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a9",
                "09e0b37214dd47db122bb153495ff0b02e9e54a50dbe16"
            ),
        ),
        (
            255,
            concat!(
                "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b68",
                "3861110757062c52b8880a5f6b3936da9cd6c23ef2a95c"
            ),
        ),
        (
            256,
            concat!(
                "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd0",
                "5e556ef692370ca53076214c0c40d4c728d6ed9e727a5b"
            ),
        ),
    ];
    /// Exporter context, 32 exported bytes.
    pub const EXPORTS: [(&str, &str); 3] = [
        ("", "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e"),
        ("00", "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69"),
        (
            "54657374436f6e74657874",
            "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53",
        ),
    ];
}

type Kem = X25519HkdfSha256;

/// Yields these bytes and then nothing more.
struct Fixed(Vec<u8>);

impl rand_core::TryRng for Fixed {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("only bytes are asked for")
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("only bytes are asked for")
    }
    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        to.copy_from_slice(&self.0);
        self.0.clear();
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Fixed {}

#[test]
fn hpke_s_keys_are_derived_as_rfc_9180_says() {
    for (ikm, private, public) in
        [(a_2_1::IKM_E, a_2_1::SK_EM, a_2_1::ENC), (a_2_1::IKM_R, a_2_1::SK_RM, a_2_1::PK_RM)]
    {
        let (sk, pk) = Kem::derive_keypair(&unhex(ikm));
        assert_eq!(hex(pk.to_bytes()), public);
        // The library keeps a private key as RFC 7748 decodes it, the RFC prints it as derived.
        let mut clamped: [u8; 32] = unhex_exact(private);
        clamped[0] &= 248;
        clamped[31] = clamped[31] & 127 | 64;
        assert_eq!(hex(sk.to_bytes()), hex(clamped));
        let printed = <Kem as hpke::Kem>::PrivateKey::from_bytes(&unhex(private)).unwrap();
        assert_eq!(hex(Kem::sk_to_pk(&printed).to_bytes()), public);
    }
    let opening = shared_protocol::OpeningKey::from_bytes(&unhex_exact(a_2_1::SK_RM)).unwrap();
    assert_eq!(hex(opening.sealing_key().as_bytes()), a_2_1::PK_RM, "the crate's keys are these");
}

#[test]
fn hpke_seals_opens_and_exports_as_rfc_9180_says() {
    let pk = <Kem as hpke::Kem>::PublicKey::from_bytes(&unhex(a_2_1::PK_RM)).unwrap();
    let sk = <Kem as hpke::Kem>::PrivateKey::from_bytes(&unhex(a_2_1::SK_RM)).unwrap();
    let (enc, mut sender) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeS::Base,
        &pk,
        &unhex(a_2_1::INFO),
        &mut Fixed(unhex(a_2_1::IKM_E)),
    )
    .unwrap();
    assert_eq!(hex(enc.to_bytes()), a_2_1::ENC);
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&unhex(a_2_1::ENC)).unwrap();
    let mut receiver = setup_receiver::<ChaCha20Poly1305, HkdfSha256, Kem>(
        &OpModeR::Base,
        &sk,
        &enc,
        &unhex(a_2_1::INFO),
    )
    .unwrap();
    let plaintext = unhex(a_2_1::PT);
    for number in 0..=256 {
        let aad = format!("Count-{number}");
        let sealed = sender.seal(&plaintext, aad.as_bytes()).unwrap();
        if let Some((_, published)) = a_2_1::CT.iter().find(|(at, _)| *at == number) {
            assert_eq!(hex(&sealed), *published, "{number}");
        }
        assert_eq!(receiver.open(&sealed, aad.as_bytes()).unwrap(), plaintext);
    }
    for (context, exported) in a_2_1::EXPORTS {
        let mut bytes = [0; 32];
        receiver.export(&unhex(context), &mut bytes).unwrap();
        assert_eq!(hex(bytes), exported);
        sender.export(&unhex(context), &mut bytes).unwrap();
        assert_eq!(hex(bytes), exported);
    }
}

#[test]
fn the_crate_s_digest_is_sha_256_under_a_label() {
    let by_ring = |purpose: &str, bytes: &[u8]| {
        let input = [b"warifu/1 ", purpose.as_bytes(), &[0], bytes].concat();
        hex(ring::digest::digest(&ring::digest::SHA256, &input))
    };
    for (purpose, bytes) in [("offer", &b""[..]), ("tally", b"abc"), ("order-half", &[0; 1000])] {
        let digest = shared_protocol::digest(purpose, bytes);
        assert_eq!(hex(digest.as_bytes()), by_ring(purpose, bytes));
    }
    let one = shared_protocol::digest("a", b"b");
    assert_ne!(one, shared_protocol::digest("ab", b""), "a purpose ends at its NUL");
}
