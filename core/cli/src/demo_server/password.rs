//! The tool that makes up a password from the random source of the system.
//!
//! Not here: keeping it. Nothing remembers a password but the one who asked, and what stands between.

use serde_json::{Value, json};

use super::{
    notes::Notebook,
    tool::{Answer, Arguments, Effect, Fault, Tool, object},
};

/// Draws a password.
pub const GENERATE_PASSWORD: Tool = Tool {
    name: "generate_password",
    title: "Generate a password",
    description: "Makes up a random password with small and capital letters, digits and, if wanted, symbols; signs \
        that look alike are left out. The model that asks sees it, so take it for trials rather than for accounts \
        that matter.",
    effect: Effect::Draws,
    input,
    output,
    run,
};

/// Without l, I, O, 0 and 1, which are misread.
const CLASSES: [&str; 3] = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"];
const SYMBOLS: &str = "!#$%&*+-=?@_";

const LENGTHS: std::ops::RangeInclusive<u16> = 8..=128;
const LENGTH: u16 = 20;

/// The shortest password holds every class in more than a third of all draws, so this many can only fail together
/// if what is drawn is not random.
const ATTEMPTS: usize = 1000;

fn input() -> Value {
    object(
        &json!({
            "length": {
                "type": "integer", "minimum": LENGTHS.start(), "maximum": LENGTHS.end(), "default": LENGTH,
                "description": "How many characters.",
            },
            "symbols": { "type": "boolean", "default": true, "description": "Whether to use symbols such as # and %." },
        }),
        &[],
    )
}

fn output() -> Value {
    object(
        &json!({
            "password": { "type": "string", "description": "The password." },
            "entropy_bits": { "type": "integer", "description": "About how hard it is to guess, in bits." },
        }),
        &["password", "entropy_bits"],
    )
}

fn run(arguments: &Arguments<'_>, _: &mut Notebook) -> Result<Answer, Fault> {
    let length = arguments.integer("length", LENGTHS, LENGTH)?;
    let mut classes = CLASSES.to_vec();
    if arguments.flag("symbols", true)? {
        classes.push(SYMBOLS);
    }
    let password = draw(usize::from(length), &classes, &mut |bytes| getrandom::fill(bytes))?;
    let signs: usize = classes.iter().map(|class| class.len()).sum();
    let entropy = (f64::from(length) * (signs as f64).log2()) as u64;
    Ok(Answer {
        text: format!("{password} (about {entropy} bits of entropy)"),
        data: json!({ "password": password, "entropy_bits": entropy }),
    })
}

type Source<'a> = &'a mut dyn FnMut(&mut [u8]) -> Result<(), getrandom::Error>;

/// Draws whole passwords until one has a sign of every class: placing the missing ones would favour some passwords.
fn draw(length: usize, classes: &[&str], random: Source<'_>) -> Result<String, Fault> {
    let signs = classes.concat().into_bytes();
    for _ in 0..ATTEMPTS {
        let password = draw_once(length, &signs, random)?;
        if classes.iter().all(|class| password.contains(|sign| class.contains(sign))) {
            return Ok(password);
        }
    }
    Err(Fault::NotRandom)
}

fn draw_once(length: usize, signs: &[u8], random: Source<'_>) -> Result<String, Fault> {
    let mut password = String::with_capacity(length);
    let mut bytes = [0; 64];
    // bytes from here on would make the first signs more likely than the last ones
    let fair = (256 / signs.len()) * signs.len();
    for _ in 0..ATTEMPTS {
        random(&mut bytes)?;
        let even = bytes.iter().map(|byte| usize::from(*byte)).filter(|number| *number < fair);
        let drawn = even.filter_map(|number| signs.get(number % signs.len())).map(|sign| char::from(*sign));
        password.extend(drawn.take(length - password.len()));
        if password.len() == length {
            return Ok(password);
        }
    }
    Err(Fault::NotRandom)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::tests::{check, result},
        *,
    };

    #[test]
    fn passwords_have_what_was_asked_for() {
        for (arguments, length, symbols, entropy) in [
            (json!({}), 20, true, 122),
            (json!({"length": 8}), 8, true, 48),
            (json!({"length": 128, "symbols": false}), 128, false, 746),
        ] {
            let mut seen = BTreeSet::new();
            for _ in 0..50 {
                let data = result(&GENERATE_PASSWORD, arguments.clone()).unwrap().data;
                let password = data["password"].as_str().unwrap().to_owned();
                assert_eq!((password.len(), &data["entropy_bits"]), (length, &json!(entropy)));
                let holds = |class: &str| password.contains(|sign| class.contains(sign));
                assert!(CLASSES.iter().all(|class| holds(class)), "{password}");
                assert_eq!(holds(SYMBOLS), symbols, "{password}");
                seen.insert(password);
            }
            assert_eq!(seen.len(), 50, "no two are alike");
        }
        let expected = "\"length\" is 7: write a whole number from 8 to 128.";
        check(&GENERATE_PASSWORD, json!({"length": 7}), Err(expected));
        check(&GENERATE_PASSWORD, json!({"symbols": "no"}), Err("\"symbols\" is \"no\": write true or false."));
    }

    #[test]
    fn every_sign_is_as_likely_and_a_stuck_source_is_told() {
        // every byte in turn: after the last one that is fair, the next sign is the first again
        let signs = CLASSES.concat() + SYMBOLS;
        let mut next = 0u8;
        let mut counting = |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
            Ok(())
        };
        let rounds = 256 / signs.len() + 1;
        let drawn = draw_once(rounds * signs.len(), signs.as_bytes(), &mut counting).unwrap();
        assert_eq!(drawn, signs.repeat(rounds));
        for stuck in [0, 255] {
            let mut source = |bytes: &mut [u8]| {
                bytes.fill(stuck);
                Ok(())
            };
            assert!(matches!(draw(8, &CLASSES, &mut source), Err(Fault::NotRandom)), "{stuck}");
        }
    }
}
