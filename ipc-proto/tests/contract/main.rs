//! What keeps the protocol honest: golden frames that must decode for ever, and a description that says what the source
//! says.

#[cfg(test)]
mod golden;
#[cfg(test)]
mod protocol;
