//! How good the ranking is, on tools and questions of our own: floors for the whole, exact first places for a few.

use std::collections::BTreeMap;

use mcpproxy_domain::{ServerName, ToolId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ids;
use crate::{Document, Searcher, open};

/// A description, and the parameters with theirs.
type Tool = (String, BTreeMap<String, String>);

#[derive(Deserialize)]
struct Fixture {
    /// By server, then by name.
    tools: BTreeMap<String, BTreeMap<String, Tool>>,
    /// A question and the tool that answers it.
    questions: Vec<(String, String)>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../../fixtures/ranking.json")).unwrap()
}

async fn indexed(fixture: &Fixture) -> Searcher {
    let (writer, searcher) = open().unwrap();
    for (server, tools) in &fixture.tools {
        let server = ServerName::new(server).unwrap();
        let documents = tools.iter().map(|(tool, (description, parameters))| {
            let property = |text: &String| json!({"type": "string", "description": text});
            let properties: BTreeMap<_, Value> = parameters.iter().map(|(name, text)| (name, property(text))).collect();
            let schema = json!({"type": "object", "properties": properties});
            Document {
                id: ToolId::new(server.clone(), tool.as_str()),
                description: description.as_str().into(),
                input_schema: Some(schema.to_string().into()),
            }
        });
        writer.replace(server.clone(), documents.collect()).committed().await.unwrap();
    }
    searcher
}

#[tokio::test]
async fn questions_find_their_tools() {
    let fixture = fixture();
    let searcher = indexed(&fixture).await;
    let (mut among_five, mut reciprocal) = (0.0, 0.0);
    for (question, tool) in &fixture.questions {
        let rank = ids(&searcher, question, 100).iter().position(|id| id == tool);
        println!("{:>5} {question}", rank.map_or_else(|| "none".to_owned(), |rank| (rank + 1).to_string()));
        among_five += f64::from(rank.is_some_and(|rank| rank < 5));
        reciprocal += rank.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0));
    }
    let count = fixture.questions.len() as f64;
    let (among_five, reciprocal) = (among_five / count, reciprocal / count);
    assert!(count >= 40.0 && searcher.len() >= 55, "a fixture too small says little");
    assert!(among_five >= 0.97 && reciprocal >= 0.90, "recall@5 {among_five:.3}, MRR {reciprocal:.3}");
}

#[tokio::test]
async fn these_questions_leave_no_doubt() {
    let searcher = indexed(&fixture()).await;
    for (question, tool) in [
        ("getting the diff of commits", "code-host:getCommitDiff"),
        ("translate this paragraph into French", "wiki:translate_text"),
        ("convert dollars into euros at today's exchange rate", "finance:convert_currency"),
        ("what columns does the customers table have", "sql:describe_table"),
        ("Kubernetes namespace pods", "cluster:list_pods"),
        ("imperial units", "weather:current"),
        ("火车票", "train-cn:query_tickets"),
        ("车站", "train-cn:station_code"),
    ] {
        assert_eq!(ids(&searcher, question, 1), [tool], "{question}");
    }
}

#[tokio::test]
async fn every_tool_is_found_by_its_own_name() {
    let fixture = fixture();
    let searcher = indexed(&fixture).await;
    for (server, tools) in &fixture.tools {
        for tool in tools.keys() {
            let id = format!("{server}:{tool}");
            assert_eq!(ids(&searcher, &id, 1), [id.as_str()]);
            assert_eq!(ids(&searcher, tool, 1), [id.as_str()]);
            let spoken = format!("{server} {}", tool.replace('_', " "));
            assert!(ids(&searcher, &spoken, 3).contains(&id), "{spoken}");
        }
    }
}
