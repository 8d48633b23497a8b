//! Names close to one that was not found, so that a slip of the pen costs one more call and not a search.

/// How many are told.
const TOLD: usize = 3;
/// Below this likeness (1 = equal) a name is no help.
const LIKENESS: f64 = 0.6;

/// The names most like `wanted`, best first.
#[must_use]
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut close: Vec<(f64, &str)> = names
        .into_iter()
        .map(|name| (strsim::normalized_damerau_levenshtein(&wanted, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    close.into_iter().take(TOLD).map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_found_and_strangers_are_not() {
        let names = ["create_issue", "create_issues", "list_repos", "Echo"];
        for (wanted, expected) in
            [("creat_issue", vec!["create_issue", "create_issues"]), ("echo", vec!["Echo"]), ("weather", vec![])]
        {
            assert_eq!(nearest(wanted, names), expected, "{wanted}");
        }
    }
}
