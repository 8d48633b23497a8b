//! The tests that hold the house: they read the tree itself (manifests, sources, documents) and name every place that
//! breaks a rule of `ARCHITECTURE.md` or `CONTRIBUTING.md`. Each rule is a function from text to findings, so that a
//! bad sample beside it shows that it can fail.
//!
//! Not here: what the compiler and clippy hold already (unwrap, printing, missing documentation).

#[cfg(test)]
mod documents;
#[cfg(test)]
mod habits;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod scan;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod words;
