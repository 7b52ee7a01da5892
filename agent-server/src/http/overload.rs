//! When there is more to do than can be done, lists wait so that purchases need not: reports first,
//! then pages, and last what a purchase hangs on (TRUST.md F22). Whoever is refused hears when to
//! come back.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How dear a request is, by its route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Asks how the server is: never refused.
    Health,
    /// Lists and reports: may come back later.
    List,
    /// Pages that somebody looks at.
    Page,
    /// A step of a purchase.
    Deal,
}

impl Class {
    /// Of the route with this pattern.
    pub fn of(route: &str) -> Self {
        let begins = |beginnings: &[&str]| beginnings.iter().any(|begin| route.starts_with(begin));
        match route {
            _ if begins(HEALTH) => Self::Health,
            _ if begins(DEALS) => Self::Deal,
            _ if begins(PAGES) => Self::Page,
            _ => Self::List,
        }
    }

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::List => "list",
            Self::Page => "page",
            Self::Deal => "deal",
        }
    }
}

/// Marks what is within another request that was let in already.
#[derive(Clone, Copy)]
pub struct Within;

/// How much is under way.
pub struct Load {
    most: usize,
    all: Arc<AtomicUsize>,
    lists: Arc<AtomicUsize>,
}

/// One request that is under way, until it is dropped.
pub struct UnderWay(Vec<Arc<AtomicUsize>>);

impl Load {
    /// So many requests at the same time at most.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(4), all: Arc::default(), lists: Arc::default() }
    }

    /// Lets a request in, or not: lists while half of the room is free and no quarter of it is
    /// lists, pages while a quarter is free, a step of a purchase while there is any.
    pub fn enter(&self, class: Class) -> Option<UnderWay> {
        let room = match class {
            Class::Health => return Some(UnderWay(Vec::new())),
            Class::List => self.most / 2,
            Class::Page => self.most / 4 * 3,
            Class::Deal => self.most,
        };
        let all = take(&self.all, room)?;
        if class != Class::List {
            return Some(UnderWay(vec![all]));
        }
        // What waits for news must not keep pages out.
        match take(&self.lists, (self.most / 4).max(1)) {
            Some(lists) => Some(UnderWay(vec![all, lists])),
            None => {
                drop(UnderWay(vec![all]));
                None
            }
        }
    }
}

fn take(count: &Arc<AtomicUsize>, most: usize) -> Option<Arc<AtomicUsize>> {
    let one_more = |now: usize| (now < most).then_some(now + 1);
    count.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok().map(|_| count.clone())
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        for count in &self.0 {
            count.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

const HEALTH: &[&str] = &["/healthz", "/readyz", "/metrics"];
const DEALS: &[&str] = &[
    "/v1/purchases",
    "/v1/relayed",
    "/v1/by-hand",
    "/v1/mailbox",
    "/v1/challenges",
    "/v1/plans",
    "/confirm",
    "/v1/keys",
];
const PAGES: &[&str] = &[
    "/v1/frame",
    "/v1/page",
    "/v1/warifu",
    "/v1.",
    "/v1/marks",
    "/v1/offers",
    "/v1/passkeys",
    "/v1/pictures",
    "/v1/placements",
    "/assets",
    "/enrol",
    "/sign-in",
    "/sign-out",
    "/me",
    "/qr",
    "/passkey",
    "/mark",
    "/console",
    "/.well-known",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_refused_first_then_pages_then_deals() {
        let load = Load::new(8);
        let fill =
            |class, count| (0..count).map(|_| load.enter(class).unwrap()).collect::<Vec<_>>();
        let lists = fill(Class::List, 2);
        assert!(load.enter(Class::List).is_none(), "a quarter is lists");
        let pages = fill(Class::Page, 4);
        assert!(load.enter(Class::Page).is_none());
        let deals = fill(Class::Deal, 2);
        assert!(load.enter(Class::Deal).is_none());
        assert!(load.enter(Class::Health).is_some());
        drop(lists);
        assert!(load.enter(Class::List).is_none() && load.enter(Class::Page).is_none());
        assert!(load.enter(Class::Deal).is_some());
        drop((pages, deals));
        fill(Class::List, 2);
        assert_eq!(load.all.load(Ordering::Relaxed), 0, "all have left");
    }

    #[test]
    fn steps_of_a_purchase_are_told_from_lists_by_their_route() {
        for deal in ["/v1/purchases/{id}/grant", "/confirm/{token}", "/v1/relayed"] {
            assert_eq!(Class::of(deal), Class::Deal);
        }
        for page in ["/v1/frame", "/console/purchases", "/v1/placements/end"] {
            assert_eq!(Class::of(page), Class::Page);
        }
        for list in ["/v1/merchants/{id}/events", "/problems/{code}", "-"] {
            assert_eq!(Class::of(list), Class::List);
        }
    }
}
