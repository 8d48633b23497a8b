//! The tool that counts the days between two dates, by arithmetic on the Gregorian calendar.
//!
//! Not here: today, time of day and time zones; the answer depends on the arguments alone.

use serde_json::{Value, json};

use super::{
    notes::Notebook,
    tool::{Answer, Arguments, Effect, Fault, Tool, count, object, unfit},
};

/// Counts days and weeks, and names the weekdays.
pub const DATE_DIFFERENCE: Tool = Tool {
    name: "date_difference",
    title: "Days between two dates",
    description: "Counts the days and weeks from one calendar date to another and tells the weekday of each. Use it \
        for deadlines, ages in days, or to find the weekday of a date (give the date twice).",
    effect: Effect::Reads,
    input,
    output,
    run,
};

const EXPECTED: &str = "a date of the calendar as YYYY-MM-DD, such as \"2026-02-28\"";

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn input() -> Value {
    let date = |what: &str| json!({ "type": "string", "format": "date", "description": what });
    object(
        &json!({
            "from": date("The first date as YYYY-MM-DD, years 0001 to 9999."),
            "to": date("The second date as YYYY-MM-DD; before the first, the counts are negative."),
        }),
        &["from", "to"],
    )
}

fn output() -> Value {
    let weekday = |what: &str| json!({ "type": "string", "enum": WEEKDAYS, "description": what });
    object(
        &json!({
            "days": { "type": "integer", "description": "Days from the first date to the second." },
            "weeks": { "type": "integer", "description": "The whole weeks in them." },
            "days_left": { "type": "integer", "description": "The days beside the whole weeks." },
            "from_weekday": weekday("The weekday of the first date."),
            "to_weekday": weekday("The weekday of the second date."),
        }),
        &["days", "weeks", "days_left", "from_weekday", "to_weekday"],
    )
}

fn run(arguments: &Arguments<'_>, _: &mut Notebook) -> Result<Answer, Fault> {
    let (from_text, from) = date(arguments, "from")?;
    let (to_text, to) = date(arguments, "to")?;
    let days = to - from;
    let (weeks, left) = (days / 7, days % 7);
    Ok(Answer {
        text: format!(
            "From {from_text} ({}) to {to_text} ({}): {}, that is {} and {}.",
            weekday(from),
            weekday(to),
            count(days, "day"),
            count(weeks, "week"),
            count(left, "day"),
        ),
        data: json!({
            "days": days,
            "weeks": weeks,
            "days_left": left,
            "from_weekday": weekday(from),
            "to_weekday": weekday(to),
        }),
    })
}

fn date<'a>(arguments: &Arguments<'a>, name: &str) -> Result<(&'a str, i32), Fault> {
    let text = arguments.text(name, EXPECTED)?;
    Ok((text, ordinal(text).ok_or_else(|| unfit(name, &json!(text), EXPECTED))?))
}

/// The number of a date; 0001-01-01, a Monday, is 0. `None` if the calendar does not have it.
fn ordinal(text: &str) -> Option<i32> {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i32>().ok())?;
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let (year, month, day) = (digits(text.get(..4)?)?, digits(text.get(5..7)?)?, digits(text.get(8..)?)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    if year < 1 || day < 1 || day > *lengths.get(before)? {
        return None;
    }
    let past = year - 1;
    let leap_days = past / 4 - past / 100 + past / 400;
    Some(past * 365 + leap_days + lengths.iter().take(before).sum::<i32>() + day - 1)
}

fn weekday(ordinal: i32) -> &'static str {
    usize::try_from(ordinal.rem_euclid(7)).ok().and_then(|at| WEEKDAYS.get(at)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::check, *};

    #[test]
    fn days_are_counted() {
        for (from, to, expected) in [
            ("2024-02-28", "2024-03-01", "(Wednesday) to 2024-03-01 (Friday): 2 days, that is 0 weeks and 2 days."),
            ("2023-02-28", "2023-03-01", "(Tuesday) to 2023-03-01 (Wednesday): 1 day, that is 0 weeks and 1 day."),
            ("1900-02-28", "1900-03-01", "(Wednesday) to 1900-03-01 (Thursday): 1 day, that is 0 weeks and 1 day."),
            ("2000-02-28", "2000-03-01", "(Monday) to 2000-03-01 (Wednesday): 2 days, that is 0 weeks and 2 days."),
            ("2026-01-15", "2026-01-01", "(Thursday) to 2026-01-01 (Thursday): -14 days, that is -2 weeks and 0 days."),
            (
                "1970-01-01",
                "1969-07-20",
                "(Thursday) to 1969-07-20 (Sunday): -165 days, that is -23 weeks and -4 days.",
            ),
            (
                "0001-01-01",
                "9999-12-31",
                "(Monday) to 9999-12-31 (Friday): 3652058 days, that is 521722 weeks and 4 days.",
            ),
        ] {
            check(&DATE_DIFFERENCE, json!({"from": from, "to": to}), Ok(&format!("From {from} {expected}")));
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = ordinal("1896-01-01").unwrap();
        for year in 1896..=2104 {
            for month in 1..=12 {
                for day in 1..=31 {
                    if let Some(found) = ordinal(&format!("{year}-{month:02}-{day:02}")) {
                        assert_eq!(found, expected, "{year}-{month}-{day}");
                        expected += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_no_date_is_told() {
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "0000-01-01",
            "2026-1-1",
            "today",
            "2026-01-01T00:00",
            "+026-01-01",
            "20é6-01-1",
            "",
        ] {
            let expected =
                format!("\"to\" is \"{text}\": write a date of the calendar as YYYY-MM-DD, such as \"2026-02-28\".");
            check(&DATE_DIFFERENCE, json!({"from": "2026-01-01", "to": text}), Err(&expected));
        }
    }
}
