//! `NAME=VALUE` and `NAME:VALUE` on the command line. A value may be a secret, so no error repeats one.

use mcpproxy_domain::Code;
use serde_json::{Map, Value};

use crate::exit::Failure;

/// Variables, each as `NAME=VALUE`.
pub(in crate::commands) fn variables(texts: &[String]) -> Result<Map<String, Value>, Failure> {
    read(texts, '=', "--env NAME=VALUE")
}

/// Headers, each as `NAME:VALUE`.
pub(in crate::commands) fn headers(texts: &[String]) -> Result<Map<String, Value>, Failure> {
    read(texts, ':', "--header NAME:VALUE")
}

/// The same with names whose values are to be removed.
pub(super) fn with_removed(mut pairs: Map<String, Value>, removed: &[String]) -> Map<String, Value> {
    pairs.extend(removed.iter().map(|name| (name.clone(), Value::Null)));
    pairs
}

fn read(texts: &[String], between: char, form: &str) -> Result<Map<String, Value>, Failure> {
    let pair = |(place, text): (usize, &String)| match text.split_once(between) {
        Some((name, value)) if !name.trim().is_empty() => {
            let value = if between == ':' { value.trim() } else { value };
            Ok((name.trim().to_owned(), value.into()))
        }
        _ => {
            let message = format!("pair {} has no name or no {between:?}", place + 1);
            Err(Failure::new(Code::InvalidInput, message, format!("write it as {form}")))
        }
    };
    texts.iter().enumerate().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pairs_are_read_and_no_error_repeats_a_value() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let read = variables(&texts(&["A=b=c", "B="])).unwrap();
        assert_eq!(Value::from(read), json!({ "A": "b=c", "B": "" }));
        let read = headers(&texts(&["Authorization: Bearer x:y"])).unwrap();
        assert_eq!(
            Value::from(with_removed(read, &texts(&["X"]))),
            json!({ "Authorization": "Bearer x:y", "X": null })
        );
        for bad in ["canary", "=canary", ""] {
            let failure = variables(&texts(&["A=b", bad])).unwrap_err();
            assert!(failure.message.starts_with("pair 2 ") && !failure.message.contains("canary"), "{failure:?}");
        }
    }
}
