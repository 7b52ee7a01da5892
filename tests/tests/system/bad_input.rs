//! Bad input, field by field, in a real browser: each case shows its own words, nothing typed is
//! lost, and nothing leaves the browser. And what is merely unusual is put right in silence.

use whole_system::{Browser, Result, Shop, Widget};

/// Field, what is typed, what the shopper must read.
const REFUSED: &[(&str, &str, &str)] = &[
    ("contact.name", "", "お名前を入力してください。"),
    ("contact.name", "   ", "お名前を入力してください。"),
    ("contact.name", "\u{3000}", "お名前を入力してください。"),
    ("contact.name", "山田🍵", "お名前に使えない文字が含まれています。"),
    ("contact.name", "<script>alert(1)</script>", "お名前に使えない文字が含まれています。"),
    ("contact.name", "山\u{202e}田", "お名前に使えない文字が含まれています。"),
    ("contact.name", "山\u{200b}田", "お名前に使えない文字が含まれています。"),
    ("contact.name", LONG, "お名前は64文字以内で入力してください。"),
    ("contact.name", "4242 4242 4242 4242", CARD),
    ("contact.kana", "山田", "フリガナはカタカナで入力してください。"),
    ("contact.kana", "Yamada", "フリガナはカタカナで入力してください。"),
    ("contact.kana", "ヤマダ🍵", "フリガナはカタカナで入力してください。"),
    ("contact.email", "", "メールアドレスを入力してください。"),
    ("contact.email", "hanako", EMAIL),
    ("contact.email", "hanako@", EMAIL),
    ("contact.email", "@example.jp", EMAIL),
    ("contact.email", "hanako@localhost", EMAIL),
    ("contact.email", "hanako example@example.jp", EMAIL),
    ("contact.email", "hanako@exam ple.jp", EMAIL),
    ("contact.email", "hanako@example.jp,x@example.jp", EMAIL),
    ("contact.email", "花子@example.jp", EMAIL),
    ("contact.email", "5555 5555 5555 4444", CARD),
    ("contact.phone", "", "電話番号を入力してください。"),
    ("contact.phone", "12345", PHONE),
    ("contact.phone", "1234567890", PHONE),
    ("contact.phone", "0901234567890", PHONE),
    ("contact.phone", "電話", PHONE),
    ("contact.phone", "090-1234-567八", PHONE),
    ("contact.phone", "+81", PHONE),
    ("contact.phone", "378282246310005", CARD),
    ("delivery.postal_code", "", "郵便番号を入力してください。"),
    ("delivery.postal_code", "123", "郵便番号は7桁です。いま3桁です。"),
    ("delivery.postal_code", "12345678", "郵便番号は7桁です。いま8桁です。"),
    ("delivery.postal_code", "１２３−４５６", "郵便番号は7桁です。いま6桁です。"),
    ("delivery.postal_code", "abcdefg", "郵便番号に使えない文字が含まれています。"),
    ("delivery.postal_code", "〒", "郵便番号は7桁です。"),
    ("delivery.postal_code", "🍵", "郵便番号に使えない文字が含まれています。"),
    ("delivery.region", "", "都道府県を入力してください。"),
    ("delivery.locality", "", "市区町村を入力してください。"),
    ("delivery.locality", "中央区\u{7}", "市区町村に使えない文字が含まれています。"),
    ("delivery.locality", "中央区<b>", "市区町村に使えない文字が含まれています。"),
    ("delivery.locality", LONG, "市区町村は64文字以内で入力してください。"),
    ("delivery.line1", "", "を入力してください。"),
    ("delivery.line1", "銀座\u{2066}1-2-3", "使えない文字が含まれています。"),
    ("delivery.line1", "銀座1-2-3🏠", "使えない文字が含まれています。"),
    ("delivery.line1", "4111-1111-1111-1111", CARD),
    ("delivery.line2", "<img src=x onerror=alert(1)>", "使えない文字が含まれています。"),
    ("delivery.line2", "🏢", "使えない文字が含まれています。"),
    ("payment.contract_number", "", "契約番号を入力してください。"),
    ("payment.contract_number", "C-9000", NUMBER),
    ("payment.contract_number", "C-9000-0000-00012", NUMBER),
    ("payment.contract_number", "CC-9000-0000-0001", NUMBER),
    ("payment.contract_number", "C-9000-0000-000X", NUMBER),
    ("payment.contract_number", "9000-0000-0002", "先頭の英字から"),
    ("payment.contract_number", "4242 4242 4242 4242", CARD),
    ("payment.contract_number", "４２４２４２４２４２４２４２４２", CARD),
    ("payment.contract_number", "契約", NUMBER),
    ("payment.code", "", "を入力してください。"),
    ("payment.code", "123", "4〜8桁の数字です。"),
    ("payment.code", "123456789", "4〜8桁の数字です。"),
    ("payment.code", "12a4", "4〜8桁の数字です。"),
    ("payment.code", "🍵🍵🍵🍵", "4〜8桁の数字です。"),
];

/// Field, what is typed, what the shop receives.
const PUT_RIGHT: &[(&str, &str, &str)] = &[
    ("contact.name", "  山田\u{3000}花子 ", "山田 花子"),
    ("contact.kana", "やまだ はなこ", "ヤマダ ハナコ"),
    ("contact.email", "ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ", "hanako@example.jp"),
    ("contact.phone", "０９０ー１２３４ー５６７８", "09012345678"),
    ("delivery.postal_code", "〒１０４−００６１", "1040061"),
    ("delivery.line1", "銀座１ー２−３", "銀座1-2-3"),
    ("delivery.line2", "ｶﾞｰﾃﾞﾝﾋﾞﾙ ４Ｆ", "ガーデンビル 4F"),
];

const LONG: &str = "あいうえおかきくけこあいうえおかきくけこあいうえおかきくけこあいうえおかきくけこ\
                    あいうえおかきくけこあいうえおかきくけこあいうえおかきくけこ";
const CARD: &str = "カード番号は入力しないでください。";
const EMAIL: &str = "メールアドレスの形になっていません。";
const PHONE: &str = "電話番号は市外局番から入力してください。";
const NUMBER: &str = "契約番号は英字1文字と数字12桁です。";

#[tokio::test]
async fn each_mistake_has_its_own_words_and_nothing_typed_is_lost() -> Result {
    assert!(REFUSED.len() >= 60, "{} cases", REFUSED.len());
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    let good = whole_system::widget::GOOD;
    let mut wrong = Vec::new();
    for (field, typed, words) in REFUSED {
        widget.fill_good().await?;
        set(&browser, field, typed).await?;
        widget
            .press(if widget.screen().await? == "details" { "review" } else { "resubmit" })
            .await?;
        widget.wait_for("correction").await?;
        let shown = widget.text("main").await?;
        if !shown.contains(words) {
            wrong.push(format!("{field} {typed:?}: wanted {words:?}, shown:\n{shown}"));
        }
        for (name, value) in good.iter().filter(|(name, _)| name != field) {
            let kept = widget.value(name).await?;
            let same = kept == *value || normal(&kept) == normal(value);
            if !same {
                wrong.push(format!("{field} {typed:?}: {name} became {kept:?}"));
            }
        }
        back_to_details(&widget).await?;
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), REFUSED.len(), wrong.join("\n"));
    let received = shop.agent_tap.kept().received.concat();
    let sent = String::from_utf8_lossy(&received);
    assert!(!sent.contains("/grant"), "something was sent to the agent");
    browser.close().await
}

#[tokio::test]
async fn what_is_merely_unusual_is_put_right_in_silence() -> Result {
    let shop = Shop::start().await?;
    let browser = Browser::at(&shop.merchant.url).await?;
    let widget = Widget::enter(&browser).await?;
    widget.go_to_details().await?;
    widget.fill_good().await?;
    for (field, typed, _) in PUT_RIGHT {
        set(&browser, field, typed).await?;
    }
    set(&browser, "payment.contract_number", "ｃ９０００　００００　０００１").await?;
    set(&browser, "payment.code", "２４６８").await?;
    widget.press("review").await?;
    widget.wait_for("final-check").await?;
    widget.press("place-order").await?;
    widget.wait_for("thanks").await?;
    let order = &shop.merchant_cli(&["orders", "list", "--json"])?[0];
    let purchase = order["purchase"].as_str().unwrap_or_default();
    let shown = shop.merchant_cli(&["orders", "show", purchase, "--json"])?.to_string();
    for (field, _, expected) in PUT_RIGHT {
        assert!(shown.contains(expected), "{field}: no {expected:?} in {shown}");
    }
    browser.close().await
}

/// Sets a field as a paste does: characters that no key types are possible, and events follow.
async fn set(browser: &Browser, field: &str, value: &str) -> Result {
    let script = format!(
        "const field = document.querySelector('[name=\"{field}\"]'); field.focus(); \
         field.value = {value}; \
         field.dispatchEvent(new Event('input', {{ bubbles: true }})); \
         field.dispatchEvent(new Event('change', {{ bubbles: true }})); \
         field.blur(); return true",
        value = serde_json::to_string(value)?
    );
    browser.script::<bool>(&script).await?;
    Ok(())
}

async fn back_to_details(widget: &Widget<'_>) -> Result {
    widget.press("back").await?;
    widget.wait_for("details").await
}

/// Values may be shown grouped after leaving the field.
fn normal(value: &str) -> String {
    value.chars().filter(|c| !matches!(c, '-' | ' ')).collect()
}
