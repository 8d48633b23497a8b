//! The query of a request. As the contract wants it, a value that cannot be read counts as not given.

/// The pairs of a query, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn read(query: Option<&str>) -> Self {
        Self(form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first value of that name that says something.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, value)| found == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), Some("true" | "1"))
    }

    /// How many at most, and how many are passed over.
    pub(crate) fn page(&self, usual: usize, most: usize) -> (usize, usize) {
        let limit = self.count("limit").filter(|limit| *limit > 0).map_or(usual, |limit| limit.min(most));
        (limit, self.count("offset").unwrap_or(0))
    }

    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// The parts of a list with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let parts = self.text(name).unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_counts_as_not_given() {
        let query = Query::read(Some("limit=x&offset=-1&flag=true&q=&q=a+b%26&kinds=one,,two,"));
        assert_eq!(query.page(50, 100), (50, 0));
        assert_eq!(Query::read(Some("limit=500&offset=3")).page(50, 100), (100, 3));
        assert_eq!(Query::read(Some("limit=0")).page(50, 100), (50, 0));
        assert_eq!((query.text("q"), query.flag("flag"), query.flag("q")), (Some("a b&"), true, false));
        assert_eq!(query.list("kinds"), ["one", "two"]);
        assert_eq!(Query::read(None).text("q"), None);
    }
}
