//! The Mark as a picture (claim 5, ¶63; T33): it proves itself after it was saved, and each way of
//! faking or outliving it is named.

use agent_server::{
    domain::mark::WhyRevoked,
    marks::{picture, reader},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use reqwest::Method;
use shared_protocol::{Locale, Localized, Mark, Problem, Signed, Span, encode};

use crate::{market::Market, merchant::Key, page::Page};

impl Market {
    /// The picture at this address, as a browser saves it.
    pub async fn picture(&self, kind: &str) -> Vec<u8> {
        let path = self.url(&format!("/v1/marks/mrc_tea.{kind}?locale=en"));
        let answer = self.http.get(path).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["cross-origin-resource-policy"], "cross-origin");
        answer.bytes().await.unwrap().to_vec()
    }

    /// Hands a picture in at `/mark`, without script.
    pub async fn hand_in(&self, picture: &[u8]) -> Page {
        let head = "--cut\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a\"\r\n\
                    content-type: application/octet-stream\r\n\r\n";
        let body = [head.as_bytes(), picture, b"\r\n--cut--\r\n"].concat();
        let request = self.browse(Method::POST, "/mark?locale=en").body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=cut");
        let page = Page::of(request.send().await.unwrap()).await;
        page.assert_runs_only_what_is_named();
        page
    }

    async fn revoke(&self) {
        let merchant = "mrc_tea".parse().unwrap();
        let done = self.agent.app.store.revoke_marks(merchant, WhyRevoked::Keys, self.now());
        assert!(done.await.unwrap());
        self.advance(agent_server::merchants::FRESH);
    }
}

fn verdict(page: &Page) -> (&str, &str) {
    let between = |before: &str| {
        let rest = page.html.split_once(before).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split('"').next()).unwrap_or("none")
    };
    (between("data-test=\"verdict\" data-state=\""), between("data-code=\""))
}

#[tokio::test]
async fn a_picture_proves_itself_after_it_was_saved() {
    let market = Market::open().await;
    for kind in ["svg", "png"] {
        let saved = market.picture(kind).await;
        let page = market.hand_in(&saved).await;
        assert_eq!((page.status, verdict(&page)), (200, ("good", "")), "{kind}");
        for text in ["Yamada Tea (mrc_tea)", "Represented by Taro Yamada", "(agt_demo)"] {
            assert!(page.says(text), "{kind}: {text}");
        }
        assert!(page.says(&market.merchant.registration().origins[0]));
    }
    let png = market.picture("png").await;
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    let mut pixels = vec![0; decoder.output_buffer_size().unwrap()];
    let drawn = decoder.next_frame(&mut pixels).unwrap();
    assert_eq!((drawn.width, drawn.height), (720, 240));
    let colours: std::collections::BTreeSet<_> = pixels.chunks(4).collect();
    assert!(colours.len() > 20, "something is drawn: {}", colours.len());
    assert_eq!(market.picture("png").await, png, "drawn once");
    let page = market.page("/v1/marks/mrc_tea.gif").await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn a_name_stays_a_name_in_the_picture() {
    let market = Market::open().await;
    let mut shop = market.merchant.registration();
    shop.name = Localized::new("</text><script>alert(1)</script>", "\"><image href='x'/>]]>");
    market.agent.app.store.put_merchant(shop, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    for locale in ["ja", "en"] {
        let path = market.url(&format!("/v1/marks/mrc_tea.svg?locale={locale}"));
        let svg = market.http.get(path).send().await.unwrap().text().await.unwrap();
        let tree = roxmltree::Document::parse(&svg).unwrap();
        let names: Vec<_> = tree.descendants().map(|node| node.tag_name().name()).collect();
        assert!(!names.contains(&"script") && !names.contains(&"image"), "{names:?}");
        reader::found(svg.as_bytes()).unwrap();
    }
}

#[tokio::test]
async fn a_forged_picture_is_no_proof() {
    let market = Market::open().await;
    let svg = String::from_utf8(market.picture("svg").await).unwrap();
    let signed = reader::found(svg.as_bytes()).unwrap();
    let own = BASE64.encode(encode(&signed));
    let claimed = signed.claimed().unwrap();
    let drawn = |signed: &Signed<Mark>| picture::svg(signed, &claimed, Locale::En);
    let other = |change: fn(&mut Mark)| {
        let mut mark = claimed.clone();
        change(&mut mark);
        drawn(&Signed::from_parts(
            Signed::sign(&mark, &Key::random()).bytes().to_vec(),
            *signed.signature(),
        ))
    };
    let forged = [
        ("a stranger's word", drawn(&Signed::sign(&claimed, &Key::random()))),
        ("other origins", other(|mark| mark.origins = vec!["https://evil.example".into()])),
        ("another seller", other(|mark| mark.legal_notice = Localized::new("私", "Me"))),
        ("another shop", other(|mark| mark.merchant = "mrc_evil".parse().unwrap())),
        ("longer", other(|mark| mark.valid_until = mark.valid_until.plus(Span::hours(9)))),
        ("no message", svg.replace(&own, "AAAA")),
        ("no base64", svg.replace(&own, "割符")),
    ];
    for (what, picture) in forged {
        let page = market.hand_in(picture.as_bytes()).await;
        assert_eq!((page.status, verdict(&page)), (422, ("bad", "mark_invalid")), "{what}");
        assert!(!page.says("Yamada Tea (mrc_tea)"), "nothing of it is repeated: {what}");
    }
    let png = market.picture("png").await;
    // What a picture program keeps of it: the pixels.
    let photo = {
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let mut photo = Vec::new();
        let mut writer = png::Encoder::new(&mut photo, 720, 240);
        writer.set_color(png::ColorType::Rgba);
        writer.write_header().unwrap().write_image_data(&pixels).unwrap();
        photo
    };
    let entity = format!("<!DOCTYPE svg [<!ENTITY a \"b\">]>{svg}");
    let missing = [
        ("a photo of it", photo),
        ("no picture", b"hello".to_vec()),
        ("nothing", Vec::new()),
        ("a document type", entity.into_bytes()),
        ("cut off", png[..40].to_vec()),
    ];
    for (what, picture) in missing {
        let page = market.hand_in(&picture).await;
        assert_eq!((page.status, verdict(&page)), (422, ("bad", "mark_missing")), "{what}");
    }
    let page = market.hand_in(&vec![b'a'; reader::PICTURE_MAX + 1]).await;
    assert_eq!(verdict(&page), ("bad", "message_too_large"));
}

#[tokio::test]
async fn a_picture_that_ran_out_was_replaced_or_taken_back_says_so() {
    let market = Market::open().await;
    let first = market.picture("svg").await;
    let mut shop = market.merchant.registration();
    shop.legal_notice = Localized::new("代表 山田花子", "Represented by Hanako Yamada");
    market.agent.app.store.put_merchant(shop, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    let page = market.hand_in(&first).await;
    assert_eq!(verdict(&page), ("old", "mark_expired"), "replaced");
    assert!(page.says("Represented by Taro Yamada"), "as it was signed");
    let second = market.picture("png").await;
    assert_eq!(verdict(&market.hand_in(&second).await), ("good", ""));
    market.advance(Span::hours(2));
    let page = market.hand_in(&second).await;
    assert_eq!((page.status, verdict(&page)), (410, ("old", "mark_expired")));
    let third = market.picture("png").await;
    market.revoke().await;
    for kept in [&first, &second, &third] {
        let page = market.hand_in(kept).await;
        assert_eq!((page.status, verdict(&page)), (403, ("old", "mark_revoked")));
    }
    let gone = market.http.get(market.url("/v1/marks/mrc_tea.png")).send().await.unwrap();
    assert_eq!(crate::market::answer(gone).await, Err(Problem::MarkRevoked));
    assert_eq!(verdict(&market.page("/mark?merchant=mrc_tea").await).1, "mark_revoked");
    let active = agent_server::domain::MerchantStatus::Active;
    market.change_merchant(active, None).await;
    assert_eq!(verdict(&market.hand_in(&third).await).1, "mark_revoked", "it stays so");
    let fourth = market.picture("png").await;
    assert_eq!(verdict(&market.hand_in(&fourth).await), ("good", ""));
}

#[tokio::test]
async fn a_mark_that_is_taken_back_sells_nothing() {
    let market = Market::open().await;
    let attempt = market.order().await.seal();
    market.revoke().await;
    assert_eq!(market.grant(&attempt).await, Err(Problem::MarkRevoked));
    let page = market.page("/v1/frame?merchant=mrc_tea&item=TEAPOT-01&locale=en").await;
    assert!(page.says("data-code=\"mark_revoked\"") && page.says("withdrawn"));
    // A change of what the Mark would say does not bring it back.
    let revoked = agent_server::domain::MerchantStatus::Revoked;
    market.change_merchant(revoked, None).await;
    assert_eq!(market.page("/v1/frame?merchant=mrc_tea&item=TEAPOT-01").await.status, 403);
}

#[tokio::test]
async fn a_mark_that_was_copied_to_another_page_is_told_from_its_own() {
    let market = Market::open().await;
    let mut shop = market.merchant.registration();
    shop.origins = vec!["https://yamada.example".into()];
    market.agent.app.store.put_merchant(shop, market.now()).await.unwrap();
    market.advance(agent_server::merchants::FRESH);
    for (from, wanted) in [
        ("https://yamada.example/", ("good", "")),
        ("https://evil.example/", ("old", "origin_not_registered")),
        ("https://xn--ymada-4ve.example/", ("old", "origin_lookalike")),
        ("http://localhost:7070/mark", ("good", "")),
    ] {
        let request = market.browse(Method::GET, "/mark?merchant=mrc_tea&locale=en");
        let page = Page::of(request.header("referer", from).send().await.unwrap()).await;
        assert_eq!(verdict(&page), wanted, "{from}");
    }
    let framed = market.browse(Method::GET, "/v1/frame?merchant=mrc_tea&item=TEAPOT-01");
    let framed = framed.header("sec-fetch-dest", "iframe");
    let framed = framed.header("referer", "https://xn--ymada-4ve.example/");
    let page = Page::of(framed.send().await.unwrap()).await;
    assert_eq!((page.status, page.allows("frame-ancestors")), (403, vec!["*"]));
    assert!(page.says("data-code=\"origin_lookalike\""));
    let page = market.page("/mark?merchant=mrc_none").await;
    assert_eq!(verdict(&page), ("bad", "unknown_merchant"));
    assert_eq!(market.page("/mark").await.status, 200);
}
