//! The table of all routes below `/api/v1`; one file a noun holds what they do.

mod activity;
mod calls;
mod connect;
mod core;
mod filter;
mod imports;
mod secrets;
mod servers;
mod settings;
pub(crate) mod shapes;
mod tools;

pub(crate) use self::core::status_body;
use crate::route::Route;

/// Every route, in the order in which they are tried: fixed words before open parts.
pub(crate) const ROUTES: &[Route] = &[
    Route::get("/status", "How the core is", |m, a| Box::pin(core::status(m, a))),
    Route::get("/info", "What the core is, and where it is reached", |m, a| Box::pin(core::info(m, a))),
    Route::get("/routing", "How tools are shown, and where", |m, a| Box::pin(core::routing(m, a))),
    Route::get("/diagnostics", "Everything that a person should look at", |m, a| Box::pin(core::diagnostics(m, a))),
    Route::get("/doctor", "The same as /diagnostics", |m, a| Box::pin(core::diagnostics(m, a))),
    Route::get("/sessions", "The sessions of clients", |m, a| Box::pin(core::sessions(m, a))),
    Route::get("/sessions/{id}", "One session", |m, a| Box::pin(core::session(m, a))),
    Route::get("/stats/tokens", "What the search spares, in tokens", |m, a| Box::pin(core::tokens(m, a))),
    Route::get("/telemetry/payload", "What is sent about the use: nothing", |m, a| Box::pin(core::telemetry(m, a))),
    Route::get("/annotations/coverage", "How many tools say what they do", |m, a| Box::pin(tools::coverage(m, a))),
    Route::get("/servers", "All servers", |m, a| Box::pin(servers::list(m, a))),
    Route::post("/servers", "Adds a server; it waits for approval", |m, a| Box::pin(servers::add(m, a))),
    Route::act("/servers/reconnect", "Starts every running server again", |m, a| Box::pin(servers::reconnect(m, a))),
    Route::act("/servers/restart_all", "Starts every running server again", |m, a| {
        Box::pin(servers::restart_all(m, a))
    }),
    Route::act("/servers/enable_all", "Switches all servers on", |m, a| Box::pin(servers::enable_all(m, a))),
    Route::act("/servers/disable_all", "Switches all servers off", |m, a| Box::pin(servers::disable_all(m, a))),
    Route::post("/servers/probe", "Starts a server by itself and lists its tools: this runs its code", |m, a| {
        Box::pin(servers::probe(m, a))
    })
    .calling(),
    Route::get("/servers/import/paths", "Where other programs keep their servers", |m, a| {
        Box::pin(imports::paths(m, a))
    }),
    Route::post("/servers/import", "Adds the servers of a file that is sent", |m, a| Box::pin(imports::upload(m, a)))
        .with_file(),
    Route::post("/servers/import/path", "Adds the servers of a file on the machine of the core", |m, a| {
        Box::pin(imports::path(m, a))
    }),
    Route::post("/servers/import/json", "Adds the servers of another program's settings", |m, a| {
        Box::pin(imports::json(m, a))
    })
    .with_file(),
    Route::get("/servers/{id}", "One server", |m, a| Box::pin(servers::get(m, a))),
    Route::patch("/servers/{id}", "Changes a server", |m, a| Box::pin(servers::patch(m, a))),
    Route::delete("/servers/{id}", "Removes a server", |m, a| Box::pin(servers::remove(m, a))),
    Route::act("/servers/{id}/enable", "Switches a server on", |m, a| Box::pin(servers::enable(m, a))),
    Route::act("/servers/{id}/disable", "Switches a server off", |m, a| Box::pin(servers::disable(m, a))),
    Route::act("/servers/{id}/restart", "Starts a server again", |m, a| Box::pin(servers::restart(m, a))),
    Route::act("/servers/{id}/quarantine", "Holds a server until it is approved", |m, a| {
        Box::pin(servers::quarantine(m, a))
    }),
    Route::post("/servers/{id}/unquarantine", "Approves a server", |m, a| Box::pin(servers::unquarantine(m, a))),
    Route::act("/servers/{id}/discover-tools", "Asks a server for its tools again", |m, a| {
        Box::pin(servers::discover(m, a))
    }),
    Route::act("/servers/{id}/refresh", "The same as discover-tools", |m, a| Box::pin(servers::refresh(m, a))),
    Route::get("/servers/{id}/tools", "The tools of a server", |m, a| Box::pin(servers::tools(m, a))),
    Route::get("/servers/{id}/tools/export", "The tools of a server, as a file", |m, a| Box::pin(filter::export(m, a))),
    Route::act("/servers/{id}/tools/enable_all", "Lets all tools of a server through", |m, a| {
        Box::pin(filter::enable_all(m, a))
    }),
    Route::act("/servers/{id}/tools/disable_all", "Holds all tools of a server back", |m, a| {
        Box::pin(filter::disable_all(m, a))
    }),
    Route::post("/servers/{id}/tools/{tool}/enabled", "Lets one tool through, or holds it back", |m, a| {
        Box::pin(filter::switch(m, a))
    }),
    Route::get("/servers/{id}/logs", "The last lines of a server's log", |m, a| Box::pin(servers::logs(m, a))),
    Route::get("/servers/{id}/diagnostics", "What is wrong with a server", |m, a| Box::pin(servers::diagnostics(m, a))),
    Route::get("/servers/{id}/tool-calls", "The last calls of a server's tools", |m, a| {
        Box::pin(calls::of_server(m, a))
    }),
    Route::get("/tools", "All tools", |m, a| Box::pin(tools::list(m, a))),
    Route::get("/index/search", "Finds tools as an agent would", |m, a| Box::pin(tools::search(m, a))),
    Route::post("/tools/call", "Calls one of the built-in tools, and with it any tool of a server", |m, a| {
        Box::pin(tools::call(m, a))
    })
    .calling(),
    Route::get("/tool-calls", "The last calls", |m, a| Box::pin(calls::list(m, a))),
    Route::get("/tool-calls/{id}", "One call", |m, a| Box::pin(calls::get(m, a))),
    Route::post("/tool-calls/{id}/replay", "Calls a tool again, with other arguments", |m, a| {
        Box::pin(calls::replay(m, a))
    })
    .calling(),
    Route::get("/config", "The settings, secrets hidden", |m, a| Box::pin(settings::get(m, a))),
    Route::patch("/config", "Changes settings", |m, a| Box::pin(settings::patch(m, a))),
    Route::post("/config/validate", "What is wrong with settings", |m, a| Box::pin(settings::validate(m, a))),
    Route::post("/config/apply", "Replaces the settings", |m, a| Box::pin(settings::apply(m, a))),
    Route::get("/secrets/refs", "The secrets that the settings refer to", |m, a| Box::pin(secrets::refs(m, a))),
    Route::get("/secrets/config", "Which of these secrets are set", |m, a| Box::pin(secrets::config(m, a))),
    Route::get("/connect", "The AI clients on this machine; no file of theirs is read", |m, a| {
        Box::pin(connect::list(m, a))
    }),
    Route::get("/connect/{client}", "One client, with a look into its file", |m, a| Box::pin(connect::get(m, a))),
    Route::get("/connect/{client}/preview", "What connecting a client would change", |m, a| {
        Box::pin(connect::preview(m, a))
    }),
    Route::post("/connect/{client}", "Puts our entry into the settings of a client", |m, a| {
        Box::pin(connect::connect(m, a))
    })
    .calling(),
    Route::post("/connect/{client}/undo", "Takes a connect back, if nobody has written the file since", |m, a| {
        Box::pin(connect::undo(m, a))
    })
    .calling(),
    Route::delete("/connect/{client}", "Takes our entry out of the settings of a client", |m, a| {
        Box::pin(connect::disconnect(m, a))
    })
    .with_body()
    .calling(),
    Route::get("/activity", "What happened", |m, a| Box::pin(activity::list(m, a))),
    Route::get("/activity/summary", "How much happened", |m, a| Box::pin(activity::summary(m, a))),
    Route::get("/activity/usage", "What tools were used for", |m, a| Box::pin(activity::usage(m, a))),
    Route::get("/activity/export", "What happened, as a file", |m, a| Box::pin(activity::export(m, a))),
    Route::get("/activity/{id}", "One thing that happened", |m, a| Box::pin(activity::get(m, a))),
];
