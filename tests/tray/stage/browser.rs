//! The tray's window, looked into and clicked through WebKitWebDriver (W3C WebDriver). The driver starts the tray.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use mcpproxy_tests::{
    Trouble, binary,
    http::{Connection, Request},
    until,
};
use serde_json::{Value, json};

use super::{Desktop, has, skip};

/// The name under which an element is handed over.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
}

impl Browser {
    /// Starts the tray with its window shown; `None`, and said why, where the driver is missing.
    pub fn start(desktop: &Desktop) -> Option<Self> {
        if !has("WebKitWebDriver") {
            skip("WebKitWebDriver is missing");
            return None;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new("WebKitWebDriver");
        command.args([format!("--port={port}"), "--host=127.0.0.1".to_owned()]);
        desktop.dress(&mut command);
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").env("MCPPROXY_CORE_PATH", binary::mcpproxy().unwrap());
        command.env("MCPPROXY_TRAY_LISTEN", super::tray::ANY_PORT);
        let driver = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut browser = Self { driver, address, session: String::new() };
        until("a driver that answers", || Ok(Connection::open(address).ok().map(drop))).unwrap();
        let data = desktop.scratch.data();
        let options = json!({ "binary": desktop.binary, "args": ["--show", "--data-dir", data] });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let session = browser.ask("POST", "/session", &wanted).unwrap();
        browser.session = format!("/session/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// The address of the page.
    pub fn address(&self) -> String {
        self.of_session("GET", "/url", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// The text that is seen.
    pub fn text(&self) -> String {
        self.run("return document.body ? document.body.innerText : ''", &json!([]))
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until the page shows these words.
    pub fn until_shows(&self, words: &str) {
        let mut last = String::new();
        let seen = until(words, || {
            last = self.text();
            Ok(last.contains(words).then_some(()))
        });
        seen.unwrap_or_else(|trouble| panic!("{trouble}\n{} shows:\n{last}", self.address()));
    }

    /// Clicks the button or the link with these words.
    pub fn click(&self, words: &str) {
        let find = "return [...document.querySelectorAll('button,a')].find(it => it.innerText.trim() === arguments[0])";
        let found = until(&format!("a button {words:?}"), || {
            let found = self.run(find, &json!([words]));
            Ok(found.get(ELEMENT).and_then(Value::as_str).map(str::to_owned))
        });
        let found = found.unwrap_or_else(|trouble| panic!("{trouble}\nthe page shows:\n{}", self.text()));
        self.of_session("POST", &format!("/element/{found}/click"), &json!({}));
    }

    /// Runs a script in the page. While one page goes and the next comes there is none, which gives nothing.
    pub fn run(&self, script: &str, args: &Value) -> Value {
        let body = json!({ "script": script, "args": args });
        self.ask("POST", &format!("{}/execute/sync", self.session), &body).unwrap_or_default()
    }

    /// Ends the tray by ending the session.
    pub fn close(&mut self) {
        let session = std::mem::take(&mut self.session);
        if !session.is_empty() {
            let _ = self.ask("DELETE", &session, &Value::Null);
        }
    }

    fn of_session(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(method, &format!("{}{path}", self.session), body).unwrap()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Trouble> {
        let request = Request::new(method, self.address, path);
        let request = if body.is_null() { request } else { request.with_body(&body.to_string()) };
        let reply = Connection::open(self.address)?.ask(&request.with("Connection", "close"))?;
        let told: Value = serde_json::from_str(&reply.body).map_err(Trouble::with(&reply.body))?;
        match reply.status {
            200 => Ok(told["value"].clone()),
            status => Err(Trouble::new(format!("{method} {path}: {status}: {}", reply.body))),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.close();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
