//! Text to stems: the one analyzer, for documents and for queries alike.
//!
//! NFKC, split at whatever is neither letter nor digit, at changes of case and between letters and digits; CJK
//! characters stand alone; lower case; Porter2 stems. A name out of two capitalised words, such as `GitHub`, also counts as
//! one, since others write it so. Stop words are marked rather than dropped: the reader of the
//! stems decides. Not here: fields, weights, the engine.

use frostem::{Algorithm, Stemmer};
use icu_normalizer::ComposingNormalizerBorrowed;

/// Longer words are encoded data, not language.
const LONGEST_WORD: usize = 64;

/// A word as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stem {
    /// The stem, in lower case.
    pub(crate) text: String,
    /// Whether its word says nothing of what a tool does.
    pub(crate) stop: bool,
}

/// The stems of a text, in order, with repetitions.
pub(crate) fn stems(text: &str) -> Vec<Stem> {
    let mut left = usize::MAX;
    stems_within(text, &mut left)
}

/// The same of as many characters as are left; they are taken off. They count as they are after NFKC, which can make
/// many of one.
pub(crate) fn stems_within(text: &str, left: &mut usize) -> Vec<Stem> {
    let stemmer = Stemmer::new(Algorithm::English);
    words(text, left)
        .into_iter()
        .map(|word| {
            let stop = STOP_WORDS.binary_search(&word.as_str()).is_ok();
            let plain = !stop && word.bytes().all(|byte| byte.is_ascii_lowercase());
            let text = if plain { stemmer.stem(&word).into_owned() } else { word };
            Stem { text, stop }
        })
        .collect()
}

/// The words of a text in lower case, not stemmed.
fn words(text: &str, left: &mut usize) -> Vec<String> {
    let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut words = Words::default();
    let within = normal.chars().map_while(|c| {
        *left = left.checked_sub(1)?;
        Some(c)
    });
    let mut chars = within.filter(|&c| !is_combining(c)).map(|c| (c, Class::of(c))).peekable();
    let (mut previous, mut next) = (Class::Border, chars.next());
    while let Some((char, class)) = next {
        next = chars.next();
        let follower = next.map_or(Class::Border, |(_, class)| class);
        let plural = matches!(next, Some(('s', _))) && chars.peek().is_none_or(|&(_, class)| class != Class::Lower);
        let border = match (previous, class) {
            (Class::Border | Class::Single, _) | (_, Class::Border | Class::Single) => true,
            (Class::Digit, Class::Digit) | (Class::Lower | Class::Upper, Class::Lower) => false,
            (Class::Upper, Class::Upper) => follower == Class::Lower && !plural,
            (Class::Digit, _) | (_, Class::Digit) | (Class::Lower, Class::Upper) => true,
        };
        if border {
            words.end();
        }
        if matches!(class, Class::Border | Class::Single) {
            words.end_run();
        } else if matches!(previous, Class::Border | Class::Single) {
            words.begin_run(class);
        }
        if class != Class::Border {
            words.current.extend(char.to_lowercase());
        }
        previous = class;
    }
    words.end();
    words.end_run();
    words.done
}

#[derive(Default)]
struct Words {
    done: Vec<String>,
    current: String,
    /// Where the words begin that nothing separates, if the first of them has a capital.
    run: Option<usize>,
}

impl Words {
    fn end(&mut self) {
        let word = std::mem::take(&mut self.current);
        if !word.is_empty() && word.len() <= LONGEST_WORD {
            self.done.push(word);
        }
    }

    fn begin_run(&mut self, class: Class) {
        self.run = (class == Class::Upper).then_some(self.done.len());
    }

    /// `GitHub` is `git` and `hub`, and `github`.
    fn end_run(&mut self) {
        let run = self.run.take().and_then(|start| self.done.get(start..));
        if let Some([first, second]) = run
            && [first, second].iter().all(|word| word.chars().all(char::is_alphabetic))
        {
            self.done.push(format!("{first}{second}"));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Border,
    Digit,
    /// Also letters of scripts without case.
    Lower,
    /// A letter that is a word by itself, for want of spaces between words.
    Single,
    Upper,
}

impl Class {
    fn of(c: char) -> Self {
        match c {
            c if !c.is_alphanumeric() => Self::Border,
            c if is_cjk(c) => Self::Single,
            c if c.is_numeric() => Self::Digit,
            c if c.is_uppercase() => Self::Upper,
            _ => Self::Lower,
        }
    }
}

/// Han, kana and Hangul.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3040..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x1b000..=0x1b16f | 0x20000..=0x3ffff)
}

/// Accents that NFKC left on their own; they do not end a word.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Words that say nothing of what a tool does, and what people wrap a request in. Sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "being", "but",
    "by", "can", "could", "did", "do", "does", "each", "for", "from", "had", "has", "have", "he", "her", "here", "his",
    "how", "i", "if", "in", "into", "is", "it", "its", "let", "like", "ll", "m", "may", "me", "might", "more", "most",
    "must", "my", "need", "needs", "no", "nor", "not", "of", "on", "or", "other", "our", "please", "s", "shall", "she",
    "should", "so", "some", "such", "t", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "to", "too", "us", "ve", "very", "want", "wants", "was", "we", "were", "what", "when", "where",
    "which", "while", "who", "whom", "why", "will", "with", "would", "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_stems() {
        for (text, expected) in [
            ("getUserByID", "get user (by) id"),
            ("HTTPServer2", "http server 2"),
            ("GitHub, YouTube: open_PullRequest", "git hub github (you) tube youtub open pull request pullrequest"),
            ("create_issue", "creat issu"),
            ("list-all.files/v2beta", "list (all) file v 2 beta"),
            ("URLs and IDs", "url (and) id"),
            ("parseJSON", "pars json"),
            ("JSONs", "json"),
            ("connections connecting connected", "connect connect connect"),
            ("the User's settings", "(the) user (s) set"),
            ("ﬁle ＡＢＣ", "file abc"),
            ("Cafe\u{301} ÉCOLE", "café école"),
            ("查询天气 weather", "查 询 天 气 weather"),
            ("ファイル検索API", "フ ァ イ ル 検 索 api"),
            ("메일 보내기", "메 일 보 내 기"),
            ("данные Файла", "данные файла"),
            ("  \t--__!?", ""),
            ("", ""),
        ] {
            let found: Vec<_> =
                stems(text).into_iter().map(|s| if s.stop { format!("({})", s.text) } else { s.text }).collect();
            assert_eq!(found.join(" "), expected, "{text:?}");
        }
    }

    #[test]
    fn data_is_not_language() {
        assert!(stems(&"q".repeat(LONGEST_WORD + 1)).is_empty());
        assert_eq!(stems(&"q".repeat(LONGEST_WORD)).len(), 1);
    }

    #[test]
    fn stop_words_can_be_found() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| stems(word) == [Stem { text: (*word).to_owned(), stop: true }]));
    }
}
