//! Every route against everybody who may come: only the administrator is let in, by whatever proof.

use super::stage::{KEY, Stage};
use crate::routes::ROUTES;

#[tokio::test]
async fn nobody_but_the_administrator_gets_through_any_route() {
    let stage = Stage::new().await;
    let cookie = stage.cookie();
    let (own, other) = (format!("http://{}", stage.address), "http://localhost:1".to_owned());
    let bearer = format!("Bearer {KEY}");
    let token = format!("mcp_agt_{}", "0".repeat(64));
    let forged = format!("mcpproxy-{}={}", stage.address.port(), "0".repeat(64));
    type Who<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str);
    let strangers: Vec<Who> = vec![
        ("nobody", vec![], ""),
        ("a wrong key", vec![("X-API-Key", "wrong")], ""),
        ("a key cut short", vec![("X-API-Key", &KEY[1..])], ""),
        ("a wrong bearer", vec![("Authorization", "Bearer wrong")], ""),
        ("another scheme", vec![("Authorization", "Basic 0123")], ""),
        ("a wrong key in the query", vec![], "?apikey=wrong"),
        ("a token of agents", vec![("Authorization", &token)], ""),
        ("a forged cookie", vec![("Cookie", &forged), ("Origin", &own)], ""),
        ("the cookie on another page", vec![("Cookie", &cookie), ("Origin", &other)], ""),
        ("the cookie and a wrong key", vec![("Cookie", &cookie), ("Origin", &own), ("X-API-Key", "wrong")], ""),
    ];
    let administrator: Vec<Who> = vec![
        ("the key", vec![("X-API-Key", KEY)], ""),
        ("the key as bearer", vec![("Authorization", &bearer)], ""),
        ("the key in the query", vec![], "?apikey=0123456789abcdef-key"),
        ("a person", vec![("Cookie", &cookie), ("Origin", &own)], ""),
    ];
    for route in ROUTES {
        let path = format!("/api/v1{}", route.path)
            .replace("{id}", "nothing")
            .replace("{client}", "nothing")
            .replace("{tool}", "nothing");
        for (who, headers, query) in &strangers {
            let reply = stage.ask(route.method.as_str(), &format!("{path}{query}"), headers, "").await;
            assert_eq!(reply.status, 401, "{} {path}: {who}", route.method);
            assert!(
                reply.body.starts_with(r#"{"success":false,"error":"Invalid or missing API key"#),
                "{}",
                reply.body
            );
            assert!(reply.body.contains(reply.header("X-Request-Id").unwrap()), "{}", reply.body);
        }
        for (who, headers, query) in &administrator {
            let reply = stage.ask(route.method.as_str(), &format!("{path}{query}"), headers, "").await;
            assert!(!matches!(reply.status, 401 | 403 | 405), "{} {path}: {who}: {}", route.method, reply.body);
        }
        if route.method != http::Method::GET {
            let reply = stage.ask(route.method.as_str(), &path, &[("Cookie", &cookie)], "").await;
            assert_eq!(reply.status, 401, "{} {path}: a cookie on a page that does not say which it is", route.method);
        }
        for (name, value, status) in [("Host", "evil.example", 403), ("Origin", "http://evil.example", 403)] {
            let headers = [("X-API-Key", KEY), (name, value)];
            let reply = stage.ask(route.method.as_str(), &path, &headers, "").await;
            assert_eq!(reply.status, status, "{} {path}: {name}", route.method);
            assert!(reply.header("Access-Control-Allow-Origin").is_none());
        }
    }
}

#[tokio::test]
async fn paths_that_are_no_routes_are_refused_like_routes_and_then_not_found() {
    let stage = Stage::new().await;
    for path in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/status/", "/api/v1/servers/a/b/c", "/api/v1/tokens"]
    {
        assert_eq!(stage.ask("GET", path, &[], "").await.status, 401, "{path}");
        let reply = stage.ask("GET", path, &[("X-API-Key", KEY)], "").await;
        assert_eq!((reply.status, reply.body.as_str()), (404, "404 page not found\n"), "{path}");
    }
    let reply = stage.ask("DELETE", "/api/v1/servers", &[("X-API-Key", KEY)], "").await;
    assert_eq!((reply.status, reply.header("Allow"), reply.body.as_str()), (405, Some("GET, POST"), ""));
}

#[tokio::test]
async fn a_browser_may_ask_first_and_only_trusted_pages_may_read() {
    let stage = Stage::new().await;
    let page = ("Origin", "http://localhost:5173");
    let reply = stage.ask("OPTIONS", "/api/v1/servers", &[page, ("Access-Control-Request-Method", "PATCH")], "").await;
    assert_eq!((reply.status, reply.header("Access-Control-Allow-Origin")), (200, Some(page.1)));
    assert!(reply.header("Access-Control-Allow-Methods").unwrap().contains("PATCH"));
    assert!(reply.header("Access-Control-Allow-Credentials").is_none(), "cookies are for our own page");
    for (headers, status) in [(vec![page], 401), (vec![page, ("X-API-Key", KEY)], 200)] {
        let reply = stage.ask("GET", "/api/v1/status", &headers, "").await;
        assert_eq!((reply.status, reply.header("Access-Control-Allow-Origin")), (status, Some(page.1)));
    }
    assert_eq!(stage.ask("OPTIONS", "/api/v1/servers", &[("Origin", "null")], "").await.status, 403);
}
