//! The first minute of a stranger: installed as by `make install`, then the commands of the README's first screen at a
//! terminal, in an empty home, with no file written by hand, until the agent has called a tool of a real server.
//!
//! Not here: downloads, which are no work of ours: the binary is built, agent and server are installed.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use mcpproxy_tests::{Scratch, binary, clients::Clients, peers, processes, terminal::Terminal};

use crate::{
    model::Model,
    stage::{newcomer, ran},
};

/// Our commands that somebody types, and the minute that they have with all that happens in between.
const COMMANDS: usize = 4;
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_stranger_has_an_agent_call_a_tool_within_a_minute() {
    let Some((clients, scratch)) = newcomer() else { return };
    let home = Home { scratch, clients };
    home.install();
    let model = Model::asking(&home.scratch, "add two numbers", r#"{"a":19,"b":23}"#);
    let server = peers::everything("stdio").unwrap().command();
    let words: Vec<_> = [server.get_program()].into_iter().chain(server.get_args()).collect();
    let server = words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ");

    let began = Instant::now();
    let mut ours = 0;
    let mut mcpproxy = |command: &str, answers: &[(&str, &str)]| {
        ours += 1;
        home.types(command, answers)
    };
    let connected = mcpproxy("connect claude-code", &[("Start it?", ""), ("Make this change?", "")]);
    assert!(connected.contains("mcpproxy"), "{connected}");
    let add = format!("add --name everything -- {server}");
    let added = mcpproxy(&add, &[("Look at its tools now?", "yes"), ("Approve everything?", "approve")]);
    assert!(added.contains("get-sum") && added.contains("approved"), "{added}");
    let told = home.asks_agent(&model);
    let status = mcpproxy("status", &[]);
    let took = began.elapsed();

    let called: Vec<_> = model.steps().iter().map(|step| step["called"].as_str().unwrap_or("-").to_owned()).collect();
    assert!(called.len() == 3 && called[0].ends_with("retrieve_tools"), "{called:?}\n{told}");
    assert!(told.contains("42") && told.trim_end().ends_with("DONE"), "{told}");
    assert!(status.contains("Running") && status.contains("everything:get-sum"), "the call is not told:\n{status}");
    println!("the minute took {:.1} s and {ours} commands", took.as_secs_f64());
    assert!(ours <= COMMANDS && took < MINUTE, "{ours} commands, {took:?}");
}

/// The home of somebody who has Claude Code, and a core in it once it was started. Dropped, all that runs there is killed.
struct Home {
    scratch: Scratch,
    clients: Clients,
}

impl Home {
    fn install(&self) {
        let mut command = Command::new(binary::root().join("scripts/install"));
        self.scratch.settle(&mut command);
        command.env("PREFIX", self.scratch.home().join(".local")).env("BINARY", binary::mcpproxy().unwrap());
        // somebody's own PATH has nothing of ours
        ran(command.env("PATH", "/usr/bin:/bin"));
        std::os::unix::fs::symlink(self.agent().get_program(), self.scratch.home().join(".local/bin/claude")).unwrap();
    }

    /// Types a command at a terminal, answers its questions, and gives what was on the screen.
    fn types(&self, command: &str, answers: &[(&str, &str)]) -> String {
        let mut words = Command::new(self.scratch.home().join(".local/bin/mcpproxy"));
        self.settle(&mut words);
        // for root the usual place of logs is outside of any home
        words.arg("--log-dir").arg(self.scratch.file("logs")).args(command.split(' '));
        let mut terminal = Terminal::open(words).unwrap();
        for (question, answer) in answers {
            terminal.shows(question).unwrap();
            terminal.types(answer).unwrap();
        }
        let ended = terminal.ended().unwrap();
        assert_eq!(ended.code, Some(0), "{command}:\n{}", ended.stdout);
        ended.stdout
    }

    fn asks_agent(&self, model: &Model) -> String {
        let mut agent = self.agent();
        agent.env("ANTHROPIC_BASE_URL", &model.url).env("ANTHROPIC_API_KEY", "none");
        // nobody is there to be asked for permission
        ran(agent.args(["-p", "What is 19 + 23?", "--allowedTools", "mcp__mcpproxy"])).stdout
    }

    fn agent(&self) -> Command {
        self.clients.at_home(&self.clients.claude(), &self.scratch)
    }

    /// The environment of the agent is that of its user; our command is found in it, too.
    fn settle(&self, command: &mut Command) {
        let (home, agent) = (self.scratch.home(), self.agent());
        command.env_clear().current_dir(&home).env("TERM", "dumb").env("SHELL", "/bin/sh");
        command.envs(agent.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let path = agent.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap();
        let mut folders = vec![home.join(".local/bin")];
        folders.extend(std::env::split_paths(path));
        command.env("PATH", std::env::join_paths(folders).unwrap());
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for pid in processes::with_variable(&format!("HOME={}", self.scratch.home().display())) {
            let _ = processes::signal(pid, processes::Signal::Kill);
        }
    }
}
