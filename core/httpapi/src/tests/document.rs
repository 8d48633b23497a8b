//! The document of the API, made from the table of routes and the types of what is sent, and held against the one that
//! is served. `UPDATE_DOCUMENT=1 cargo test -p mcpproxy-httpapi document` writes it anew.

use std::collections::BTreeMap;

use mcpproxy_domain::identity;
use mcpproxy_ipc_proto::view;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    api::PREFIX,
    document::OPENAPI,
    route::{Route, Takes},
    routes::{ROUTES, shapes},
};

type Schemas = BTreeMap<String, Value>;
type Of = fn(&mut Schemas) -> Value;

/// What a route takes and answers.
struct Contents {
    body: Option<Of>,
    answer: Answer,
    query: &'static [Parameter],
}

enum Answer {
    /// In the envelope.
    Data(Of),
    /// In the envelope, or a text of this type.
    Either(Of, &'static str),
    /// A text of one of these types.
    Text(&'static [&'static str]),
    /// Never any.
    Nothing,
}

type Parameter = (&'static str, Kind, &'static str);

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Needed,
    Count(u64),
    Flag,
    OneOf(&'static [&'static str]),
}

/// A server as it is added or changed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described and never made")]
struct ServerEntry {
    /// Letters, digits, `_`, `-`, `.` and `/`.
    name: Option<String>,
    url: Option<String>,
    command: Option<String>,
    args: Option<Vec<String>>,
    /// When a server is changed, null takes a variable away, and a hidden value that comes back keeps what is stored.
    env: Option<BTreeMap<String, Option<String>>>,
    headers: Option<BTreeMap<String, Option<String>>>,
    working_dir: Option<String>,
    protocol: Option<String>,
    enabled: Option<bool>,
    quarantined: Option<bool>,
    /// A time such as `30s`.
    init_timeout: Option<String>,
}

/// Settings, or a part of them.
#[derive(ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "described and never made")]
struct SettingsDocument(Map<String, Value>);

/// The settings of another program, sent as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "described and never made")]
struct ImportForm {
    #[schema(format = Binary)]
    file: String,
    /// Whose they are; without it, that is found out.
    format: Option<String>,
    /// Only these servers, with commas between them.
    server_names: Option<String>,
    preview: Option<bool>,
    skip_quarantine: Option<bool>,
}

/// One block of what a tool answered.
#[derive(ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "described and never made")]
struct Block(Map<String, Value>);

const PAGE: [Parameter; 2] =
    [("limit", Kind::Count(1), "How many at most"), ("offset", Kind::Count(0), "How many are passed over")];
const USAGE: &[Parameter] = &[
    ("window", Kind::OneOf(&["24h", "7d", "all"]), "Of how long"),
    ("sort", Kind::OneOf(&["calls", "resp_bytes", "error_rate", "p95"]), "The largest first by this"),
    ("top", Kind::Count(1), "How many tools"),
    ("server", Kind::Text, "Only of this server"),
    ("tool", Kind::Text, "Only of this tool"),
    ("status", Kind::OneOf(&["success", "error", "blocked", "rejected"]), "Only what ended like this"),
];
const IMPORT: &[Parameter] = &[
    ("preview", Kind::Flag, "Only look at it"),
    ("skip_quarantine", Kind::Flag, "Without approval, where the settings do not hold every new server"),
];
const ACTIVITY: &[Parameter] = &[
    PAGE[0],
    PAGE[1],
    ("type", Kind::Text, "Only these types, with commas between them"),
    ("server", Kind::Text, "Only of this server"),
    ("tool", Kind::Text, "Only of this tool"),
    ("status", Kind::OneOf(&["success", "error", "blocked", "rejected"]), "Only what ended like this"),
    ("request_id", Kind::Text, "Only what came with this request"),
    ("start_time", Kind::Text, "Only from then on (RFC 3339)"),
    ("end_time", Kind::Text, "Only until then (RFC 3339)"),
];

fn of<T: ToSchema>(schemas: &mut Schemas) -> Value {
    let mut more = Vec::new();
    T::schemas(&mut more);
    more.push((T::name().into_owned(), T::schema()));
    for (name, schema) in more {
        schemas.insert(name, serde_json::to_value(schema).unwrap());
    }
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

fn list<T: ToSchema>(schemas: &mut Schemas) -> Value {
    json!({ "type": "array", "items": of::<T>(schemas) })
}

fn contents(route: &Route) -> Contents {
    let data = |of: Of| Contents { body: None, answer: Answer::Data(of), query: &[] };
    let sent = |body: Of, of: Of| Contents { body: Some(body), answer: Answer::Data(of), query: &[] };
    let with = |query: &'static [Parameter], contents: Contents| Contents { query, ..contents };
    match (route.method.as_str(), route.path) {
        ("GET", "/status") => data(of::<shapes::StatusBody>),
        ("GET", "/info") => data(of::<view::Info>),
        ("GET", "/routing") => data(of::<view::Routing>),
        ("GET", "/diagnostics" | "/doctor") => data(of::<view::Diagnostics>),
        ("GET", "/sessions") => with(
            &[PAGE[0], PAGE[1], ("status", Kind::OneOf(&["active", "closed"]), "Only these")],
            data(of::<shapes::Sessions>),
        ),
        ("GET", "/sessions/{id}") => data(of::<shapes::OneSession>),
        ("GET", "/stats/tokens") => data(of::<view::TokenStats>),
        ("GET", "/telemetry/payload") => Contents { body: None, answer: Answer::Nothing, query: &[] },
        ("GET", "/annotations/coverage") => data(of::<shapes::Coverage>),
        ("GET", "/servers") => data(of::<view::ServerList>),
        ("POST", "/servers") => sent(of::<ServerEntry>, of::<view::Added>),
        ("POST", "/servers/probe") => sent(of::<shapes::ProbeRequest>, of::<view::Probe>),
        ("POST", "/servers/restart_all" | "/servers/enable_all" | "/servers/disable_all") => {
            data(of::<view::BulkResult>)
        }
        ("GET", "/servers/import/paths") => data(of::<view::ImportPaths>),
        ("POST", "/servers/import") => with(IMPORT, sent(of::<ImportForm>, of::<view::ImportResult>)),
        ("POST", "/servers/import/path") => {
            with(IMPORT, sent(of::<shapes::ImportPathRequest>, of::<view::ImportResult>))
        }
        ("POST", "/servers/import/json") => with(IMPORT, sent(of::<shapes::ImportRequest>, of::<view::ImportResult>)),
        ("GET", "/servers/{id}") => data(of::<view::ServerView>),
        ("PATCH", "/servers/{id}") => sent(of::<ServerEntry>, of::<shapes::Patched>),
        ("DELETE", "/servers/{id}") => data(of::<view::Added>),
        ("POST", "/servers/{id}/unquarantine") => sent(of::<shapes::Approval>, of::<shapes::ServerAction>),
        ("GET", "/servers/{id}/tools") => data(of::<view::ServerTools>),
        ("GET", "/servers/{id}/tools/export") => with(
            &[("format", Kind::OneOf(&["json", "text"]), "For programs or for people")],
            Contents { body: None, answer: Answer::Either(of::<view::ToolExport>, "text/plain"), query: &[] },
        ),
        ("POST", "/servers/{id}/tools/{tool}/enabled") => sent(of::<shapes::Switch>, of::<shapes::Switched>),
        ("POST", "/servers/{id}/tools/enable_all" | "/servers/{id}/tools/disable_all") => {
            data(of::<shapes::AllSwitched>)
        }
        ("GET", "/servers/{id}/logs") => with(&[("tail", Kind::Count(1), "How many lines")], data(of::<view::Logs>)),
        ("GET", "/servers/{id}/diagnostics") => data(of::<shapes::ServerDiagnostics>),
        ("GET", "/servers/{id}/tool-calls") => with(&[PAGE[0]], data(of::<shapes::ServerToolCalls>)),
        ("POST", path) if path.starts_with("/servers/") => data(of::<shapes::ServerAction>),
        ("GET", "/tools") => data(of::<view::ToolList>),
        ("GET", "/index/search") => {
            with(&[("q", Kind::Needed, "What is wanted, in one's own words"), PAGE[0]], data(of::<view::Found>))
        }
        ("POST", "/tools/call") => sent(of::<shapes::ToolCallRequest>, list::<Block>),
        ("GET", "/tool-calls") => with(&PAGE, data(of::<shapes::ToolCalls>)),
        ("GET", "/tool-calls/{id}") => data(of::<shapes::OneToolCall>),
        ("POST", "/tool-calls/{id}/replay") => sent(of::<shapes::Replay>, of::<shapes::Replayed>),
        (method, path) if path.starts_with("/connect") => clients(method, path),
        ("GET", "/config") => data(of::<view::ConfigView>),
        ("PATCH", "/config") | ("POST", "/config/apply") => sent(of::<SettingsDocument>, of::<view::Applied>),
        ("POST", "/config/validate") => sent(of::<SettingsDocument>, of::<view::Validation>),
        ("GET", "/secrets/refs") => data(of::<view::SecretRefs>),
        ("GET", "/secrets/config") => data(of::<view::SecretConfig>),
        ("GET", "/activity") => with(ACTIVITY, data(of::<view::ActivityList>)),
        ("GET", "/activity/{id}") => data(of::<shapes::OneActivity>),
        ("GET", "/activity/summary") => with(
            &[("period", Kind::OneOf(&["1h", "24h", "7d", "30d"]), "Of how long")],
            data(of::<view::ActivitySummary>),
        ),
        ("GET", "/activity/usage") => with(USAGE, data(of::<view::ActivityUsage>)),
        ("GET", "/activity/export") => with(
            &[PAGE[0], PAGE[1], ("format", Kind::OneOf(&["json", "csv"]), "Of lines")],
            Contents { body: None, answer: Answer::Text(&["application/x-ndjson", "text/csv"]), query: &[] },
        ),
        (method, path) => panic!("{method} {path} is not described"),
    }
}

/// Those about clients.
fn clients(method: &str, path: &str) -> Contents {
    let data = |of: Of| Contents { body: None, answer: Answer::Data(of), query: &[] };
    let sent = |body: Of| Contents { body: Some(body), ..data(of::<view::ConnectResult>) };
    match (method, path) {
        ("GET", "/connect") => data(list::<view::ClientStatus>),
        ("GET", "/connect/{client}") => data(of::<view::ClientStatus>),
        ("GET", "/connect/{client}/preview") => Contents {
            query: &[("server_name", Kind::Text, "The name of the entry")],
            ..data(of::<view::ConnectPreview>)
        },
        ("POST", "/connect/{client}") => sent(of::<shapes::ConnectRequest>),
        ("POST", "/connect/{client}/undo") => sent(of::<shapes::UndoRequest>),
        ("DELETE", "/connect/{client}") => sent(of::<shapes::DisconnectRequest>),
        _ => panic!("{method} {path} is not described"),
    }
}

fn parameter(parameter: &Parameter) -> Value {
    let (name, kind, about) = parameter;
    let schema = match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Needed => json!({ "type": "string", "minLength": 1 }),
        Kind::Count(least) => json!({ "type": "integer", "minimum": least }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::OneOf(words) => json!({ "type": "string", "enum": words }),
    };
    let required = matches!(kind, Kind::Needed);
    json!({ "name": name, "in": "query", "required": required, "description": about, "schema": schema })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let contents = contents(route);
    let open = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = open.map(
        |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }),
    );
    let parameters: Vec<_> = path.chain(contents.query.iter().map(parameter)).collect();
    let tag = route.path.split('/').nth(1).unwrap();
    let words: Vec<_> = route.path.split(['/', '{', '}', '-']).filter(|word| !word.is_empty()).collect();
    let mut operation = json!({
        "tags": [tag],
        "operationId": format!("{}_{}", route.method.as_str().to_lowercase(), words.join("_")),
        "summary": route.about,
    });
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    assert_eq!(contents.body.is_some(), route.takes != Takes::Nothing, "{}", route.path);
    if let Some(body) = contents.body {
        let required = !matches!(route.path, "/servers/{id}/unquarantine" | "/connect/{client}");
        let schema = body(schemas);
        let kind = if route.path == "/servers/import" { "multipart/form-data" } else { "application/json" };
        operation["requestBody"] = json!({ "required": required, "content": { kind: { "schema": schema } } });
    }
    let mut responses = Map::new();
    match contents.answer {
        Answer::Data(of) => {
            let content = json!({ "application/json": { "schema": envelope(of, schemas) } });
            responses.insert("200".to_owned(), json!({ "description": "Done", "content": content }));
        }
        Answer::Either(of, kind) => {
            let content = json!({
                "application/json": { "schema": envelope(of, schemas) },
                kind: { "schema": { "type": "string" } },
            });
            responses.insert("200".to_owned(), json!({ "description": "Done", "content": content }));
        }
        Answer::Text(types) => {
            let content: Map<_, _> =
                types.iter().map(|kind| ((*kind).to_owned(), json!({ "schema": { "type": "string" } }))).collect();
            responses.insert("200".to_owned(), json!({ "description": "Done", "content": content }));
        }
        Answer::Nothing => {}
    }
    for status in ["400", "401", "403", "404", "409", "413", "429", "500", "501", "502", "503", "504"] {
        responses.insert(status.to_owned(), json!({ "$ref": "#/components/responses/Failure" }));
    }
    operation["responses"] = responses.into();
    operation
}

fn envelope(of: Of, schemas: &mut Schemas) -> Value {
    json!({
        "type": "object",
        "required": ["success", "data"],
        "properties": {
            "success": { "const": true },
            "data": of(schemas),
            "is_error": { "type": "boolean", "description": "Whether what a tool answered is an error" },
        },
    })
}

fn document() -> Value {
    let (mut schemas, mut paths) = (Schemas::new(), BTreeMap::<String, Map<String, Value>>::new());
    for route in ROUTES {
        let operation = operation(route, &mut schemas);
        let methods = paths.entry(format!("{PREFIX}{}", route.path)).or_default();
        methods.insert(route.method.as_str().to_lowercase(), operation);
    }
    for (path, about) in [("/healthz", "Whether the process answers"), ("/readyz", "Whether the core serves")] {
        let answer =
            json!({ "description": "Yes", "content": { "application/json": { "schema": { "type": "object" } } } });
        let operation = json!({
            "tags": ["health"], "operationId": path.trim_matches('/'), "summary": about, "security": [],
            "responses": { "200": answer, "503": { "description": "No" } },
        });
        paths.insert(path.to_owned(), json!({ "get": operation }).as_object().unwrap().clone());
    }
    let stream = json!({
        "tags": ["events"], "operationId": "events",
        "summary": "What is true now, then what changes, as server-sent events",
        "parameters": [{ "name": "Last-Event-ID", "in": "header", "required": false, "schema": { "type": "string" } }],
        "responses": {
            "200": { "description": "A stream", "content": { "text/event-stream": { "schema": { "type": "string" } } } },
            "401": { "$ref": "#/components/responses/Failure" },
        },
    });
    paths.insert("/events".to_owned(), json!({ "get": stream }).as_object().unwrap().clone());
    let field_error = of::<view::FieldError>(&mut schemas);
    let result = of::<view::ConnectResult>(&mut schemas);
    let failure = json!({
        "type": "object",
        "required": ["success", "error", "request_id"],
        "properties": {
            "success": { "const": false },
            "error": { "type": "string", "description": "What happened, to what" },
            "code": { "type": "string", "description": "The stable code" },
            "hint": { "type": "string", "description": "What to do next" },
            "nearest": { "type": "array", "items": { "type": "string" }, "description": "Names like the one not found" },
            "data": result,
            "action": { "type": "string", "description": "What stands in the way of connecting a client" },
            "validation_errors": { "type": "array", "items": field_error },
            "request_id": { "type": "string", "description": "Under which it is found in the log" },
        },
    });
    schemas.insert("Failure".to_owned(), failure);
    let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": identity::PRODUCT,
            "version": identity::VERSION,
            "description": "Everything that can be asked of the core. Answers are { success, data } or { success, error }.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }, { "bearer": [] }, { "query": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Failure": { "description": "Not done", "content": content } },
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "bearer": { "type": "http", "scheme": "bearer" },
                "query": { "type": "apiKey", "in": "query", "name": "apikey" },
            },
        },
    })
}

#[test]
fn the_document_that_is_served_is_current() {
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCUMENT").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        std::fs::write(path, &text).unwrap();
        return;
    }
    assert!(text == OPENAPI, "openapi.json is not current: UPDATE_DOCUMENT=1 cargo test -p mcpproxy-httpapi document");
}

#[test]
fn everything_that_is_referred_to_is_there() {
    fn walk(document: &Value, part: &Value) {
        if let Some(place) = part.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place}");
        }
        match part {
            Value::Object(members) => members.values().for_each(|part| walk(document, part)),
            Value::Array(parts) => parts.iter().for_each(|part| walk(document, part)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
    let mut ids: Vec<_> = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), count), (count, ROUTES.len() + 3));
}
