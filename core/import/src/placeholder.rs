//! Placeholders of other programs, turned into our `${env:NAME}` where they mean the same.
//! Not here: what ours mean (`domain::secret`).

use mcpproxy_domain::secret::names_a_secret;

use crate::{Format, command::is_variable, error::Shown};

/// Which placeholders a text may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// `${NAME}`.
    braces: bool,
    /// `$NAME`.
    bare: Bare,
    /// `{env:NAME}`.
    curly: bool,
    /// `${kind:name}` is ours already.
    ours: bool,
}

/// Where `$NAME` stands for a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bare {
    Never,
    /// Only if it is the whole text: a password may hold a dollar sign.
    Whole,
    Anywhere,
    /// Anywhere, but it may be a password all the same, so it is told.
    Typed,
}

impl Dialect {
    /// What a shell would have replaced before the program saw it.
    pub(crate) const SHELL: Self = Self { braces: true, bare: Bare::Typed, curly: false, ours: false };

    /// What a program replaces in its settings; a snippet of nobody's may hold what most of them do.
    pub(crate) const fn of(format: Option<Format>) -> Self {
        match format {
            Some(Format::Mcpproxy) => Self { braces: false, bare: Bare::Never, curly: false, ours: true },
            Some(Format::Codex | Format::Zed) => Self { braces: false, bare: Bare::Never, curly: false, ours: false },
            Some(Format::Gemini) => Self { braces: true, bare: Bare::Anywhere, curly: false, ours: false },
            Some(Format::OpenCode) => Self { braces: true, bare: Bare::Never, curly: true, ours: false },
            _ => Self { braces: true, bare: Bare::Whole, curly: false, ours: false },
        }
    }

    /// The same, for texts that a shell reads later: it replaces variables itself.
    pub(crate) const fn for_a_shell(self) -> Self {
        Self { braces: false, bare: Bare::Never, ..self }
    }

    /// A text with our references. `variable` is the name of the variable whose value this is.
    pub(crate) fn translate(self, text: &str, variable: Option<&str>, warnings: &mut Vec<String>) -> String {
        let mut done = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(['$', '{']) {
            let (before, here) = rest.split_at(at);
            done.push_str(before);
            let is_whole = before.len() + here.len() == text.len() && before.is_empty();
            let (len, reference) = self.reference(here, is_whole, variable, warnings);
            let (taken, tail) = here.split_at(len);
            done.push_str(reference.as_deref().unwrap_or(taken));
            rest = tail;
        }
        done + rest
    }

    /// The placeholder at the start of a text: its length, and what stands for it here, if that is something else.
    fn reference(
        self,
        here: &str,
        is_whole: bool,
        variable: Option<&str>,
        warnings: &mut Vec<String>,
    ) -> (usize, Option<String>) {
        if let Some(inside) = between(here, "${") {
            let len = inside.len() + "${}".len();
            let alone = is_whole && here.len() == len;
            return (len, self.braced(inside, variable.filter(|_| alone), warnings));
        }
        if self.curly
            && let Some(inside) = between(here, "{")
            && let Some((kind @ ("env" | "file"), name)) = inside.split_once(':')
        {
            let reference = if kind == "env" && is_variable(name) { Some(env(name)) } else { None };
            if reference.is_none() {
                note(warnings, &format!("{{{inside}}} is not replaced here; write the value, or ${{env:NAME}}"));
            }
            return (inside.len() + "{}".len(), reference);
        }
        if let Some(name) = here.strip_prefix('$') {
            let end = name.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
            let len = 1 + name.len();
            let counts = match self.bare {
                Bare::Never => false,
                Bare::Whole => is_whole && here.len() == len,
                Bare::Anywhere | Bare::Typed => true,
            };
            let counts = counts && is_variable(name);
            if counts && self.bare == Bare::Typed {
                note(warnings, &format!("${name} stands for the variable {name} where the proxy starts"));
            }
            return (len, counts.then(|| env(name)));
        }
        (1, None)
    }

    fn braced(self, inside: &str, variable: Option<&str>, warnings: &mut Vec<String>) -> Option<String> {
        if self.ours {
            return None;
        }
        let unknown = |warnings: &mut Vec<String>| {
            note(warnings, &format!("${{{inside}}} is not replaced here; write the value, or ${{env:NAME}}"));
            None
        };
        if let Some((name, default)) = inside.split_once(":-").filter(|(name, _)| is_variable(name)) {
            if !self.braces {
                return None;
            }
            return Some(with_default(name, default, warnings));
        }
        match inside.split_once(':') {
            Some(("env" | "keyring", _)) => None,
            Some(("input", id)) => {
                let name = variable.filter(|name| is_variable(name)).map_or_else(|| upper(id), str::to_owned);
                let what = "is asked for by the editor";
                note(warnings, &format!("${{{inside}}} {what}; set the variable {name} where the proxy starts"));
                Some(env(&name))
            }
            Some((kind, _)) if kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => unknown(warnings),
            None if inside == "userHome" => Some(env(if cfg!(windows) { "USERPROFILE" } else { "HOME" })),
            None if matches!(inside, "pathSeparator" | "/") => Some(std::path::MAIN_SEPARATOR.to_string()),
            None if is_set_by_the_editor(inside) => unknown(warnings),
            None if self.braces && is_variable(inside) => Some(env(inside)),
            _ => None,
        }
    }
}

/// We know no defaults. A secret is never the default of a public text, so a variable that holds one is asked for.
fn with_default(name: &str, default: &str, warnings: &mut Vec<String>) -> String {
    if names_a_secret(name) || default.contains("${") {
        note(warnings, &format!("${{{name}:-..}} has no default here; set the variable {name} where the proxy starts"));
        return env(name);
    }
    note(warnings, &format!("${{{name}:-..}} is replaced by its default; write ${{env:{name}}} to use the variable"));
    default.to_owned()
}

fn is_set_by_the_editor(inside: &str) -> bool {
    let folders =
        ["workspaceFolder", "workspaceRoot", "fileWorkspaceFolder", "CLAUDE_PROJECT_DIR", "CLAUDE_PLUGIN_ROOT"];
    let files = ["file", "fileDirname", "relativeFile", "cwd", "execPath", "extensionPath", "__dirname"];
    folders.iter().any(|word| inside.starts_with(word)) || files.contains(&inside)
}

/// What stands between an opening and the next `}`.
fn between<'a>(text: &'a str, open: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.split_once('}').map(|(inside, _)| inside)
}

fn env(name: &str) -> String {
    format!("${{env:{name}}}")
}

/// The name of a variable made of an id.
fn upper(id: &str) -> String {
    let name: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if is_variable(&name) { name } else { format!("INPUT_{name}") }
}

/// Placeholders are names, so they can be shown; a text that only looks like one is cut short.
fn note(warnings: &mut Vec<String>, text: &str) {
    let text = match text.split_once('}') {
        Some((inside, rest)) => format!("{}}}{rest}", Shown::new(inside)),
        None => text.to_owned(),
    };
    if !warnings.contains(&text) {
        warnings.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(dialect: Dialect, variable: Option<&str>, text: &str, expected: &str, warnings: usize) {
        let mut told = Vec::new();
        assert_eq!(dialect.translate(text, variable, &mut told), expected, "{text}");
        assert_eq!(told.len(), warnings, "{text}: {told:?}");
    }

    #[test]
    fn placeholders_become_ours_where_they_mean_the_same() {
        let snippet = Dialect::of(None);
        for (text, expected, warnings) in [
            ("", "", 0),
            ("Bearer ${env:A}/${B}!", "Bearer ${env:A}/${env:B}!", 0),
            ("$TOKEN", "${env:TOKEN}", 0),
            ("pa$$WORD $TOKEN", "pa$$WORD $TOKEN", 0),
            ("${userHome}", if cfg!(windows) { "${env:USERPROFILE}" } else { "${env:HOME}" }, 0),
            ("${workspaceFolder}/x ${workspaceFolder}", "${workspaceFolder}/x ${workspaceFolder}", 1),
            ("${file:/x} ${command:y}", "${file:/x} ${command:y}", 2),
            ("${URL:-https://a/b}", "https://a/b", 1),
            ("${API_TOKEN:-none}", "${env:API_TOKEN}", 1),
            ("${input:my-token}", "${env:MY_TOKEN}", 1),
            ("${} ${ {} $ é${é} ${a b}", "${} ${ {} $ é${é} ${a b}", 0),
            ("{env:A}", "{env:A}", 0),
        ] {
            check(snippet, None, text, expected, warnings);
        }
        check(snippet, Some("GITHUB_TOKEN"), "${input:t}", "${env:GITHUB_TOKEN}", 1);
        check(snippet, Some("AUTH"), "Bearer ${input:t}", "Bearer ${env:T}", 1);
    }

    #[test]
    fn each_program_has_its_own() {
        let gemini = Dialect::of(Some(Format::Gemini));
        check(gemini, None, "Bearer $A_1/$b ${C} $5", "Bearer ${env:A_1}/$b ${env:C} $5", 0);
        let opencode = Dialect::of(Some(Format::OpenCode));
        check(opencode, None, "Bearer {env:A} {file:~/k} {a}", "Bearer ${env:A} {file:~/k} {a}", 1);
        check(Dialect::of(Some(Format::Codex)), None, "${A} $A", "${A} $A", 0);
        check(
            Dialect::of(Some(Format::Mcpproxy)),
            None,
            "${keyring:a} ${x:y} ${A:-b}",
            "${keyring:a} ${x:y} ${A:-b}",
            0,
        );
        check(Dialect::SHELL.for_a_shell(), None, "for a in $B ${C} ${D:-e}", "for a in $B ${C} ${D:-e}", 0);
    }
}
