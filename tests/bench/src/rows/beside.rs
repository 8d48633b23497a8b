//! Small calls of one client while another fetches 50 MiB again and again from the same server.

use std::{net::SocketAddr, time::Duration};

use tokio::task::JoinSet;

use super::{Line, PATIENCE, Plan, in_turns};
use crate::{
    client::Client,
    driver::{Caller, Load, drive},
    stats::Times,
    subject::{Reach, Subject},
    trouble::{Result, trouble},
};

const LARGE: usize = 50 << 20;
/// The small calls are due at fixed times: calls that wait for the large result would otherwise hide how often they do.
const PACE: Duration = Duration::from_millis(2);
const SMALL: &str = r#"{"text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;

/// Measures every subject that is reached by HTTP. Whoever cannot carry so much has no line and is ended first: one that
/// still works on it would disturb the others.
pub async fn measure(row: &str, field: &mut Vec<Subject>, plan: Plan, tell: &mut dyn FnMut(&str)) -> Vec<Line> {
    tell(&format!("   {row}: small calls beside 50 MiB"));
    for subject in std::mem::take(field) {
        let Reach::Http { address, path } = &subject.reach else { continue };
        match tokio::time::timeout(PATIENCE, large(&subject, *address, path)).await {
            Ok(Ok(_)) => field.push(subject),
            Ok(Err(error)) => tell(&format!("!! {} is left out: {error}", subject.name)),
            Err(_) => tell(&format!("!! {} is left out: no 50 MiB in {} s", subject.name, PATIENCE.as_secs())),
        }
    }
    in_turns((&format!("{row} beside 50 MiB"), 1, 64), field, plan, tell, one).await
}

async fn one(subject: &Subject, turn: Duration) -> Result<Times> {
    let Reach::Http { address, path } = &subject.reach else { return Ok(Times::default()) };
    let mut large = large(subject, *address, path).await?;
    let mut beside = JoinSet::new();
    beside.spawn(async move { while large.call().await.is_ok() {} });
    let times = drive(subject, &Load { arguments: SMALL.to_owned(), pace: PACE, ..Load::of(turn) }).await;
    beside.shutdown().await;
    times
}

/// A client that has got the large result once: that is proved before it is believed to be under way.
async fn large(subject: &Subject, address: SocketAddr, path: &str) -> Result<Caller> {
    let client = Client::open(address, path).await?;
    let mut large = Caller::new(client, &subject.call(&format!(r#"{{"bytes":{LARGE}}}"#)));
    if large.call().await?.1 { Ok(large) } else { Err(trouble("the large result does not arrive")) }
}
