//! Ranked search over the last commit: without a lock, from any thread, with the caller's filter inside the cut.
//!
//! Not here: the analysis of the query (`query`), commits (`engine`), how a hit is shown.

use std::{cmp::Ordering, collections::BinaryHeap, sync::Arc};

use arc_swap::ArcSwap;
use mcpproxy_domain::ToolId;
use tantivy::query::{EnableScoring, Query};

use crate::{
    engine::{KEY, Snapshot},
    error::Error,
    query,
};

/// Steps to 1 in which scores are told apart. Sums of floats differ in their last bits with their order, and tools that
/// are equal to the reader must be equal here, so that their ids decide.
const SCORE_STEPS: f32 = 1024.0;

/// A tool that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Which tool it is.
    pub id: ToolId,
    /// How well it matches; comparable within one answer only.
    pub score: f32,
}

/// Finds tools. Clones are cheap and see the same commits.
#[derive(Clone)]
pub struct Searcher {
    published: Arc<ArcSwap<Snapshot>>,
}

impl Searcher {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self { published: Arc::new(ArcSwap::from_pointee(snapshot)) }
    }

    pub(crate) fn publish(&self, snapshot: Snapshot) {
        self.published.store(Arc::new(snapshot));
    }

    /// The best `limit` tools among those for which `visible` holds, best first; equal ones by id.
    ///
    /// A tool whose id is the query comes first, then those whose bare name is the query, then the ranked ones. The
    /// filter is asked in the order of rank and only until the answer is full. Runs on the calling thread and takes
    /// well below a millisecond for a few thousand tools.
    ///
    /// # Errors
    /// [`Error::EmptyQuery`] when the query holds no letter and no digit and is no tool's name.
    pub fn search(&self, query: &str, limit: usize, visible: impl Fn(&ToolId) -> bool) -> Result<Vec<Hit>, Error> {
        let snapshot = self.published.load_full();
        let query = query.trim();
        let exact = snapshot.exact(query, &visible);
        let terms = query::terms(query);
        if terms.is_empty() && exact.is_empty() {
            return Err(Error::EmptyQuery);
        }
        let mut candidates = BinaryHeap::from(snapshot.candidates(&query::build(snapshot.fields, &terms))?);
        let best = candidates.peek().map_or(0.0, |candidate| candidate.score);
        // Above everything that is merely ranked, so that the scores fall with the rank.
        let named = exact.iter().map(|(rank, id)| Hit { id: (*id).clone(), score: best + rank.bonus() });
        let mut hits: Vec<_> = named.take(limit).collect();
        while hits.len() < limit
            && let Some(Candidate { id, score }) = candidates.pop()
        {
            if !exact.iter().any(|(_, named)| *named == id) && visible(id) {
                hits.push(Hit { id: id.clone(), score });
            }
        }
        Ok(hits)
    }

    /// How many tools are indexed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.published.load().tools.iter().flatten().count()
    }

    /// Whether nothing is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many segments the index has, and how many dead documents in them.
    #[cfg(test)]
    pub(crate) fn segments(&self) -> (usize, u32) {
        let snapshot = self.published.load();
        let segments = snapshot.engine.segment_readers();
        (segments.len(), segments.iter().map(tantivy::SegmentReader::num_deleted_docs).sum())
    }
}

/// How exactly a query names a tool; the better one is the lesser.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Naming {
    Id,
    BareName,
}

impl Naming {
    const fn bonus(self) -> f32 {
        match self {
            Self::Id => 2.0,
            Self::BareName => 1.0,
        }
    }
}

impl Snapshot {
    /// The visible tools that the query names, best first.
    fn exact(&self, query: &str, visible: impl Fn(&ToolId) -> bool) -> Vec<(Naming, &ToolId)> {
        let naming = |id: &ToolId| {
            let id_matches = query.split_once(':').is_some_and(|(s, t)| s == id.server.as_str() && *t == *id.tool);
            let bare = || (*id.tool == *query).then_some(Naming::BareName);
            if id_matches { Some(Naming::Id) } else { bare() }
        };
        let named = self.tools.iter().flatten().filter_map(|id| Some((naming(id)?, id)));
        let mut named: Vec<_> = named.filter(|(_, id)| visible(id)).collect();
        named.sort_unstable();
        named
    }

    /// Everything that matches.
    fn candidates(&self, query: &dyn Query) -> Result<Vec<Candidate<'_>>, Error> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.engine))?;
        let mut candidates = Vec::new();
        for segment in self.engine.segment_readers() {
            let keys = segment.fast_fields().u64(KEY)?;
            let living = segment.alive_bitset();
            weight.for_each(segment, &mut |doc, score| {
                let key = keys.first(doc).filter(|_| living.is_none_or(|living| living.is_alive(doc)));
                let tool = key.and_then(|key| self.tools.get(usize::try_from(key).ok()?)?.as_ref());
                if let Some(id) = tool {
                    candidates.push(Candidate { score: (score * SCORE_STEPS).round() / SCORE_STEPS, id });
                }
            })?;
        }
        Ok(candidates)
    }
}

/// Ordered by worth: the higher score, then the lesser id.
struct Candidate<'a> {
    score: f32,
    id: &'a ToolId,
}

impl Ord for Candidate<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.id.cmp(self.id))
    }
}

impl PartialOrd for Candidate<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate<'_> {}
