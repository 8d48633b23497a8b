//! Results of our own: one block of text that holds JSON.

use mcpproxy_domain::{Code, ToolId};
use mcpproxy_management::Refusal;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use crate::methods::raw;

/// What a model needs to correct the arguments of a call.
#[derive(Serialize)]
struct InvalidParams<'a> {
    error: &'a str,
    error_type: &'a str,
    code: &'a str,
    tool: &'a str,
    hint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_schema: Option<&'a RawValue>,
}

/// A result that holds a document.
pub(super) fn document(value: &impl Serialize) -> Box<RawValue> {
    text(&serde_json::to_string(value).unwrap_or_default(), false)
}

/// A refusal as a result: the model reads it and mends its call.
pub(super) fn refused(refusal: &Refusal) -> Box<RawValue> {
    let mut told = json!({ "error": refusal.message, "code": refusal.code.as_str() });
    add_help(&mut told, refusal);
    text(&told.to_string(), true)
}

/// A refusal of a call, with what it was about.
pub(super) fn call_refused(refusal: &Refusal, id: &ToolId) -> Box<RawValue> {
    let (server, tool) = (id.server.as_str(), &*id.tool);
    match refusal.code {
        Code::InvalidArguments => {
            let schema = refusal.input_schema.as_deref().and_then(|text| serde_json::from_str(text).ok());
            let told = InvalidParams {
                error: &refusal.message,
                error_type: "invalid_params",
                code: refusal.code.as_str(),
                tool: &id.to_string(),
                hint: &refusal.hint,
                input_schema: schema,
            };
            text(&serde_json::to_string(&told).unwrap_or_default(), true)
        }
        Code::ServerQuarantined => {
            let told = json!({
                "status": refusal.code.as_str(),
                "serverName": server,
                "toolName": tool,
                "message": refusal.message,
                "instructions": refusal.hint,
            });
            text(&told.to_string(), true)
        }
        Code::ToolDenied | Code::ServerDisabled => {
            text(&format!("TOOL_BLOCKED: {}; {}", refusal.message, refusal.hint), true)
        }
        _ => {
            let mut told = json!({
                "error": refusal.message,
                "code": refusal.code.as_str(),
                "server_name": server,
                "tool_name": tool,
            });
            add_help(&mut told, refusal);
            text(&told.to_string(), true)
        }
    }
}

fn add_help(told: &mut Value, refusal: &Refusal) {
    let Some(told) = told.as_object_mut() else { return };
    if !refusal.hint.is_empty() {
        told.insert("troubleshooting".to_owned(), json!(refusal.hint));
    }
    if !refusal.nearest.is_empty() {
        told.insert("did_you_mean".to_owned(), json!(refusal.nearest));
    }
}

fn text(text: &str, is_error: bool) -> Box<RawValue> {
    let mut result = json!({ "content": [{ "type": "text", "text": text }] });
    if is_error && let Some(result) = result.as_object_mut() {
        result.insert("isError".to_owned(), Value::Bool(true));
    }
    raw(&result)
}
