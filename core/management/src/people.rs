//! Who came in at a browser: tickets, which let in once, and the cookies that they become. Both live as long as the core.
//! Not here: the headers that carry them (the faces), the API key (`edge`).

use std::{
    collections::VecDeque,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mcpproxy_domain::Code;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::{Management, Refusal};

/// How long a ticket lets in.
pub const TICKET_LIFE: Duration = Duration::from_secs(30);
/// How long a cookie lasts after it was used.
const COOKIE_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The most tickets, and the most cookies, at one time; the oldest make room.
const MOST: usize = 64;

/// Tickets and cookies. Clones are the same.
#[derive(Clone, Default)]
pub struct People(Arc<Mutex<Desk>>);

#[derive(Default)]
struct Desk {
    tickets: VecDeque<Pass>,
    cookies: VecDeque<Pass>,
}

/// What is kept of a secret: enough to know it again, too little to make it.
struct Pass {
    digest: [u8; 32],
    until: Instant,
}

impl People {
    /// A ticket: it lets in one browser, once, within [`TICKET_LIFE`].
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn ticket(&self) -> Result<String, Refusal> {
        let ticket = random()?;
        keep(&mut self.desk().tickets, &ticket, TICKET_LIFE);
        Ok(ticket)
    }

    /// The cookie for the bearer of a ticket, who has none any more; `None` = the ticket lets nobody in.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn redeem(&self, ticket: &str) -> Result<Option<String>, Refusal> {
        let taken = {
            let mut desk = self.desk();
            let place = place(&mut desk.tickets, ticket);
            place.and_then(|place| desk.tickets.remove(place))
        };
        taken.map(|_| self.admit()).transpose()
    }

    /// The cookie for somebody who has proved to be the administrator.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn admit(&self) -> Result<String, Refusal> {
        let cookie = random()?;
        keep(&mut self.desk().cookies, &cookie, COOKIE_LIFE);
        Ok(cookie)
    }

    /// Whether the cookie is one of ours; if so it lasts on.
    #[must_use]
    pub fn knows(&self, cookie: &str) -> bool {
        let mut desk = self.desk();
        let Some(place) = place(&mut desk.cookies, cookie) else { return false };
        if let Some(mut pass) = desk.cookies.remove(place) {
            pass.until = Instant::now() + COOKIE_LIFE;
            desk.cookies.push_back(pass);
        }
        true
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Management {
    /// Whether this is the API key. An empty one is nobody's.
    #[must_use]
    pub fn is_key(&self, presented: &str) -> bool {
        let config = self.config.borrow();
        let key = config.api_key.as_ref().filter(|key| !key.is_empty());
        // digests are compared, so how long that takes tells nothing of the key
        key.is_some_and(|key| Sha256::digest(key.reveal()) == Sha256::digest(presented))
    }
}

fn keep(passes: &mut VecDeque<Pass>, secret: &str, life: Duration) {
    if passes.len() == MOST {
        passes.pop_front();
    }
    passes.push_back(Pass { digest: Sha256::digest(secret).into(), until: Instant::now() + life });
}

/// Digests are compared, so how long that takes tells nothing of a secret.
fn place(passes: &mut VecDeque<Pass>, secret: &str) -> Option<usize> {
    let now = Instant::now();
    passes.retain(|pass| pass.until > now);
    let digest: [u8; 32] = Sha256::digest(secret).into();
    passes.iter().position(|pass| pass.digest == digest)
}

fn random() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| Refusal::new(Code::Internal, "the system gives no random numbers", "try again"))?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_ticket_lets_in_once_and_not_for_long_and_its_cookie_lasts() {
        let people = People::default();
        let (ticket, late) = (people.ticket().unwrap(), people.ticket().unwrap());
        assert!(ticket != late && ticket.len() == 64);
        let cookie = people.redeem(&ticket).unwrap().unwrap();
        assert_eq!(people.redeem(&ticket).unwrap(), None, "a second time");
        assert!(people.knows(&cookie) && !people.knows(&ticket) && !people.knows(""));
        tokio::time::advance(TICKET_LIFE).await;
        assert_eq!(people.redeem(&late).unwrap(), None, "too late");
        for _ in 0..2 {
            tokio::time::advance(COOKIE_LIFE / 2 + Duration::from_secs(1)).await;
            assert!(people.knows(&cookie), "it was used in between");
        }
        tokio::time::advance(COOKIE_LIFE).await;
        assert!(!people.knows(&cookie));
    }

    #[tokio::test]
    async fn there_are_only_so_many() {
        let people = People::default();
        let first = people.admit().unwrap();
        let second = people.admit().unwrap();
        assert!(people.knows(&first), "used, so the second is the oldest now");
        for _ in 2..=MOST {
            people.admit().unwrap();
        }
        assert!(people.knows(&first) && !people.knows(&second));
    }
}
