//! Who is asking: the credential of a request, and the principal it makes.
//!
//! Pure. Not here: what a principal may do (`management`). The credential is never logged and never told back.

use http::{HeaderMap, HeaderName, Method, header};
use mcpproxy_domain::Principal;
use subtle::ConstantTimeEq as _;

use crate::{
    dispatch::Origin,
    refusal::Refusal,
    route::Recognise,
    settings::EdgeSettings,
    trusted::{Authority, Host},
};

const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");
const KEY_PARAMETER: &str = "apikey";
const BEARER: &[u8] = b"bearer ";

/// The principal of a request. A credential that is presented and not known is refused even where none is required:
/// whoever presents one expects it to count.
pub(crate) fn principal(
    headers: &HeaderMap,
    query: Option<&str>,
    settings: &EdgeSettings,
) -> Result<Principal, Refusal> {
    match presented(headers, query, settings) {
        Some(known) => known,
        None if settings.require_auth => Err(Refusal::CredentialMissing),
        None => Ok(Principal::Local),
    }
}

/// The principal of a request that needs a credential whatever the settings say: a key, or the cookie of a person.
///
/// A cookie goes along with requests that other pages make, those of other ports of this machine among them. So it
/// counts only where the page is our own, and what changes something has to say so.
pub(crate) fn keyed(
    request: &crate::Request,
    origin: Origin,
    settings: &EdgeSettings,
    people: Option<&Recognise>,
) -> Result<Principal, Refusal> {
    let (headers, query) = (request.headers(), request.uri().query());
    if let Some(known) = presented(headers, query, settings) {
        return known;
    }
    let cookie = cookie_name(origin).and_then(|name| cookie(headers, &name));
    let is_known = people.zip(cookie).is_some_and(|(recognise, cookie)| recognise(cookie));
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let says_so = headers.contains_key(header::ORIGIN) || fetch_site(headers).is_some();
    if is_known && same_origin(headers) && (is_safe || says_so) {
        return Ok(Principal::Person);
    }
    Err(Refusal::CredentialMissing)
}

/// The name of the cookie of people. Browsers give a cookie to all ports of a host, so the port is part of its name.
#[must_use]
pub fn cookie_name(origin: Origin) -> Option<String> {
    match origin {
        Origin::Tcp { local, .. } => Some(format!("mcpproxy-{}", local.port())),
        Origin::Socket => None,
    }
}

/// Whether nothing says that a page other than our own makes the request.
#[must_use]
pub fn same_origin(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_own = |origin: &http::HeaderValue| {
        let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
        authority.zip(host).is_some_and(|(origin, host)| same_authority(origin, host))
    };
    headers.get_all(header::ORIGIN).iter().all(is_own)
        && fetch_site(headers).is_none_or(|site| matches!(site, b"same-origin" | b"none"))
}

fn same_authority(one: &str, other: &str) -> bool {
    let parts = |text| Authority::parse(text).map(|Authority { host, port }: Authority| -> (Host, _) { (host, port) });
    parts(one).is_some_and(|one| parts(other) == Some(one))
}

fn fetch_site(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes)
}

/// The value of a cookie that says something.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name && !value.is_empty()).then_some(value)
    })
}

/// What a key that is presented makes of its bearer; `None` = there is none.
fn presented(headers: &HeaderMap, query: Option<&str>, settings: &EdgeSettings) -> Option<Result<Principal, Refusal>> {
    let known = |presented: &[u8]| {
        let key = settings.api_key.reveal().as_bytes();
        if key.is_empty() {
            Err(Refusal::NoKeyConfigured)
        } else if bool::from(presented.ct_eq(key)) {
            Ok(Principal::KeyHolder)
        } else {
            Err(Refusal::CredentialUnknown)
        }
    };
    match from_headers(headers) {
        Some(presented) => Some(known(presented)),
        None => from_query(query).map(|presented| known(presented.as_bytes())),
    }
}

/// The first that is not empty of `X-API-Key` and `Authorization: Bearer`.
fn from_headers(headers: &HeaderMap) -> Option<&[u8]> {
    let key = headers.get(KEY_HEADER).map(|value| value.as_bytes().trim_ascii());
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(BEARER.len())?;
        scheme.eq_ignore_ascii_case(BEARER).then_some(token.trim_ascii())
    });
    [key, bearer].into_iter().flatten().find(|presented| !presented.is_empty())
}

fn from_query(query: Option<&str>) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes())
        .find_map(|(name, value)| (name == KEY_PARAMETER && !value.is_empty()).then(|| value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials() {
        const KEY: &str = "k&y 1";
        const LOCAL: &str = "local";
        const HOLDER: &str = "holder";
        const MISSING: &str = "missing";
        const UNKNOWN: &str = "unknown";
        let plain: &[(&str, &str)] = &[];
        // headers, query, answer when none is required, answer when one is
        for (headers, query, open, strict) in [
            (plain, None, LOCAL, MISSING),
            (&[("x-api-key", KEY)], None, HOLDER, HOLDER),
            (&[("authorization", "Bearer k&y 1")], None, HOLDER, HOLDER),
            (&[("authorization", "bEARER  k&y 1 ")], None, HOLDER, HOLDER),
            (plain, Some("a=b&apikey=k%26y+1"), HOLDER, HOLDER),
            (&[("x-api-key", "wrong")], None, UNKNOWN, UNKNOWN),
            (&[("x-api-key", "k&y ")], None, UNKNOWN, UNKNOWN),
            (&[("x-api-key", "k&y 11")], None, UNKNOWN, UNKNOWN),
            (&[("authorization", "Bearer wrong")], None, UNKNOWN, UNKNOWN),
            (plain, Some("apikey=wrong"), UNKNOWN, UNKNOWN),
            // the order decides, not the best of the three
            (&[("x-api-key", "wrong"), ("authorization", "Bearer k&y 1")], Some("apikey=k%26y+1"), UNKNOWN, UNKNOWN),
            (&[("authorization", "Bearer wrong")], Some("apikey=k%26y+1"), UNKNOWN, UNKNOWN),
            // an empty one does not count as presented
            (&[("x-api-key", ""), ("authorization", "Bearer ")], Some("apikey="), LOCAL, MISSING),
            (&[("x-api-key", " "), ("authorization", "Bearer k&y 1")], None, HOLDER, HOLDER),
            // other schemes are none of ours
            (&[("authorization", "Basic abc")], None, LOCAL, MISSING),
        ] {
            let map: HeaderMap =
                headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            for (require_auth, expected) in [(false, open), (true, strict)] {
                let settings = EdgeSettings { api_key: KEY.into(), require_auth, ..EdgeSettings::default() };
                let answer = match principal(&map, query, &settings) {
                    Ok(Principal::Local) => LOCAL,
                    Ok(Principal::KeyHolder) => HOLDER,
                    Err(Refusal::CredentialMissing) => MISSING,
                    Err(Refusal::CredentialUnknown) => UNKNOWN,
                    other => panic!("{other:?}"),
                };
                assert_eq!(answer, expected, "{headers:?} {query:?} required: {require_auth}");
            }
        }
        let map: HeaderMap = [(KEY_HEADER, "x".parse().unwrap())].into_iter().collect();
        assert!(principal(&map, None, &EdgeSettings::default()).is_err(), "an empty key admits nobody");
    }

    #[test]
    fn a_cookie_counts_for_our_own_pages_only() {
        let local = "127.0.0.1:8080".parse().unwrap();
        let origin = Origin::Tcp { peer: local, local };
        let settings = EdgeSettings { api_key: "key".into(), ..EdgeSettings::default() };
        let recognise = |cookie: &str| cookie == "known";
        let ours = "mcpproxy-8080=known";
        // method, cookie, origin, sec-fetch-site, whether it lets in
        for (method, cookie, page, site, lets_in) in [
            ("GET", ours, None, None, true),
            ("GET", "a=b; mcpproxy-8080=known; c=d", None, Some("same-origin"), true),
            ("GET", ours, Some("http://localhost:8080"), Some("same-origin"), true),
            ("POST", ours, Some("http://localhost:8080"), None, true),
            ("POST", ours, None, Some("same-origin"), true),
            ("POST", ours, None, None, false),
            ("DELETE", ours, Some("http://localhost:8081"), None, false),
            ("GET", ours, Some("http://localhost:8081"), None, false),
            ("GET", ours, None, Some("same-site"), false),
            ("POST", ours, Some("null"), None, false),
            ("POST", ours, Some("http://127.0.0.1:8080"), None, false),
            ("GET", "mcpproxy-8080=other", None, None, false),
            ("GET", "mcpproxy-8081=known", None, None, false),
            ("GET", "mcpproxy-8080=", None, None, false),
        ] {
            let mut request = http::Request::new(crate::Inbound::empty());
            *request.method_mut() = method.parse().unwrap();
            let headers = request.headers_mut();
            headers.insert("host", "localhost:8080".parse().unwrap());
            headers.insert("cookie", cookie.parse().unwrap());
            for (name, value) in [("origin", page), ("sec-fetch-site", site)] {
                value.map(|value| headers.insert(name, value.parse().unwrap()));
            }
            let case = format!("{method} {cookie} {page:?} {site:?}");
            let answer = keyed(&request, origin, &settings, Some(&recognise));
            assert_eq!(answer == Ok(Principal::Person), lets_in, "{case}");
            assert!(keyed(&request, origin, &settings, None).is_err(), "{case}");
            assert!(keyed(&request, Origin::Socket, &settings, Some(&recognise)).is_err(), "{case}");
            request.headers_mut().insert("x-api-key", "wrong".parse().unwrap());
            assert!(keyed(&request, origin, &settings, Some(&recognise)).is_err(), "a wrong key is never passed over");
            request.headers_mut().insert("x-api-key", "key".parse().unwrap());
            assert_eq!(keyed(&request, origin, &settings, None), Ok(Principal::KeyHolder));
        }
    }
}
