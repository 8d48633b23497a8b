//! The model that agents talk to, as a process, and what it noted of each request.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Stdio},
};

use mcpproxy_tests::{Core, Ran, Scratch, peers, scratch::read};
use serde_json::Value;

use crate::stage::{ANSWER, ARGUMENTS, QUESTION, search_schema};

/// A model that listens. Dropped, it is killed.
pub struct Model {
    child: Child,
    log: PathBuf,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub url: String,
}

impl Model {
    pub fn start(home: &Scratch) -> Self {
        Self::asking(home, QUESTION, ARGUMENTS)
    }

    /// A model that searches with this question, and calls what it finds with these arguments.
    pub fn asking(home: &Scratch, question: &str, arguments: &str) -> Self {
        let log = home.file("model.log");
        let model = peers::python_client("model.py", &[question, arguments, &log.to_string_lossy()]).unwrap();
        let mut command = model.command();
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, log, url: url.trim_end().to_owned() }
    }

    /// The requests that offered tools, in their order: the steps of the agent's turn. Side questions are left out.
    pub fn steps(&self) -> Vec<Value> {
        let lines = read(&self.log);
        let requests = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        requests.filter(|request| request["tools"].as_array().is_some_and(|tools| !tools.is_empty())).collect()
    }

    /// Looks at a turn that has ended: one step to search, one to call what was found, one to tell the result, and the
    /// result came out of the agent. Gives the first request.
    pub fn check_turn(&self, ran: &Ran) -> Value {
        let steps = self.steps();
        let told = || format!("{steps:#?}\nstdout: {}\nstderr: {}", ran.stdout, ran.stderr);
        let called: Vec<_> = steps.iter().map(|step| step["called"].as_str().unwrap_or("-")).collect();
        assert!(
            matches!(called[..], [search, call, "-"] if search.ends_with("retrieve_tools") && call.ends_with("call_tool_read")),
            "{called:?}\n{}",
            told()
        );
        assert!(ran.stdout.contains(ANSWER) && ran.stdout.trim_end().ends_with("DONE"), "{}", told());
        steps[0].clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks whether a request offers `retrieve_tools` with everything that it takes. Clients write schemas anew and add
/// parameters of their own, so it is our parameters that are compared, not the bytes.
pub fn assert_offers_search(first: &Value, core: &Core) {
    let (seen, given) = (&first["schema"], search_schema(core));
    assert_eq!(seen["required"], given["required"], "{first:#}");
    let parameters = given["properties"].as_object().unwrap();
    assert!(parameters.len() > 3, "{given}");
    for (name, parameter) in parameters {
        for part in ["type", "description", "enum"] {
            assert_eq!(seen["properties"][name][part], parameter[part], "{name}: {part}\n{first:#}");
        }
    }
}
