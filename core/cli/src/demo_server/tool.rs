//! What a tool is here: its definition as clients see it, its arguments taken with care, and its result.
//!
//! Not here: any particular tool.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::notes::Notebook;

/// How much of a wrong argument is told back, in characters.
const SHOWN: usize = 60;

/// One tool.
pub struct Tool {
    /// Its name in calls.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it does and when to use it.
    pub description: &'static str,
    /// What a call changes.
    pub effect: Effect,
    /// The JSON Schema of its arguments.
    pub input: fn() -> Value,
    /// The JSON Schema of its structured result.
    pub output: fn() -> Value,
    /// Does it.
    pub run: fn(&Arguments<'_>, &mut Notebook) -> Result<Answer, Fault>,
}

/// What a call changes; the hints of the protocol follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, and the same arguments give the same answer.
    Reads,
    /// Nothing, but every call gives another answer.
    Draws,
    /// Something is added with every call.
    Adds,
    /// What was there is lost; a second call changes nothing more.
    Clears,
}

/// A result: a sentence, and the same as data that fits the output schema.
#[derive(Debug)]
pub struct Answer {
    /// For people, and for clients that know no structured results: it says all that the data say.
    pub text: String,
    /// An object.
    pub data: Value,
}

/// Why a call has no result: a sentence that says what to do instead.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A required argument is not there.
    #[error("The argument \"{name}\" is missing: write {expected}.")]
    Missing {
        /// Which.
        name: String,
        /// What would be right.
        expected: String,
    },
    /// An argument cannot be used.
    #[error("\"{name}\" is {found}: write {expected}.")]
    Unfit {
        /// Which.
        name: String,
        /// What stands there, shortened.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// An argument that the tool does not have; passed over, a misspelt option would go unnoticed.
    #[error("There is no argument \"{name}\": {known}.")]
    Unknown {
        /// Which.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// No room for another note.
    #[error("The notebook is full with {0} notes: empty it with note_delete_all, then add the note again.")]
    NotebookFull(usize),
    /// The system gives no random bytes.
    #[error("The random source of this system failed ({0}): try again, or choose a password elsewhere.")]
    Randomness(#[from] getrandom::Error),
    /// Random bytes that cannot be random.
    #[error("The random source of this system repeats itself: do not use it for passwords.")]
    NotRandom,
}

impl Tool {
    /// The entry in `tools/list`.
    pub fn definition(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": (self.input)(),
            "outputSchema": (self.output)(),
            "annotations": self.effect.hints(self.title),
        })
    }

    /// The result of `tools/call`; a fault is a result too, so that the model that called can read and mend it.
    pub fn call(&self, arguments: &Map<String, Value>, notebook: &mut Notebook) -> Value {
        let outcome = self.refuse_unknown(arguments).and_then(|()| (self.run)(&Arguments(arguments), notebook));
        match outcome {
            Ok(Answer { text, data }) => json!({
                "content": [{ "type": "text", "text": text }],
                "structuredContent": data,
                "isError": false,
            }),
            Err(fault) => json!({ "content": [{ "type": "text", "text": fault.to_string() }], "isError": true }),
        }
    }

    fn refuse_unknown(&self, arguments: &Map<String, Value>) -> Result<(), Fault> {
        let schema = (self.input)();
        let known: Vec<_> =
            schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).collect();
        let Some(name) = arguments.keys().find(|name| !known.contains(name)) else { return Ok(()) };
        let list = known.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let known =
            if list.is_empty() { "this tool takes none".to_owned() } else { format!("the arguments are {list}") };
        Err(Fault::Unknown { name: shorten(name), known })
    }
}

impl Effect {
    fn hints(self, title: &str) -> Value {
        json!({
            "title": title,
            "readOnlyHint": matches!(self, Self::Reads | Self::Draws),
            "destructiveHint": self == Self::Clears,
            "idempotentHint": matches!(self, Self::Reads | Self::Clears),
            "openWorldHint": false,
        })
    }
}

/// The arguments of a call. `null` counts as absent.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(&'a Map<String, Value>);

impl<'a> Arguments<'a> {
    /// A required text; `expected` completes "write ..".
    ///
    /// # Errors
    /// It is missing, or no text.
    pub fn text(&self, name: &str, expected: &str) -> Result<&'a str, Fault> {
        let missing = || Fault::Missing { name: name.to_owned(), expected: expected.to_owned() };
        let value = self.get(name).ok_or_else(missing)?;
        value.as_str().ok_or_else(|| unfit(name, value, expected))
    }

    /// A required number.
    ///
    /// # Errors
    /// It is missing, or no number.
    pub fn number(&self, name: &str) -> Result<f64, Fault> {
        let expected = "a number, such as 2.5";
        let missing = || Fault::Missing { name: name.to_owned(), expected: expected.to_owned() };
        let value = self.get(name).ok_or_else(missing)?;
        value.as_f64().ok_or_else(|| unfit(name, value, expected))
    }

    /// A whole number in a range.
    ///
    /// # Errors
    /// It is something else.
    pub fn integer(&self, name: &str, range: RangeInclusive<u16>, default: u16) -> Result<u16, Fault> {
        let Some(value) = self.get(name) else { return Ok(default) };
        // JSON knows one kind of number: 20.0 is as whole as 20
        let whole = range.clone().find(|whole| value.as_f64() == Some(f64::from(*whole)));
        whole.ok_or_else(|| {
            unfit(name, value, format!("a whole number from {} to {}", range.start(), range.end()).as_str())
        })
    }

    /// A yes or no.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Fault> {
        let Some(value) = self.get(name) else { return Ok(default) };
        value.as_bool().ok_or_else(|| unfit(name, value, "true or false"))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// The fault of an argument that cannot be used; `expected` completes "write ..".
pub fn unfit(name: &str, found: &Value, expected: impl Into<String>) -> Fault {
    Fault::Unfit { name: name.to_owned(), found: shorten(&found.to_string()), expected: expected.into() }
}

/// The schema of an object with exactly these members.
pub fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A number with its noun, as in "1 day" and "2 days".
pub fn count(number: impl Into<i128>, noun: &str) -> String {
    let number = number.into();
    format!("{number} {noun}{}", if number.abs() == 1 { "" } else { "s" })
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}..", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
