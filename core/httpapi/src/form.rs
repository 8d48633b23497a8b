//! A form with a file (`multipart/form-data`). It is read from a body that is in memory and has a limit already.

use std::{collections::BTreeMap, convert::Infallible, future::ready};

use futures_util::stream::once;
use http::header::CONTENT_TYPE;
use mcpproxy_domain::Code;
use mcpproxy_management::Refusal;
use multer::{Constraints, Multipart, SizeLimit};

use crate::{envelope::Fault, request::Asked};

const HINT: &str = "send it as multipart/form-data, with the settings file as the part named file";
/// The part that may be large.
const FILE: &str = "file";
/// The most of every other part, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The parts of a form, all texts. It has no `Debug`: settings of others are among them, with their keys.
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads the body of a request; only these parts may be in it, each once.
    pub(crate) async fn read(asked: &Asked, known: &[&str]) -> Result<Self, Fault> {
        let content_type = asked.headers.get(CONTENT_TYPE).and_then(|text| text.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(content_type).map_err(|_| Fault::input("the body is no form", HINT))?;
        let size = SizeLimit::new().per_field(LONGEST).for_field(FILE, asked.body.len() as u64);
        let limits = Constraints::new().allowed_fields(known.to_vec()).size_limit(size);
        let body = once(ready(Ok::<_, Infallible>(asked.body.clone())));
        let mut form = Multipart::with_constraints(body, boundary, limits);
        let mut parts = BTreeMap::new();
        while let Some(part) = form.next_field().await.map_err(unread)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(unread)?;
            let text = String::from_utf8(bytes.into())
                .map_err(|_| Fault::input(format!("the part {name} of the form is not a text"), HINT))?;
            if parts.insert(name.clone(), text).is_some() {
                return Err(Fault::input(format!("the part {name} of the form is there twice"), HINT));
            }
        }
        Ok(Self(parts))
    }

    /// Takes a part out, if it says something.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|text| !text.is_empty())
    }
}

fn unread(error: multer::Error) -> Fault {
    match error {
        multer::Error::FieldSizeExceeded { limit, field_name } => {
            let name = field_name.unwrap_or_default();
            let told = format!("the part {name:?} of the form is larger than {limit} bytes");
            Refusal::new(Code::TooLarge, told, HINT).into()
        }
        multer::Error::UnknownField { field_name } => {
            let name = field_name.unwrap_or_default();
            Fault::input(format!("the form has a part named {name:?}, which is not known"), HINT)
        }
        _ => Fault::input("the form is not complete, or is not written as its boundary says", HINT),
    }
}
