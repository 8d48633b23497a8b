//! The faces in process, over a fleet of servers that never run; the router by a real listener.

mod connect;
mod document;
mod events;
mod imports;
mod people;
mod routes;
mod stage;
mod table;
