//! The window: our own page while no core is there, and the core's page once one is.

use mcpproxy_ipc_proto::call::GetInfo;
use mcpproxy_tests::{binary, scratch::read};
use serde_json::json;

use super::{fake, servers};
use crate::stage::{Desktop, browser::Browser, core, skip};

#[test]
fn our_own_page_says_what_is_wrong_and_gives_way_to_the_cores() {
    let Some(desktop) = Desktop::found() else { return };
    std::fs::write(desktop.scratch.settings(), "{\n  \"mcpServers\": [],,\n}\n").unwrap();
    let Some(browser) = Browser::start(&desktop) else { return };
    browser.until_shows("Faults in the settings");
    browser.until_shows("line 2");
    let can = browser.run("return Object.keys(window.__TAURI_INTERNALS__ || {}).length > 0", &json!([]));
    assert_eq!(can, true, "our own page speaks to the tray");
    desktop.settings(&servers(&[fake("fake")]));
    browser.click("Retry");
    if has_page() {
        browser.until_shows("Your server is ready");
    }
    core::until_ready(&desktop.scratch, "fake");
}

#[test]
fn the_cores_page_is_shown_signed_in_and_without_any_power_over_the_tray() {
    let Some(desktop) = Desktop::found() else { return };
    if !has_page() {
        return;
    }
    desktop.settings(&servers(&[fake("fake")]));
    let Some(browser) = Browser::start(&desktop) else { return };
    browser.until_shows("Your server is ready");
    let info = core::ask(&desktop.scratch, &GetInfo {}).unwrap();
    let address = browser.address();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let settings: serde_json::Value = serde_json::from_str(&read(&desktop.scratch.settings())).unwrap();
    if let Some(key) = settings.get("api_key").and_then(serde_json::Value::as_str) {
        assert!(!address.contains(key), "no key stands in an address");
        assert!(!browser.run("return document.documentElement.outerHTML", &json!([])).to_string().contains(key));
    }
    assert!(!address.contains("apikey") && !address.contains("ticket="), "{address} of {}", info.web_ui_url);
    let wish =
        "const done = arguments[0]; try { return typeof window.__TAURI_INTERNALS__?.invoke } catch { return 'none' }";
    let invoke = browser.run(wish, &json!([]));
    if invoke == "function" {
        // the way in is there for every page; what comes through it is refused for this one
        let try_it =
            "return window.__TAURI_INTERNALS__.invoke('wish', {wish: 'quit'}).then(() => 'done', () => 'refused')";
        assert_eq!(browser.run(try_it, &json!([])), "refused");
    }
    core::until_ready(&desktop.scratch, "fake");
}

fn has_page() -> bool {
    let there = binary::root().join("ui/dist/index.html").exists();
    if !there {
        skip("the web page is not built");
    }
    there
}
