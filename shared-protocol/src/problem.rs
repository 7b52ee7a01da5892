//! The numbered problems: one table with what the shopper sees, what the merchant sees, and
//! whether the same request may pass later. Numbers are never reused; listed by precedence.

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    locale::Locale,
    rows::{place, row, rows},
};

/// All that a merchant learns of why a purchase failed (DESIGN.md §1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MerchantView {
    /// The agent does not stand for it; no reason is given.
    Declined,
    /// The same order may go through later.
    TryLater,
    /// Something in the order, the Offer or the messages is to be put right.
    FixOrder,
    /// The merchant is not told: the purchase never got so far.
    Nothing,
}

impl MerchantView {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::TryLater => "try_later",
            Self::FixOrder => "fix_order",
            Self::Nothing => "",
        }
    }
}

/// The one thing that a shopper does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Correct what was typed (Fig 9).
    Correct,
    /// Press the same button again.
    TryAgain,
    /// Begin anew; what was typed is kept.
    StartOver,
    /// Use another contract.
    OtherContract,
    /// Pay in another way; what was typed is kept (¶75).
    OtherMethod,
    /// Ask the agent.
    AskAgent,
    /// Ask the shop.
    AskShop,
}

impl NextStep {
    /// Its name in JSON and in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::TryAgain => "try_again",
            Self::StartOver => "start_over",
            Self::OtherContract => "other_contract",
            Self::OtherMethod => "other_method",
            Self::AskAgent => "ask_agent",
            Self::AskShop => "ask_shop",
        }
    }
}

macro_rules! problems {
    ($($number:literal $name:ident $code:literal $status:literal $later:literal
       $merchant:ident $next:ident $ja:literal $en:literal;)*) => {
        /// What can be wrong, told to a peer by number and code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Problem {
            $(#[doc = $en] $name = $number,)*
        }

        impl Problem {
            /// All of them, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// Whether the very same request may succeed later.
            pub const fn may_pass_later(self) -> bool {
                match self { $(Self::$name => $later,)* }
            }

            /// What the merchant learns of it.
            pub const fn merchant_view(self) -> MerchantView {
                match self { $(Self::$name => MerchantView::$merchant,)* }
            }

            /// What the shopper can do about it.
            pub const fn next_step(self) -> NextStep {
                match self { $(Self::$name => NextStep::$next,)* }
            }
        }

        const CODES: &str = rows!($($code)*);
        const JA: &str = rows!($($ja)*);
        const EN: &str = rows!($($en)*);
    };
}

problems! {
    1 MalformedMessage "malformed_message" 400 false FixOrder StartOver
        "通信内容を読み取れませんでした。" "The message could not be read.";
    2 MessageTooLarge "message_too_large" 413 false FixOrder Correct
        "入力が長すぎます。" "What was sent is too long.";
    3 UnsupportedMediaType "unsupported_media_type" 415 false FixOrder StartOver
        "この形式の通信には対応していません。" "This kind of message is not supported.";
    4 NotFound "not_found" 404 false FixOrder StartOver
        "ページが見つかりません。" "There is nothing at this address.";
    5 MethodNotAllowed "method_not_allowed" 405 false FixOrder StartOver
        "この操作はできません。" "This cannot be done at this address.";
    6 TooManyRequests "too_many_requests" 429 true TryLater TryAgain
        "アクセスが集中しています。少し待ってからお試しください。"
        "Too many requests. Please wait a moment.";
    10 UnknownMerchant "unknown_merchant" 404 false FixOrder AskShop
        "このお店は決済代行会社に登録されていません。"
        "This shop is not registered with the payment agent.";
    11 MerchantLapsed "merchant_lapsed" 403 false FixOrder AskShop
        "お店と決済代行会社との契約が切れています。"
        "The shop's contract with the payment agent has lapsed.";
    12 OriginNotRegistered "origin_not_registered" 403 false FixOrder AskShop
        "このページはお店の登録ページではありません。"
        "This page is not one that the shop has registered.";
    13 MarkInvalid "mark_invalid" 422 false FixOrder AskShop
        "お店の確認マークが本物ではありません。" "The shop's mark is not genuine.";
    14 MarkExpired "mark_expired" 410 false FixOrder StartOver
        "お店の確認マークの期限が切れています。" "The shop's mark has expired.";
    20 UnknownItem "unknown_item" 404 false FixOrder AskShop
        "この商品は取り扱いがありません。" "The shop does not sell this item.";
    21 OfferInvalid "offer_invalid" 422 false FixOrder AskShop
        "商品の価格や条件が、お店の示したものと一致しません。"
        "The price or terms are not those that the shop signed.";
    22 OfferExpired "offer_expired" 410 false FixOrder StartOver
        "この商品の申込期間が過ぎました。" "The time to order this item has passed.";
    23 OutOfStock "out_of_stock" 409 true FixOrder AskShop
        "在庫が足りません。" "There is not enough of it in stock.";
    24 NotDeliverable "not_deliverable" 422 false FixOrder Correct
        "このお届け先には配送できません。" "The shop does not deliver there.";
    25 QuantityOutOfRange "quantity_out_of_range" 422 false FixOrder Correct
        "注文できる数量を超えています。" "That quantity cannot be ordered.";
    26 PlanNotAccepted "plan_not_accepted" 422 false FixOrder Correct
        "この支払方法はご利用になれません。" "This way of paying is not accepted here.";
    27 FieldInvalid "field_invalid" 422 false FixOrder Correct
        "入力内容をご確認ください。" "Please check what you entered.";
    28 CardNumberRefused "card_number_refused" 422 false Nothing Correct
        "カード番号は入力しないでください。契約番号をご入力ください。"
        "Please do not enter a card number. Enter your contract number.";
    30 ChallengeInvalid "challenge_invalid" 422 false FixOrder StartOver
        "手続きの確認情報が一致しません。" "The agent's challenge does not match.";
    31 ChallengeExpired "challenge_expired" 410 false FixOrder StartOver
        "手続きの時間が過ぎました。" "This took too long and must be started again.";
    32 TallyInvalid "tally_invalid" 422 false FixOrder StartOver
        "注文の署名が正しくありません。" "The signature over the order does not hold.";
    33 TallyExpired "tally_expired" 410 false FixOrder StartOver
        "注文の有効時間が過ぎました。" "The order was signed too long ago.";
    34 WrongRecipient "wrong_recipient" 422 false FixOrder StartOver
        "この注文は別の宛先のものです。" "This order is meant for somebody else.";
    35 EnvelopeInvalid "envelope_invalid" 422 false FixOrder StartOver
        "暗号化された内容を開けませんでした。" "The sealed part cannot be opened.";
    36 HalfMismatch "half_mismatch" 422 false FixOrder StartOver
        "注文の二つの部分が一致しません。" "The two halves of the order do not match.";
    37 AmountMismatch "amount_mismatch" 422 false FixOrder StartOver
        "金額が一致しません。" "The amount does not match.";
    38 QuoteInvalid "quote_invalid" 422 false FixOrder StartOver
        "お支払い回数ごとの手数料の案内が、この注文のものではありません。"
        "The quote for this way of paying is not for this order.";
    39 QuoteExpired "quote_expired" 410 false FixOrder StartOver
        "お支払い回数ごとの手数料の案内の期限が切れています。"
        "The quote for this way of paying has expired.";
    40 ContractNotRecognised "contract_not_recognised" 403 false Declined Correct
        "契約番号または認証コードが違います。" "The contract number or the code is not right.";
    41 ContractLocked "contract_locked" 403 false Declined AskAgent
        "認証コードの間違いが続いたため、この契約は一時的に止められています。"
        "The code was wrong too often, so this contract is locked.";
    42 ContractLapsed "contract_lapsed" 403 false Declined OtherContract
        "ご契約の有効期限が切れています。" "Your contract has lapsed.";
    43 ContractSuspended "contract_suspended" 403 false Declined AskAgent
        "このご契約は停止されています。" "This contract is suspended.";
    44 LimitExceeded "limit_exceeded" 403 false Declined OtherContract
        "ご利用可能額を超えています。" "This is over your limit.";
    45 PasskeyInvalid "passkey_invalid" 403 false Declined StartOver
        "パスキーを確認できませんでした。" "The passkey could not be verified.";
    46 PasskeyUnknown "passkey_unknown" 403 false Declined StartOver
        "このパスキーは登録されていません。" "This passkey is not registered.";
    47 PasskeyCloned "passkey_cloned" 403 false Declined AskAgent
        "このパスキーは複製されたおそれがあるため、使えません。"
        "This passkey may have been copied and cannot be used.";
    50 GrantInvalid "grant_invalid" 422 false FixOrder StartOver
        "取扱番号の証明が正しくありません。" "The proof of the handling number does not hold.";
    51 GrantExpired "grant_expired" 410 false FixOrder StartOver
        "取扱番号の有効時間が過ぎました。" "The handling number has expired.";
    52 GrantUsed "grant_used" 409 false FixOrder StartOver
        "この取扱番号はすでに使われています。" "This handling number has been used already.";
    53 AcceptanceInvalid "acceptance_invalid" 422 false FixOrder AskShop
        "お店の受付が確認できませんでした。" "The shop's acceptance does not hold.";
    54 RefusalInvalid "refusal_invalid" 422 false FixOrder AskShop
        "お店の返答が確認できませんでした。" "The shop's refusal does not hold.";
    55 ConfirmationInvalid "confirmation_invalid" 422 false FixOrder AskAgent
        "確認結果の署名が正しくありません。" "The confirmation does not hold.";
    56 WebhookInvalid "webhook_invalid" 401 false FixOrder AskAgent
        "通知の署名が正しくありません。" "The notification's signature does not hold.";
    60 PurchaseUnknown "purchase_unknown" 404 false FixOrder StartOver
        "この注文は見つかりません。" "This purchase is not known.";
    61 PurchaseConflict "purchase_conflict" 409 false FixOrder StartOver
        "同じ注文番号で違う内容が届きました。"
        "Something else was sent under the same purchase.";
    62 PurchaseClosed "purchase_closed" 409 false FixOrder StartOver
        "この注文はすでに終了しています。" "This purchase is already closed.";
    63 OrderRefused "order_refused" 409 false FixOrder AskShop
        "お店が注文をお受けできませんでした。" "The shop did not accept the order.";
    64 OrderTimedOut "order_timed_out" 410 false Nothing StartOver
        "操作がなかったため、手続きを終了しました。"
        "Nothing happened for a while, so the order was ended.";
    65 NotConfirmed "not_confirmed" 410 false Declined StartOver
        "期限までに確認がなかったため、注文は取り消されました。"
        "It was not confirmed in time, so the order was cancelled.";
    66 CancelledByShopper "cancelled_by_shopper" 410 false Declined StartOver
        "ご本人の操作で取り消されました。" "You cancelled this order.";
    67 LinkInvalid "link_invalid" 404 false Nothing AskAgent
        "このリンクは使えません。期限が切れたか、すでに使われています。"
        "This link does not work: it has expired or has been used.";
    68 FormExpired "form_expired" 403 false Nothing StartOver
        "ページの有効期限が切れました。もう一度開いてください。"
        "This page has expired. Please open it again.";
    70 SettlementInvalid "settlement_invalid" 422 false FixOrder StartOver
        "発送・請求・返金の署名が正しくありません。"
        "The signed shipping, claim or refund does not hold.";
    71 NotConfirmedYet "not_confirmed_yet" 409 false FixOrder AskShop
        "お客様の確認がまだです。" "The shopper has not confirmed yet.";
    72 AmountExceeded "amount_exceeded" 409 false FixOrder AskShop
        "残りの金額を超えています。" "This is more than is left.";
    73 ShipmentUnknown "shipment_unknown" 404 false FixOrder AskShop
        "この発送は登録されていません。" "This shipment is not known.";
    74 AlreadyShipped "already_shipped" 409 false Nothing AskShop
        "発送または請求が済んでいるため、取り消せません。"
        "It has been shipped or claimed and cannot be cancelled.";
    80 Offline "offline" 503 true Nothing TryAgain
        "インターネットにつながっていません。" "You are offline.";
    81 MerchantUnavailable "merchant_unavailable" 503 true TryLater TryAgain
        "お店のシステムから応答がありません。" "The shop's system does not answer.";
    82 AgentUnavailable "agent_unavailable" 503 true TryLater TryAgain
        "決済代行会社のシステムから応答がありません。"
        "The payment agent's system does not answer.";
    83 PayeeAccountWrong "payee_account_wrong" 403 false Declined AskShop
        "お店の振込先口座に誤りがあり、送金できません。"
        "The shop's bank account is not right, so nothing can be sent to it.";
    84 BalanceShort "balance_short" 403 false Declined OtherMethod
        "口座の残高が足りません。" "There is not enough money in your account.";
    85 TransferUndetermined "transfer_undetermined" 403 false Declined AskAgent
        "送金できるかどうか、銀行で確認できませんでした。"
        "The bank could not tell whether the money can be sent.";
    86 PayeeInvalid "payee_invalid" 422 false FixOrder StartOver
        "振込先が、銀行の示したお店の口座ではありません。"
        "The money would not go to the account that the bank named for this shop.";
    87 PaidByTransfer "paid_by_transfer" 409 false FixOrder AskShop
        "口座振込で直接支払われるご注文です。請求・返金はお店の口座でお手続きください。"
        "This order is paid straight to the shop's account; nothing is claimed or refunded here.";
    88 AlreadyTransferred "already_transferred" 409 false Nothing AskShop
        "送金の手続きが済んでいるため、取り消せません。"
        "The money is on its way already, so this cannot be cancelled.";
    89 RemittanceInvalid "remittance_invalid" 422 false FixOrder AskAgent
        "送金の通知の署名が正しくありません。" "The word on the transfer does not hold.";
    90 RelayUnavailable "relay_unavailable" 503 true TryLater TryAgain
        "お店の中継サーバーから応答がありません。" "The shop's relay does not answer.";
    99 Unavailable "unavailable" 503 true TryLater TryAgain
        "ただいま処理できません。少し待ってからお試しください。"
        "This cannot be done right now. Please try again shortly.";
    100 PlacementUnknown "placement_unknown" 403 false FixOrder AskShop
        "この販売者の商品を、このページに置く取り決めがありません。"
        "There is no agreement to sell this seller's goods on this page.";
    101 PlacementExpired "placement_expired" 410 false FixOrder AskShop
        "この販売者の商品を、このページに置く取り決めの期間ではありません。"
        "The agreement to sell this seller's goods on this page is not in force.";
    102 PlacementRevoked "placement_revoked" 410 false FixOrder AskShop
        "この販売者の商品を、このページに置く取り決めは取り消されました。"
        "The agreement to sell this seller's goods on this page was ended.";
    103 PlacementInvalid "placement_invalid" 422 false FixOrder AskShop
        "掲載の取り決めの署名が正しくありません。"
        "The signed agreement on where to sell does not hold.";
    104 VisitInvalid "visit_invalid" 401 false FixOrder AskAgent
        "郵便受けを開く署名が正しくありません。"
        "The signed request to open the mailbox does not hold.";
    105 MarkRevoked "mark_revoked" 403 false FixOrder AskShop
        "決済代行会社が、このお店の確認マークを取り消しました。"
        "The payment agent has withdrawn the shop's mark.";
    106 TermsChanged "terms_changed" 409 false Nothing StartOver
        "ご覧になっていた間に、価格や条件が変わりました。"
        "The price or terms changed while you were looking.";
    107 SellerChanged "seller_changed" 409 false Nothing StartOver
        "ご覧になっていた間に、販売者の表示が変わりました。"
        "The seller's legal notice changed while you were looking.";
    108 OriginLookalike "origin_lookalike" 403 false FixOrder AskShop
        "このページのアドレスは、お店のアドレスに似せた別のものです。"
        "This page's address only looks like the shop's.";
    109 MarkMissing "mark_missing" 422 false Nothing AskShop
        "この画像には、確認マークの署名が入っていません。"
        "This picture carries no signed mark.";
    110 NumberUnknown "number_unknown" 404 false FixOrder AskShop
        "この取扱番号では受け付けできません。"
        "This handling number cannot be redeemed here.";
    111 TooManyNumbers "too_many_numbers" 409 false Nothing AskAgent
        "お店に伝えていない取扱番号が多すぎます。使わないものを取り消してください。"
        "You have too many numbers that no shop has redeemed. Cancel those you do not need.";
    115 RoleNotAllowed "role_not_allowed" 403 false Nothing AskAgent
        "この操作の権限がありません。" "Your role does not allow this.";
    120 TokenInvalid "token_invalid" 401 false FixOrder AskAgent
        "アクセストークンが正しくありません。" "The access token does not hold.";
}

impl Problem {
    /// The code that stands in problem documents, logs and events.
    pub fn code(self) -> &'static str {
        row(CODES, self.place())
    }

    /// What the shopper reads: one sentence, the cause.
    pub fn text(self, locale: Locale) -> &'static str {
        row(locale.pick(JA, EN), self.place())
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The problem of this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|problem| problem.number() == number)
    }

    /// The problem of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.get(place(CODES, code)?).copied()
    }

    /// The path of its page: the `type` of its problem document (RFC 9457 §3.1.1) below the
    /// server's address.
    pub fn path(self) -> String {
        alloc::format!("/problems/{}", self.code())
    }

    /// Its place among [`Problem::ALL`].
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|known| *known == self).unwrap_or_default()
    }
}

impl core::fmt::Display for Problem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for Problem {}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for Problem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u16::deserialize(deserializer)?;
        Self::from_number(number).ok_or_else(|| de::Error::custom("not a numbered problem"))
    }
}
