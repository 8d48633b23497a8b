//! How a person gets in at a browser, and how nobody else does.

use super::stage::{KEY, Stage};

#[tokio::test]
async fn a_ticket_becomes_a_cookie_once_and_the_address_is_clean() {
    let stage = Stage::new().await;
    let url = stage.management.ui_ticket().unwrap().url;
    let base = format!("http://{}", stage.address);
    let path = url.strip_prefix(&base).unwrap();
    assert!(path.starts_with("/ui/?ticket=") && !url.contains(KEY), "{url}");
    let reply = stage.ask("GET", &format!("{path}&tab=logs"), &[], "").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains(r#"content="0;url=/ui/?tab=logs""#), "{}", reply.body);
    let cookie = reply.header("Set-Cookie").unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(stage.ask("GET", "/ui/servers/x", &[("Cookie", cookie)], "").await.status, 200);
    assert_eq!(stage.ask("GET", "/api/v1/status", &[("Cookie", cookie)], "").await.status, 200);
    let again = stage.ask("GET", path, &[], "").await;
    assert!(again.status == 401 && again.header("Set-Cookie").is_none() && again.body.contains("mcpproxy ui"));
}

#[tokio::test]
async fn a_key_is_taken_and_its_address_cleaned_and_without_either_the_way_in_is_told() {
    let stage = Stage::new().await;
    let reply = stage.ask("GET", &format!("/ui/servers?apikey={KEY}"), &[], "").await;
    assert!(reply.status == 200 && reply.body.contains(r#"content="0;url=/ui/servers""#), "{}", reply.body);
    assert!(reply.header("Set-Cookie").is_some() && !reply.head.contains(KEY) && !reply.body.contains(KEY));
    let sly = stage.ask("GET", &format!("/ui/%22x?a=%3Cb&apikey={KEY}"), &[], "").await;
    assert!(sly.body.contains(r#"content="0;url=/ui/%22x?a=%3Cb""#), "{}", sly.body);
    for (path, status) in
        [("/ui/", 401), ("/ui/assets/x.js", 401), ("/ui/?apikey=wrong", 401), ("/ui/?ticket=wrong", 401)]
    {
        let reply = stage.ask("GET", path, &[], "").await;
        assert_eq!((reply.status, reply.header("Set-Cookie")), (status, None), "{path}");
        assert!(reply.body.contains("mcpproxy ui") && !reply.body.contains(KEY), "{path}");
    }
    let form = format!("apikey={KEY}");
    let own = format!("http://{}", stage.address);
    let typed = [("Origin", own.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    assert_eq!(stage.ask("POST", "/ui/enter", &typed, &form).await.status, 200);
    assert_eq!(stage.ask("POST", "/ui/enter", &typed, "apikey=wrong").await.status, 401);
    assert_eq!(stage.ask("POST", "/ui/enter", &[("Origin", "http://localhost:1")], &form).await.status, 401);
    assert_eq!(stage.ask("GET", "/ui/", &[("Host", "evil.example")], "").await.status, 403);
    let root = stage.ask("GET", "/", &[], "").await;
    assert_eq!((root.status, root.header("Location")), (302, Some("/ui/")));
    assert_eq!(stage.ask("GET", "/ui?ticket=1", &[], "").await.header("Location"), Some("/ui/?ticket=1"));
}
