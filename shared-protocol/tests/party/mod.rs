//! The people of the protocol's own tests: an agent, a merchant, a shopper, with fixed keys and a
//! seeded source of randomness, so that every run speaks the same bytes.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use core::convert::Infallible;

use ed25519_dalek::Signer as _;
use shared_protocol::{
    Address, AgentId, Amount, BasisPoints, Challenge, Contact, ContractNumber, Credential,
    Currency, Date, Delivery, DeliveryTerms, Form, GRANT_LIFETIME, Grant, HandlingNumber,
    Instalment, ItemId, Locale, Localized, Mark, MatchedPayment, MerchantId, Nonce, ORDER_IDLE,
    Offer, OpeningKey, PasskeyAssertion, Payee, Personal, Plan, PlanClass, PlanQuote, PurchaseId,
    QuantityLimits, SealedPurchase, SecurityCode, ShippingZone, Signature, Signed, Signer, Span,
    Terms, Timestamp, Verified, VerifyingKey, split,
};

pub const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// SplitMix64: no secrets in tests, only repeatability.
pub struct Seeded(pub u64);

impl rand_core::TryRng for Seeded {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(z ^ (z >> 31))
    }
    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Seeded {}

/// A party with keys; the id's type says which kind.
pub struct Party<Id> {
    pub id: Id,
    signing: ed25519_dalek::SigningKey,
    pub opening: OpeningKey,
}

impl<Id> Party<Id> {
    pub fn new(id: Id, seed: u8) -> Self {
        let opening = OpeningKey::from_bytes(&[seed.wrapping_add(100); 32]).unwrap();
        Self { id, signing: ed25519_dalek::SigningKey::from_bytes(&[seed; 32]), opening }
    }

    pub fn key(&self) -> VerifyingKey {
        self.verifying_key()
    }
}

impl<Id> Signer for Party<Id> {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature::new(self.signing.sign(message).to_bytes())
    }
    fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::new(self.signing.verifying_key().to_bytes())
    }
}

pub struct Deal {
    pub agent: Party<AgentId>,
    pub merchant: Party<MerchantId>,
    pub session: Party<()>,
    pub signed_offer: Signed<Offer>,
    pub signed_mark: Signed<Mark>,
    pub signed_challenge: Signed<Challenge>,
}

pub fn purchase(n: u8) -> PurchaseId {
    PurchaseId::new([n; 16])
}

pub fn yen(minor: u64) -> Amount {
    Amount::new(minor, Currency::JPY).unwrap()
}

impl Deal {
    pub fn new() -> Self {
        let agent = Party::new("agt_demo".parse().unwrap(), 1);
        let merchant = Party::new("mrc_tea".parse().unwrap(), 2);
        let signed_offer = Signed::sign(&offer(&merchant.id), &merchant);
        let signed_mark = Signed::sign(&mark(&agent, &merchant), &agent);
        let signed_challenge = Signed::sign(&challenge(&agent, &merchant.id), &agent);
        let session = Party::new((), 3);
        Self { agent, merchant, session, signed_offer, signed_mark, signed_challenge }
    }

    pub fn offer(&self) -> Verified<Offer> {
        self.signed_offer.verify(&self.merchant.key()).unwrap()
    }

    pub fn split_and_seal(&self) -> SealedPurchase {
        self.sealed(form(), None)
    }

    /// The same, paid by a passkey that said this.
    pub fn paid_by_passkey(&self, word: &PasskeyAssertion) -> SealedPurchase {
        self.sealed(Form { credential: Credential::Passkey, ..form() }, Some(word))
    }

    fn sealed(&self, form: Form, passkey: Option<&PasskeyAssertion>) -> SealedPurchase {
        let mut rng = Seeded(7);
        let mark = self.signed_mark.verify(&self.agent.key()).unwrap();
        let challenge = self.signed_challenge.verify(&self.agent.key()).unwrap();
        let offer = self.offer();
        let terms = Terms {
            mark: &mark,
            offer: &offer,
            signed_offer: &self.signed_offer,
            challenge: &challenge,
            signed_challenge: &self.signed_challenge,
        };
        let halves = split(form, &terms, NOW, &mut rng).unwrap();
        let signature = self.session.sign(&halves.signing_input());
        let sealed = halves.seal(signature, self.session.key(), &terms, &mut rng).unwrap();
        match passkey {
            Some(word) => sealed.with_passkey(word, &terms, &mut rng).unwrap(),
            None => sealed,
        }
    }

    /// What the agent would ask for this plan: a fiftieth of the price as fee, monthly from the
    /// 28th of next month on.
    pub fn quote(&self, plan: Plan, amount: Amount) -> PlanQuote {
        let count = match plan {
            Plan::Single | Plan::Transfer | Plan::Bonus => 1,
            Plan::Revolving => 4,
            Plan::Instalments(count) | Plan::BonusInstalments(count) => u16::from(count),
        };
        let fee = Amount::new(amount.minor / 50, amount.currency).unwrap();
        let total = amount.plus(fee).unwrap();
        let each = total.minor / u64::from(count);
        let payment = |at: u16| Instalment {
            due: Date::new(2026 + at.div_ceil(12), ((at + 11) % 12 + 1) as u8, 28).unwrap(),
            minor: if at == 0 { total.minor - each * u64::from(count - 1) } else { each },
        };
        PlanQuote {
            agent: self.agent.id.clone(),
            merchant: self.merchant.id.clone(),
            amount,
            plan,
            fee,
            total,
            yearly_rate: (plan != Plan::Single).then_some(BasisPoints(1500)),
            schedule: (0..count).map(payment).collect(),
            issued: NOW,
            expires: NOW.plus(Span::minutes(30)),
        }
    }

    pub fn grant(&self, matched: &MatchedPayment) -> Grant {
        let tally = matched.tally();
        Grant {
            agent: tally.agent.clone(),
            merchant: tally.merchant.clone(),
            handling_number: HandlingNumber::random(&mut Seeded(11)),
            purchase: tally.purchase,
            order: tally.order,
            offer: tally.offer,
            tally: tally.digest(),
            amount: tally.amount,
            plan_class: tally.plan_class,
            session_key: tally.session_key(),
            provisional: true,
            issued: NOW,
            expires: NOW.plus(GRANT_LIFETIME),
        }
    }
}

pub fn form() -> Form {
    let text = Personal::new;
    Form {
        quantity: 1,
        contact: Contact {
            name: text("山田 花子"),
            kana: text("ヤマダ ハナコ"),
            email: text("hanako@example.jp"),
            phone: text("0312345678"),
        },
        delivery: Delivery::Physical(Address {
            name: text("山田 花子"),
            postal_code: text("1040061"),
            region: "JP-13".parse().unwrap(),
            locality: text("中央区"),
            line1: text("銀座1-2-3"),
            line2: text(""),
            phone: text("0312345678"),
        }),
        credential: Credential::Code {
            contract: ContractNumber::new("C900000000001"),
            code: SecurityCode::new("2468"),
        },
        plan: Plan::Single,
        quote: None,
        locale: Locale::Ja,
    }
}

pub fn offer(merchant: &MerchantId) -> Offer {
    let item: ItemId = "TEAPOT-01".parse().unwrap();
    Offer {
        merchant: merchant.clone(),
        item,
        name: Localized::new("南部鉄器 急須", "Nambu iron teapot"),
        description: Localized::new("盛岡の工房で作られた急須です。", "Made in Morioka."),
        specification: Localized::new("容量 0.6 L", "Holds 0.6 L"),
        how_to_use: Localized::new("洗剤は使わないでください。", "Do not use detergent."),
        image: Some("/warifu/v1/images/teapot.svg".into()),
        quantity: QuantityLimits { min: 1, max: 5 },
        unit_price: yen(3300),
        tax_rate: BasisPoints(1000),
        delivery: DeliveryTerms::Physical {
            zones: vec![
                ShippingZone { regions: vec!["JP-47".parse().unwrap()], fee: yen(1320) },
                ShippingZone { regions: vec!["JP".parse().unwrap()], fee: yen(550) },
            ],
            free_from: Some(yen(10_000)),
        },
        payment_terms: Localized::new("翌月27日払い", "Due on the 27th of next month"),
        plans: vec![PlanClass::Single],
        delivery_time: Localized::new("3〜5日", "3 to 5 days"),
        application_period: Localized::new("在庫がある限り", "While stocks last"),
        withdrawal_terms: Localized::new("到着後8日以内", "Within 8 days of arrival"),
        issued: NOW.minus(Span::hours(1)),
        expires: NOW.plus(Span::hours(24)),
    }
}

/// The merchant's account.
pub fn payee() -> Payee {
    Payee {
        bank: Localized::new("みほん銀行", "Mihon Bank"),
        branch: Localized::new("銀座支店", "Ginza branch"),
        account: "0005-123-ordinary-7654321".into(),
        holder: "ﾔﾏﾀﾞﾁﾔﾎ(ﾕ".into(),
    }
}

fn mark(agent: &Party<AgentId>, merchant: &Party<MerchantId>) -> Mark {
    Mark {
        agent: agent.id.clone(),
        agent_name: Localized::new("割符決済", "Warifu Settlement"),
        merchant: merchant.id.clone(),
        name: Localized::new("山田茶舗", "Yamada Tea"),
        legal_notice: Localized::new("代表 山田太郎", "Represented by Taro Yamada"),
        origins: vec!["http://127.0.0.1:8080".into()],
        server: "http://127.0.0.1:8080".into(),
        verifying_key: merchant.key(),
        sealing_key: merchant.opening.sealing_key(),
        relay: None,
        hand_over: None,
        payout_class: "standard".into(),
        payee: Some(payee()),
        serial: 1,
        valid_from: NOW.minus(Span::hours(1)),
        valid_until: NOW.plus(Span::hours(24)),
    }
}

fn challenge(agent: &Party<AgentId>, merchant: &MerchantId) -> Challenge {
    Challenge {
        agent: agent.id.clone(),
        sealing_key: agent.opening.sealing_key(),
        merchant: merchant.clone(),
        purchase: purchase(42),
        nonce: Nonce::new([9; 16]),
        issued: NOW,
        expires: NOW.plus(ORDER_IDLE),
    }
}
