//! Pages for people: the agent's own, one for each numbered problem, and where nothing is.

use shared_protocol::{Locale, Problem};

use crate::market::Market;

#[tokio::test]
async fn every_problem_has_a_page_with_both_columns_of_the_table_in_both_languages() {
    let market = Market::open().await;
    for problem in Problem::ALL {
        for locale in Locale::ALL {
            let page = market.page(&format!("{}?locale={}", problem.path(), locale.tag())).await;
            assert_eq!(page.status, 200);
            let text = problem.text(locale).replace('\'', "&#39;");
            assert!(page.says(&text), "{problem} in {locale:?}");
            assert!(page.says(&format!("data-code=\"{problem}\"")));
            let view = problem.merchant_view().name();
            assert!(view.is_empty() || page.says(&format!("<code>{view}</code>")), "{problem}");
        }
    }
}

#[tokio::test]
async fn the_list_names_every_problem() {
    let market = Market::open().await;
    let page = market.page("/problems?locale=en").await;
    for problem in Problem::ALL {
        assert!(page.says(&format!("href=\"{}?locale=en\"", problem.path())), "{problem}");
    }
    page.assert_runs_only_what_is_named();
}

#[tokio::test]
async fn where_nothing_is_people_get_a_page_and_programs_a_document() {
    let market = Market::open().await;
    for path in ["/nothing/here", "/problems/no_such_problem", "/v1/nothing"] {
        let page = market.page(&format!("{path}?locale=en")).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(page.says("Page not found") && page.says("href=\"/\""), "{path}");
        page.assert_runs_only_what_is_named();
    }
    let document = market.http.get(market.url("/nothing/here")).send().await.unwrap();
    assert_eq!(document.status(), 404);
    assert_eq!(document.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn the_first_page_says_who_this_is_and_who_gets_what() {
    let market = Market::open().await;
    let page = market.page("/?locale=en").await;
    for text in ["Warifu Settlement", "Contract number and code", "Delivery address", "/problems"] {
        assert!(page.says(text), "{text}");
    }
    assert!(page.says("/_demo/mail"), "this is a demo");
    page.assert_runs_only_what_is_named();
    let seal = market.http.get(market.url("/favicon.ico")).send().await.unwrap();
    assert_eq!(seal.headers()["content-type"], "image/svg+xml");
}
