//! The index as its users meet it: what is found, what is not, and when. The rules of the parts are tested beside them.

mod ranking;

use mcpproxy_domain::{ServerName, ToolId};

use crate::{Document, Error, Hit, Searcher, Writer, open};

/// The document of a tool.
fn document(id: &str, description: &str) -> Document {
    Document { id: ToolId::parse(id).unwrap(), description: description.into(), input_schema: None }
}

/// Replaces what is indexed of a server by these tools and descriptions.
async fn replace(writer: &Writer, server: &str, tools: &[(&str, &str)]) {
    let documents = tools.iter().map(|(tool, description)| document(&format!("{server}:{tool}"), description));
    writer.replace(ServerName::new(server).unwrap(), documents.collect()).committed().await.unwrap();
}

/// What is found, as ids.
fn ids(searcher: &Searcher, query: &str, limit: usize) -> Vec<String> {
    searcher.search(query, limit, |_| true).unwrap().into_iter().map(|hit| hit.id.to_string()).collect()
}

#[tokio::test]
async fn an_update_replaces_one_server_and_touches_no_other() {
    let (writer, searcher) = open().unwrap();
    assert!(searcher.is_empty());
    assert!(ids(&searcher, "anything", 9).is_empty());
    replace(&writer, "a", &[("red", "paint"), ("blue", "paint")]).await;
    replace(&writer, "b", &[("red", "paint")]).await;
    assert_eq!(ids(&searcher, "paint", 9), ["a:blue", "a:red", "b:red"]);
    replace(&writer, "a", &[("red", "varnish"), ("green", "paint")]).await;
    assert_eq!(ids(&searcher, "paint", 9), ["a:green", "b:red"]);
    assert_eq!(ids(&searcher, "varnish", 9), ["a:red"]);
    assert_eq!(searcher.len(), 3);
    writer.remove(ServerName::new("a").unwrap()).committed().await.unwrap();
    assert_eq!(ids(&searcher, "paint varnish", 9), ["b:red"]);
    writer.remove(ServerName::new("b").unwrap()).committed().await.unwrap();
    assert!(searcher.is_empty() && ids(&searcher, "paint", 9).is_empty());
}

#[tokio::test]
async fn many_updates_leave_few_segments_and_no_dead_weight() {
    let (writer, searcher) = open().unwrap();
    for round in ["early", "middle", "late"] {
        for server in 0..30 {
            replace(&writer, &format!("s{server}"), &[("x", round), ("y", "always")]).await;
        }
    }
    assert_eq!(ids(&searcher, "late", 99).len(), 30);
    assert!(ids(&searcher, "middle", 99).is_empty());
    let (segments, dead) = searcher.segments();
    assert!(segments <= 9 && dead <= 4, "{segments} segments with {dead} dead documents");
}

#[tokio::test]
async fn the_latest_of_waiting_updates_counts_and_all_are_acknowledged() {
    let (writer, searcher) = open().unwrap();
    let server = ServerName::new("s").unwrap();
    let update =
        |n: usize| writer.replace(server.clone(), vec![document("s:tool", if n == 199 { "final" } else { "draft" })]);
    let receipts: Vec<_> = (0..200).map(update).collect();
    for receipt in receipts {
        receipt.committed().await.unwrap();
    }
    assert_eq!(ids(&searcher, "final", 9), ["s:tool"]);
    assert!(ids(&searcher, "draft", 9).is_empty());
}

#[tokio::test]
async fn a_dropped_writer_ends_its_receipts_and_leaves_the_search() {
    let (writer, searcher) = open().unwrap();
    replace(&writer, "s", &[("tool", "kept")]).await;
    let documents = (0..2000).map(|n| document(&format!("s:t{n}"), "late")).collect();
    let late = writer.replace(ServerName::new("s").unwrap(), documents);
    let never = writer.replace(ServerName::new("t").unwrap(), vec![document("t:tool", "never")]);
    drop(writer);
    let late = late.committed().await;
    // Depending on when the thread looks, it has begun the updates or not; either way it ends and says so.
    match never.committed().await {
        Ok(()) => assert_eq!(ids(&searcher, "never", 9), ["t:tool"]),
        Err(error) => assert!(matches!(error, Error::Stopped)),
    }
    assert_eq!(ids(&searcher, if late.is_ok() { "t7" } else { "kept" }, 1).len(), 1);
}

#[tokio::test]
async fn the_filter_stands_before_the_cut() {
    let (writer, searcher) = open().unwrap();
    let hidden: Vec<_> = (0..500).map(|n| format!("send_message_{n}")).collect();
    let hidden: Vec<_> = hidden.iter().map(|name| (name.as_str(), "send a message")).collect();
    replace(&writer, "hidden", &hidden).await;
    replace(&writer, "open", &[("post", "hand over a letter, a parcel, or at times some kind of message")]).await;
    let visible = |id: &ToolId| id.server.as_str() == "open";
    let found = searcher.search("send message", 5, visible).unwrap();
    assert_eq!(found.iter().map(|hit| hit.id.to_string()).collect::<Vec<_>>(), ["open:post"]);
    assert_eq!(searcher.search("send message", 5, |id| !visible(id)).unwrap().len(), 5);
    for name in ["hidden:send_message_7", "send_message_7"] {
        let found = searcher.search(name, 1, visible).unwrap();
        assert!(found.iter().all(|hit| visible(&hit.id)), "an exact name does not open what is closed");
    }
}

#[tokio::test]
async fn names_typed_as_they_are_come_first() {
    let (writer, searcher) = open().unwrap();
    let decoy = "create issue create issue github create_issue github:create_issue";
    replace(&writer, "github", &[("create_issue", "x"), ("create_issue_comment", decoy), ("the", "")]).await;
    replace(&writer, "gitlab", &[("create_issue", "x"), ("createIssue", decoy)]).await;
    replace(&writer, "odd", &[("_:_", "a tool without a word in its name")]).await;
    for (query, expected) in [
        ("github:create_issue", &["github:create_issue"][..]),
        (" gitlab:create_issue\n", &["gitlab:create_issue"]),
        ("create_issue", &["github:create_issue", "gitlab:create_issue"]),
        ("createIssue", &["gitlab:createIssue"]),
        ("the", &["github:the"]),
        ("_:_", &["odd:_:_"]),
        ("odd:_:_", &["odd:_:_"]),
    ] {
        let hits = searcher.search(query, 5, |_| true).unwrap();
        let found: Vec<_> = hits.iter().map(|hit| hit.id.to_string()).collect();
        assert_eq!(found[..expected.len()], *expected, "{query:?}");
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score), "{hits:?}");
        assert!(found.iter().enumerate().all(|(at, id)| !found[..at].contains(id)), "{found:?}");
    }
    assert!(searcher.search("create_issue", 0, |_| true).unwrap().is_empty());
}

#[tokio::test]
async fn queries_without_words_and_queries_of_stop_words() {
    let (writer, searcher) = open().unwrap();
    replace(&writer, "s", &[("who_is", "owner of a domain"), ("what", "an oracle"), ("other", "nothing like it")])
        .await;
    for query in ["", "  ", "?!", "___"] {
        assert!(matches!(searcher.search(query, 5, |_| true), Err(Error::EmptyQuery)), "{query:?}");
    }
    assert_eq!(ids(&searcher, "who is", 5)[0], "s:who_is");
    assert_eq!(ids(&searcher, "what is the owner", 5), ["s:who_is"], "stop words count only among themselves");
}

#[tokio::test]
async fn equal_tools_stand_in_the_order_of_their_ids() {
    let servers = ["delta", "alpha", "gamma", "beta"];
    let expected = ["alpha:ping", "beta:ping", "delta:ping", "gamma:ping"];
    let answers = async |order: &[&str]| {
        let (writer, searcher) = open().unwrap();
        for server in order {
            replace(&writer, server, &[("ping", "say hello"), ("noise", "hello world, and a lot more than that")])
                .await;
        }
        searcher.search("say hello to the world, ping", 4, |id| &*id.tool == "ping").unwrap()
    };
    let first: Vec<Hit> = answers(&servers).await;
    assert_eq!(first.iter().map(|hit| hit.id.to_string()).collect::<Vec<_>>(), expected);
    let mut reversed = servers;
    reversed.reverse();
    assert_eq!(answers(&reversed).await, first, "the order of arrival leaves no trace");
}

#[tokio::test]
async fn schemas_are_searched_by_their_words_only() {
    let (writer, searcher) = open().unwrap();
    let schema =
        r#"{"type":"object","properties":{"zip_code":{"type":"string","description":"Where the parcel goes"}}}"#;
    let mut tool = document("post:track", "");
    tool.input_schema = Some(schema.into());
    let mut broken = document("post:broken", "parcel");
    broken.input_schema = Some("{".into());
    writer.replace(ServerName::new("post").unwrap(), vec![tool, broken]).committed().await.unwrap();
    assert_eq!(ids(&searcher, "zipCode", 5), ["post:track"]);
    assert_eq!(ids(&searcher, "parcels", 5).len(), 2);
    assert!(ids(&searcher, "properties object string description type", 5).is_empty());
}
