//! Measures the search on a folder of `tools.jsonl` and `queries.dev.jsonl` and prints one line a folder.
//!
//! `cargo run --release -p mcpproxy-index --example score -- <folder>..`
//!
//! A tools file is `{id, server, name, description, input_schema?}` a line, or the path of another such file. A queries
//! file is `{id, query, gold: [id], groups?: [[id]], grades?: {id: n}}` a line; any id of a group stands for the same
//! tool, and recall is over groups. Not here: data, and floors to hold (see the golden test).

#![expect(clippy::print_stdout, reason = "printing the figures is what this program is for")]

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use mcpproxy_domain::{ServerName, ToolId};
use mcpproxy_index::{Document, Searcher, Writer, open, signature};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Answers are looked at this far for the rank of the first right tool.
const DEPTH: usize = 100;

#[derive(Deserialize)]
struct Tool {
    id: String,
    server: String,
    name: String,
    description: String,
    input_schema: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Question {
    query: String,
    gold: Vec<String>,
    groups: Option<Vec<Vec<String>>>,
    #[serde(default)]
    grades: HashMap<String, f64>,
}

/// Sums over questions.
#[derive(Default)]
struct Sums {
    recall: [f64; 3],
    reciprocal: f64,
    ndcg: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{:<16} {:>6} {:>6}  R@1  R@5 R@10  MRR nDCG   p50 us   p99 us build ms lossy %", "set", "tools", "asked");
    for folder in std::env::args().skip(1) {
        measure(Path::new(&folder)).await?;
    }
    Ok(())
}

async fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let tools = read_tools(&folder.join("tools.jsonl"))?;
    let questions: Vec<Question> = lines(&fs::read_to_string(folder.join("queries.dev.jsonl"))?)?;
    let (writer, searcher) = open()?;
    let started = Instant::now();
    let names = fill(&writer, &tools).await?;
    let build = started.elapsed();
    let (sums, mut times) = ask(&searcher, &names, &questions)?;
    times.sort_unstable();
    let share = |n: usize| times.get(times.len() * n / 100).map_or(0, Duration::as_micros);
    let lossy = tools.iter().filter(|tool| signature(tool.input_schema.as_deref().map(RawValue::get)).lossy).count();
    let mean = |sum: f64| sum / questions.len().max(1) as f64;
    let [r1, r5, r10] = sums.recall.map(mean);
    println!(
        "{:<16} {:>6} {:>6} {r1:.3} {r5:.3} {r10:.3} {:.3} {:.3} {:>8} {:>8} {:>8} {:>7.1}",
        folder.file_name().unwrap_or_default().to_string_lossy(),
        searcher.len(),
        questions.len(),
        mean(sums.reciprocal),
        mean(sums.ndcg),
        share(50),
        share(99),
        build.as_millis(),
        100.0 * lossy as f64 / tools.len().max(1) as f64,
    );
    Ok(())
}

fn read_tools(path: &Path) -> Result<Vec<Tool>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    if text.starts_with('{') {
        return lines(&text);
    }
    lines(&fs::read_to_string(path.with_file_name("").join(text.trim()))?)
}

fn lines<T: for<'a> Deserialize<'a>>(text: &str) -> Result<Vec<T>, Box<dyn Error>> {
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// Indexes server by server, as the daemon does, and tells how the tools are called in the data.
async fn fill(writer: &Writer, tools: &[Tool]) -> Result<HashMap<ToolId, String>, Box<dyn Error>> {
    let mut names = HashMap::new();
    let mut servers: BTreeMap<ServerName, Vec<Document>> = BTreeMap::new();
    for tool in tools {
        // Some sets know no servers, or names that are no names of ours, or use a name twice. Dashes hold no words.
        let mut server = tool.server.replace(':', " ").trim().to_owned();
        let id = loop {
            let id = ToolId::new(ServerName::new(if server.is_empty() { "-" } else { &server })?, tool.name.as_str());
            if !names.contains_key(&id) {
                break id;
            }
            server.push_str("--");
        };
        names.insert(id.clone(), tool.id.clone());
        let server = id.server.clone();
        servers.entry(server).or_default().push(Document {
            id,
            description: tool.description.as_str().into(),
            input_schema: tool.input_schema.as_deref().map(|schema| schema.get().into()),
        });
    }
    let receipts: Vec<_> = servers.into_iter().map(|(server, documents)| writer.replace(server, documents)).collect();
    for receipt in receipts {
        receipt.committed().await?;
    }
    Ok(names)
}

fn ask(
    searcher: &Searcher,
    names: &HashMap<ToolId, String>,
    questions: &[Question],
) -> Result<(Sums, Vec<Duration>), Box<dyn Error>> {
    let (mut sums, mut times) = (Sums::default(), Vec::new());
    for question in questions {
        let started = Instant::now();
        let hits = searcher.search(&question.query, DEPTH, |_| true)?;
        times.push(started.elapsed());
        let ids: Vec<_> = hits.iter().filter_map(|hit| names.get(&hit.id)).collect();
        let singles = || question.gold.iter().map(|id| vec![id.clone()]).collect();
        let groups = question.groups.clone().unwrap_or_else(singles);
        let ranks: Vec<_> = groups.iter().map(|group| ids.iter().position(|id| group.contains(id))).collect();
        for (sum, k) in sums.recall.iter_mut().zip([1, 5, 10]) {
            *sum += ranks.iter().flatten().filter(|rank| **rank < k).count() as f64 / groups.len().max(1) as f64;
        }
        sums.reciprocal += ranks.iter().flatten().min().map_or(0.0, |rank| 1.0 / (*rank as f64 + 1.0));
        let grade =
            |group: &Vec<String>| group.iter().map(|id| *question.grades.get(id).unwrap_or(&1.0)).fold(0.0, f64::max);
        let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let reached = groups.iter().zip(&ranks).filter_map(|(group, rank)| Some((grade(group), (*rank)?)));
        let gained: f64 = reached.filter(|(_, rank)| *rank < 10).map(|(grade, rank)| grade * discount(rank)).sum();
        let mut ideal: Vec<_> = groups.iter().map(grade).collect();
        ideal.sort_by(|a, b| b.total_cmp(a));
        let best: f64 = ideal.iter().take(10).enumerate().map(|(rank, grade)| grade * discount(rank)).sum();
        sums.ndcg += if best > 0.0 { gained / best } else { 0.0 };
    }
    Ok((sums, times))
}
