//! What `README.md` tells people to type works. Blocks marked `sh test` are run, in order and in one shell, by somebody
//! whose home is empty; in other `sh` blocks every use of our command must be one that the command knows.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    process::Command,
    sync::PoisonError,
};

use mcpproxy_tests::{Scratch, binary, processes, run};

use crate::refusals::USUAL_PORTS;

/// A fenced block of shell.
#[derive(Debug, PartialEq)]
struct Block {
    line: usize,
    is_run: bool,
    text: String,
}

#[test]
fn the_readme_can_be_typed() {
    let _turn = USUAL_PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    if TcpListener::bind((Ipv4Addr::LOCALHOST, 8080)).is_err() {
        eprintln!("skipped: the README uses port 8080, which is taken on this machine");
        return;
    }
    let blocks = blocks(&fs::read_to_string(binary::root().join("README.md")).unwrap());
    let run_here: Vec<_> = blocks.iter().filter(|block| block.is_run).collect();
    assert!(!run_here.is_empty(), "README.md has no block that is marked: sh test");
    let scratch = Scratch::new().unwrap();
    // the README takes the standard place of logs, which for root is outside of any home
    let wrapper = format!("#!/bin/sh\nexec {:?} --log-dir \"$HOME/logs\" \"$@\"\n", binary::mcpproxy().unwrap());
    let bin = scratch.file("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("mcpproxy"), wrapper).unwrap();
    fs::set_permissions(bin.join("mcpproxy"), fs::Permissions::from_mode(0o755)).unwrap();

    let script: String =
        run_here.iter().map(|block| format!("echo 'README.md:{}' >&2\n{}", block.line, block.text)).collect();
    let mut command = Command::new("sh");
    scratch.settle(&mut command);
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path))).unwrap();
    let ran = run(command.args(["-euc", &script]).env("PATH", path));
    // a block that fails leaves what an earlier one started
    let left = processes::with_variable(&format!("HOME={}", scratch.home().display()));
    for pid in &left {
        let _ = processes::signal(*pid, processes::Signal::Kill);
    }
    let ran = ran.unwrap();
    let log = fs::read_to_string(scratch.home().join("core.log")).unwrap_or_default();
    assert_eq!(ran.code, Some(0), "{}\n{}\n{log}", ran.stdout, ran.stderr);
    assert_eq!(left, [0_u32; 0], "something that the README starts is not stopped by it");
}

#[test]
fn every_use_of_the_command_in_the_readme_is_one_that_it_knows() {
    let scratch = Scratch::new().unwrap();
    let text = fs::read_to_string(binary::root().join("README.md")).unwrap();
    for block in blocks(&text).iter().filter(|block| !block.is_run) {
        for (line, words) in uses(block) {
            let (mut commands, flags): (Vec<_>, Vec<_>) = words.iter().partition(|word| !word.starts_with('-'));
            if commands.first().is_some_and(|word| *word == "add") {
                // what follows is a command of somebody else
                commands.truncate(1);
            }
            let help = run(scratch.command().unwrap().args(commands).arg("--help")).unwrap();
            assert_eq!(help.code, Some(0), "README.md:{line}: {words:?}: {}", help.stderr);
            for flag in flags {
                let name = flag.split('=').next().unwrap();
                assert!(help.stdout.contains(name), "README.md:{line}: {name} is not known to {words:?}");
            }
        }
    }
}

#[test]
fn blocks_are_found_as_they_stand() {
    let text =
        "a\n```sh test\nmcpproxy version\n```\n```json\n{}\n```\n```sh\nFOO=1 mcpproxy tools list -s x\ny\n```\n";
    let found = blocks(text);
    let expected = [(2, true, "mcpproxy version\n"), (8, false, "FOO=1 mcpproxy tools list -s x\ny\n")];
    let seen: Vec<_> = found.iter().map(|block| (block.line, block.is_run, block.text.as_str())).collect();
    assert_eq!(seen, expected);
    assert_eq!(uses(&found[1]), [(9, vec!["tools".to_owned(), "list".to_owned(), "-s".to_owned()])]);
}

fn blocks(text: &str) -> Vec<Block> {
    let (mut found, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(block), None) => block.text += &format!("{line}\n"),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(info)) => {
                let is_run = info.split_whitespace().eq(["sh", "test"]);
                open = Some(Block { line: at + 1, is_run, text: info.to_owned() + "\n" });
            }
            (None, None) => {}
        }
    }
    found.retain_mut(|block| {
        let (info, text) = block.text.split_once('\n').unwrap();
        let is_shell = info.split_whitespace().next() == Some("sh");
        block.text = text.to_owned();
        is_shell
    });
    found
}

/// Each use of our command: its line, and its words up to the first value of a flag.
fn uses(block: &Block) -> Vec<(usize, Vec<String>)> {
    let lines = block.text.lines().enumerate();
    let uses = lines.filter_map(|(at, line)| {
        let mut words = line.split_whitespace().skip_while(|word| *word != "mcpproxy").skip(1).peekable();
        words.peek()?;
        let mut kept: Vec<String> = Vec::new();
        for word in words {
            let is_value = kept.last().is_some_and(|last| last.starts_with('-')) && !word.starts_with('-');
            if is_value || word.contains(['|', '&', '>', '<', ';', '#']) {
                break;
            }
            kept.push(word.to_owned());
        }
        Some((block.line + 1 + at, kept))
    });
    uses.collect()
}
