//! A command line: its words, its variables in front, and what the server that it starts is called.
//! Not here: commands that add a server to another program (`client`).

use serde_json::{Map, Value};

use crate::{ImportError, name};

/// Splits a line into words as a shell does, without expanding anything.
pub(crate) fn split(line: &str) -> Result<Vec<String>, ImportError> {
    // the end of a line between words would count as an empty word
    let line = line.replace("\\\r\n", "").replace("\\\n", "");
    // In a path of Windows a backslash quotes nothing.
    let windows = !line.contains('\'') && (line.contains(":\\") || line.starts_with(".\\") || line.starts_with("\\\\"));
    let words = if windows { shlex::split(&line.replace('\\', "\\\\")) } else { shlex::split(&line) };
    words.ok_or(ImportError::Quotes)
}

/// An entry of a command line: leading `NAME=value` words are its variables. None without a program.
pub(crate) fn entry(words: &[String]) -> Option<Map<String, Value>> {
    let mut words = words;
    if let [first, rest @ ..] = words
        && first == "env"
        && rest.first().is_some_and(|word| variable(word).is_some())
    {
        words = rest;
    }
    let mut env = Map::new();
    while let [first, rest @ ..] = words
        && let Some((name, value)) = variable(first)
    {
        env.insert(name.to_owned(), value.into());
        words = rest;
    }
    let (program, args) = words.split_first()?;
    let mut entry = Map::new();
    entry.insert("command".into(), program.as_str().into());
    entry.insert("args".into(), args.into());
    entry.insert("env".into(), env.into());
    Some(entry)
}

/// A word that sets a variable.
pub(crate) fn variable(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|(name, _)| is_variable(name))
}

/// Whether a text can name a variable.
pub(crate) fn is_variable(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
}

/// The program of a path, in small letters and without the ending that Windows gives it.
pub(crate) fn base(program: &str) -> String {
    let file = program.rsplit(['/', '\\']).next().unwrap_or(program).to_ascii_lowercase();
    [".exe", ".cmd", ".bat"].into_iter().find_map(|end| file.strip_suffix(end)).unwrap_or(&file).to_owned()
}

/// Programs that are sent to run something else. A command given as one text is split only if it begins with one.
pub(crate) fn is_runner(program: &str) -> bool {
    const RUNNERS: [&str; 20] = [
        "npx", "bunx", "pnpx", "npm", "pnpm", "yarn", "bun", "deno", "node", "tsx", "uvx", "uv", "pipx", "python",
        "python3", "py", "docker", "podman", "cmd", "java",
    ];
    RUNNERS.contains(&base(program).as_str())
}

/// Runners that do nothing without a package.
pub(crate) fn needs_package(program: &str) -> bool {
    ["npx", "uvx", "pipx"].contains(&base(program).as_str())
}

/// Programs that give dollar signs in their arguments a meaning of their own.
pub(crate) fn is_shell(program: &str) -> bool {
    ["sh", "bash", "zsh", "dash", "fish", "cmd", "powershell", "pwsh"].contains(&base(program).as_str())
}

/// What a server that is started so is called.
pub(crate) fn name(program: &str, args: &[String]) -> Option<String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    target(program, &args, 0).or_else(|| name::from_script(program))
}

/// The name of what a runner runs. A runner may run another one, a few times over.
fn target(program: &str, args: &[&str], depth: usize) -> Option<String> {
    const PACKAGE: [&str; 4] = ["-p", "--package", "-c", "--registry"];
    const PYTHON: [&str; 12] = [
        "--from",
        "--with",
        "--with-editable",
        "--with-requirements",
        "--python",
        "-p",
        "--index-url",
        "--directory",
        "--project",
        "--env-file",
        "--extra",
        "--spec",
    ];
    let next = |args: &[&str], valued: &[&str]| {
        let at = first(args, valued)?;
        let (program, rest) = args.get(at..)?.split_first()?;
        if depth < 4 { target(program, rest, depth + 1).or_else(|| name::from_script(program)) } else { None }
    };
    match (base(program).as_str(), args) {
        ("npx" | "bunx" | "pnpx", args)
        | ("npm" | "pnpm" | "yarn", ["exec" | "dlx" | "x", args @ ..])
        | ("bun", ["x", args @ ..]) => {
            let at = first(args, &PACKAGE)?;
            let package = args.get(at)?;
            if base(package).starts_with("mcp-remote") {
                return args.iter().find_map(|arg| name::from_url(arg));
            }
            name::from_package(package)
        }
        ("uvx", _) => name::from_package(args.get(first(args, &PYTHON)?)?),
        ("pipx", ["run", rest @ ..]) => name::from_package(rest.get(first(rest, &PYTHON)?)?),
        ("uv", _) => {
            let rest = args.get(first(args, &PYTHON)? + 1..)?;
            match args.get(first(args, &PYTHON)?)? {
                &"tool" => name::from_package(rest.get(1 + first(rest.get(1..)?, &PYTHON)?)?),
                _ => {
                    let folder = args.iter().zip(args.iter().skip(1)).find(|(key, _)| **key == "--directory");
                    let script = next(rest, &PYTHON);
                    let is_common =
                        script.as_deref().is_none_or(|name| ["server", "main", "run", "mcp"].contains(&name));
                    folder.filter(|_| is_common).and_then(|(_, path)| name::from_script(path)).or(script)
                }
            }
        }
        ("python" | "python3" | "py", _) => match args.iter().position(|arg| *arg == "-m") {
            Some(at) => name::from_package(args.get(at + 1)?.split('.').next()?),
            None => name::from_script(args.get(first(args, &[])?)?),
        },
        ("bun" | "deno", ["run", rest @ ..]) => name::from_script(rest.get(first(rest, &[])?)?),
        ("node" | "tsx" | "ts-node" | "bun" | "deno" | "java", _) => {
            name::from_script(args.get(first(args, &["-r", "--require", "--import", "--loader", "--env-file"])?)?)
        }
        ("docker" | "podman", _) => name::from_package(image(args)?),
        ("cmd", ["/c" | "/C" | "/k" | "/K", rest @ ..]) | ("env" | "sudo", rest) => next(rest, &[]),
        _ => None,
    }
}

/// The image of `docker run`.
fn image<'a>(args: &[&'a str]) -> Option<&'a str> {
    const VALUED: [&str; 28] = [
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "--name",
        "-p",
        "--publish",
        "--network",
        "--net",
        "-w",
        "--workdir",
        "-u",
        "--user",
        "--entrypoint",
        "--platform",
        "--add-host",
        "-l",
        "--label",
        "-m",
        "--memory",
        "--pull",
        "-h",
        "--hostname",
        "--gpus",
        "--cpus",
        "--dns",
    ];
    let args = args.get(args.iter().position(|arg| *arg == "run")? + 1..)?;
    args.get(first(args, &VALUED)?).copied()
}

/// The first word that is neither an option nor the value of one.
fn first(args: &[&str], valued: &[&str]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *args.get(at)? {
            "--" => return Some(at + 1).filter(|at| *at < args.len()),
            option if valued.contains(&option) => at += 2,
            option if option.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_tells_the_name_of_its_server() {
        for (line, expected) in [
            ("npx -y @modelcontextprotocol/server-everything", "everything"),
            ("npx -y --package=@x/y-mcp serve", "serve"),
            ("npx -p @x/tools weather-mcp", "weather"),
            ("npx -y mcp-remote@latest https://mcp.linear.app/sse", "linear"),
            ("npm exec -- @x/notes-mcp", "notes"),
            ("uvx mcp-server-time --local-timezone=UTC", "time"),
            ("uvx --from git+https://github.com/oraios/serena serena start-mcp-server", "serena"),
            ("uv --directory /opt/weather run server.py", "weather"),
            ("uv run --with mcp files.py", "files"),
            ("uv tool run mcp-server-git", "git"),
            ("pipx run mcp-server-fetch", "fetch"),
            ("python -m mcp_server_git.main", "git"),
            ("python3 -u notes/server.py", "notes"),
            ("node --import tsx ./server.js", "server"),
            ("deno run -A https.ts", "https"),
            ("docker run -i --rm -e TOKEN --mount type=bind,src=/a,dst=/b mcp/fetch", "fetch"),
            ("docker run -i --rm ghcr.io/github/github-mcp-server stdio", "github"),
            ("cmd /c npx -y @upstash/context7-mcp@latest", "context7"),
            ("/opt/tools/notes-server --stdio", "notes"),
            ("cmd /c cmd /c cmd /c cmd /c cmd /c npx x", "cmd"),
        ] {
            let words = split(line).unwrap();
            let (program, args) = words.split_first().unwrap();
            assert_eq!(name(program, args).unwrap_or_default(), expected, "{line}");
        }
    }

    #[test]
    fn words_are_those_of_a_shell_and_paths_of_windows_keep_their_backslashes() {
        assert_eq!(split("a 'b c' \"d\\\"e\" f\\ g \\\n h").unwrap(), ["a", "b c", "d\"e", "f g", "h"]);
        assert_eq!(split(r#""C:\Program Files\x.exe" C:\a\b"#).unwrap(), [r"C:\Program Files\x.exe", r"C:\a\b"]);
        assert_eq!(split("a 'b"), Err(ImportError::Quotes));
    }

    #[test]
    fn leading_words_set_variables() {
        let words = |line| split(line).unwrap();
        let found = entry(&words("A=1 B_2='x y' npx C=3")).unwrap();
        assert_eq!(
            serde_json::to_string(&found).unwrap(),
            r#"{"command":"npx","args":["C=3"],"env":{"A":"1","B_2":"x y"}}"#
        );
        assert_eq!(entry(&words("env A=1 npx")), entry(&words("A=1 npx")));
        assert_eq!(entry(&words("A=1")), None);
        assert_eq!(entry(&words("--a=1")).unwrap()["command"], "--a=1");
    }
}
