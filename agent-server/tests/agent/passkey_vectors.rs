//! The published vectors of WebAuthn Level 3 §16, through the calls that the server makes. Our
//! rules are stricter: the user must be verified, and a frame must say in whose page it is.

use agent_server::domain::passkey::{
    Passkey, Place, RelyingParty, verify_assertion, verify_registration,
};
use shared_protocol::{PasskeyAssertion, PasskeyPart, Problem, Timestamp};

#[test]
fn the_published_registration_is_taken() {
    let challenge = unhex("7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5");
    let (client, object) = (unhex(REG_CLIENT), unhex(REG_OBJECT));
    let new = verify_registration(&client, &object, &challenge, &party()).unwrap();
    let id = unhex("455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c");
    assert_eq!(new.credential_id(), id);
    assert_eq!((new.counter(), new.backup_eligible(), new.backed_up()), (0, true, true));
    assert!(object.ends_with(new.public_key()));
    let refused = |client: &[u8], object: &[u8], challenge: &[u8]| {
        let told = verify_registration(client, object, challenge, &party());
        assert_eq!(told, Err(Problem::PasskeyInvalid));
    };
    refused(&client, &object, &challenge[1..]);
    refused(&client[1..], &object, &challenge);
    refused(&client, &[object.as_slice(), &[0]].concat(), &challenge);
    for end in 0..object.len() {
        refused(&client, &object[..end], &challenge);
    }
}

#[test]
fn the_published_registration_without_user_verification_is_refused() {
    let challenge = unhex("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130");
    let (client, mut object) = (unhex(NOUV_CLIENT), unhex(NOUV_OBJECT));
    let told = verify_registration(&client, &object, &challenge, &party());
    assert_eq!(told, Err(Problem::PasskeyInvalid));
    // No attestation signs it, so the flag alone can be set to see that nothing else was wrong.
    let flags = object.windows(2).position(|two| two == [0xb5, 0x59]).unwrap() + 1;
    object[flags] |= 4;
    assert!(verify_registration(&client, &object, &challenge, &party()).is_ok());
}

#[test]
fn the_published_assertion_in_a_frame_holds_in_that_page_only() {
    let challenge = unhex("d54a5c8ca4b62a8e3bb321e3b2bc73856f85a10150db2939ac195739eb1ea066");
    let passkey = passkey(TOP_KEY);
    let said = said(TOP_CLIENT, TOP_SIGNATURE);
    let shop = ["https://example.com".to_owned()];
    let other = ["https://example.net".to_owned(), "https://example.com:8443".to_owned()];
    let told = |place| verify_assertion(&passkey, &said, &challenge, &party(), place).is_ok();
    assert!(told(Place::Checkout(&shop)));
    assert!(!told(Place::Checkout(&other)) && !told(Place::Checkout(&[])) && !told(Place::OurPage));
}

#[test]
fn the_published_assertion_in_a_frame_that_names_no_page_is_refused() {
    let challenge = unhex("876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137");
    let (passkey, said) = (passkey(CROSS_KEY), said(CROSS_CLIENT, CROSS_SIGNATURE));
    let shop = ["https://example.org".to_owned()];
    for place in [Place::OurPage, Place::Checkout(&shop)] {
        let told = verify_assertion(&passkey, &said, &challenge, &party(), place);
        assert_eq!(told, Err(Problem::PasskeyInvalid));
    }
}

fn said(client: &str, signature: &str) -> PasskeyAssertion {
    let data = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000";
    PasskeyAssertion {
        credential_id: PasskeyPart::new([1]),
        authenticator_data: PasskeyPart::new(unhex(data)),
        client_data: PasskeyPart::new(unhex(client)),
        signature: PasskeyPart::new(unhex(signature)),
        user_handle: PasskeyPart::new([2; 32]),
    }
}

/// The vectors name no user; what we call them does not matter here.
fn passkey(public_key: &str) -> Passkey {
    Passkey {
        id: 1,
        contract: 1,
        user_handle: [2; 32],
        credential_id: vec![1],
        public_key: unhex(public_key),
        counter: 0,
        transports: String::new(),
        backup_eligible: false,
        backed_up: false,
        name: String::new(),
        created_at: Timestamp::from_millis(0),
        last_used_at: None,
    }
}

fn party() -> RelyingParty {
    RelyingParty { id: "example.org".into(), origin: "https://example.org".into() }
}

fn unhex(text: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
    (0..text.len() / 2).map(pair).collect()
}

const REG_CLIENT: &str = concat!(
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e",
    "4374334c55745936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c",
    "226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f72696769",
    "6e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d61792062",
    "6520657874656e6465642077697468206164646974696f6e616c206669656c647320696e207468652066",
    "75747572652c207375636820617320746869733a205539685458764b453255526b4d6e625f3078594856",
    "67227d"
);
const REG_OBJECT: &str = concat!(
    "a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab9",
    "25005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d1",
    "21fa3d3a26d17fe3f220272178f473b6006d68617574684461746158a4bfabc37432958b063360d3ad64",
    "61c9c4735ae7f8edd46592a5e0f01452b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020",
    "455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58ca5010203262001215820",
    "eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be",
    "1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2"
);
const NOUV_CLIENT: &str = concat!(
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d",
    "507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c",
    "226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f72696769",
    "6e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d61792062",
    "6520657874656e6465642077697468206164646974696f6e616c206669656c647320696e207468652066",
    "75747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c4535",
    "51227d"
);
const NOUV_OBJECT: &str = concat!(
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad",
    "6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f00",
    "20f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a50102032620012158",
    "20afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2f",
    "ca66334b03458abf879717c12cc68ed73290af2e2664796b9220"
);
const TOP_KEY: &str = concat!(
    "a5010203262001215820a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d",
    "22582086c1080d82987028c7f54ecb1b01185de243b359294a0ed210cd47480f0adc88"
);
const TOP_CLIENT: &str = concat!(
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a22315570636a4b",
    "53324b6f34377379486a7372787a68572d466f51465132796b3572426c584f6573656f4759222c226f72",
    "6967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a",
    "747275652c22746f704f726967696e223a2268747470733a2f2f6578616d706c652e636f6d222c226578",
    "74726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077",
    "697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820",
    "617320746869733a205569466f4a4d56525148444146574669347678557051227d"
);
const TOP_SIGNATURE: &str = concat!(
    "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101",
    "c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171"
);
const CROSS_KEY: &str = concat!(
    "a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d",
    "225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e"
);
const CROSS_CLIENT: &str = concat!(
    "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c4637",
    "71445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f72",
    "6967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a",
    "747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d6179206265206578",
    "74656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572",
    "652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d"
);
const CROSS_SIGNATURE: &str = concat!(
    "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c762",
    "37ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf"
);
