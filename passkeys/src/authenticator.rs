//! Authenticator data (WebAuthn Level 3 §6.1): what the authenticator says of itself and of the
//! moment, in a fixed layout, with CBOR at its end.

use ciborium::Value;

/// Authenticator data, taken apart; every byte of it has been read.
pub(crate) struct AuthenticatorData<'a> {
    pub(crate) rp_id_hash: &'a [u8],
    flags: u8,
    pub(crate) counter: u32,
    /// Only in a registration.
    pub(crate) attested: Option<Attested<'a>>,
}

/// The new passkey (§6.5.1).
pub(crate) struct Attested<'a> {
    pub(crate) credential_id: &'a [u8],
    /// A `COSE_Key`, exactly its bytes.
    pub(crate) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Takes it apart; `None` if anything is missing, left over, or not as its flags say.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (rp_id_hash, rest) = bytes.split_at_checked(32)?;
        let (&[flags], rest) = rest.split_first_chunk::<1>()?;
        let (counter, mut rest) = rest.split_first_chunk::<4>()?;
        let attested = match flags & ATTESTED {
            0 => None,
            _ => Some(Attested::read(&mut rest)?),
        };
        if flags & EXTENSIONS != 0 {
            let extensions = take_cbor(&mut rest)?;
            ciborium::from_reader::<Value, _>(extensions).ok()?.into_map().ok()?;
        }
        let counter = u32::from_be_bytes(*counter);
        // What cannot be backed up is not backed up (§6.1.3).
        let is_sound = flags & (ELIGIBLE | BACKED_UP) != BACKED_UP;
        (rest.is_empty() && is_sound).then_some(Self { rp_id_hash, flags, counter, attested })
    }

    /// Somebody was there, and the authenticator knew them: by a finger, a face, a PIN.
    pub(crate) fn is_present_and_verified(&self) -> bool {
        self.flags & (PRESENT | VERIFIED) == PRESENT | VERIFIED
    }

    pub(crate) fn backup_eligible(&self) -> bool {
        self.flags & ELIGIBLE != 0
    }

    pub(crate) fn backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl<'a> Attested<'a> {
    fn read(rest: &mut &'a [u8]) -> Option<Self> {
        let (_model, after) = rest.split_at_checked(16)?;
        let (length, after) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (credential_id, after) = after.split_at_checked(length)?;
        *rest = after;
        let public_key = take_cbor(rest)?;
        let is_sound = (1..=CREDENTIAL_ID_MAX).contains(&length);
        is_sound.then_some(Self { credential_id, public_key })
    }
}

/// The bytes of the CBOR value that begins here; `rest` goes on behind it.
fn take_cbor<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut after = *rest;
    ciborium::de::from_reader_with_recursion_limit::<Value, _>(&mut after, DEPTH_MAX).ok()?;
    let (value, _) = rest.split_at_checked(rest.len() - after.len())?;
    *rest = after;
    Some(value)
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

/// §5.8.3: longer ones are not to be registered.
const CREDENTIAL_ID_MAX: usize = 1023;
/// CTAP 2 nests no deeper than four.
const DEPTH_MAX: usize = 8;
