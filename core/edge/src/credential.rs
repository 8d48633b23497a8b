//! Who is asking: the credential of a request, and the principal it makes.
//!
//! Pure. Not here: what a principal may do (`management`). The credential is never logged and never told back.

use http::{HeaderMap, HeaderName, header};
use mcpproxy_domain::Principal;
use subtle::ConstantTimeEq as _;

use crate::{refusal::Refusal, settings::EdgeSettings};

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
    let known = |presented: &[u8]| {
        let key = settings.api_key.reveal().as_bytes();
        if !key.is_empty() && bool::from(presented.ct_eq(key)) {
            Ok(Principal::KeyHolder)
        } else {
            Err(Refusal::CredentialUnknown)
        }
    };
    if let Some(presented) = from_headers(headers) {
        return known(presented);
    }
    if let Some(presented) = from_query(query) {
        return known(presented.as_bytes());
    }
    if settings.require_auth { Err(Refusal::CredentialMissing) } else { Ok(Principal::Local) }
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
                    Err(other) => panic!("{other:?}"),
                };
                assert_eq!(answer, expected, "{headers:?} {query:?} required: {require_auth}");
            }
        }
        let map: HeaderMap = [(KEY_HEADER, "x".parse().unwrap())].into_iter().collect();
        assert!(principal(&map, None, &EdgeSettings::default()).is_err(), "an empty key admits nobody");
    }
}
