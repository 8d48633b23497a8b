//! Small calls of one client while another fetches 50 MiB again and again from the same server.

use std::time::Duration;

use tokio::task::JoinSet;

use super::Line;
use crate::{
    client::Client,
    driver::{Caller, Load, drive},
    stats::Times,
    subject::{Reach, Subject},
    trouble::Result,
};

const LARGE: usize = 50 << 20;
/// The small calls are due at fixed times: calls that wait for the large result would otherwise hide how often they do.
const PACE: Duration = Duration::from_millis(2);
const SMALL: &str = r#"{"text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;

/// Measures every subject that is reached by HTTP; whoever cannot carry so much has no line.
pub async fn measure(
    row: &str,
    field: &[Subject],
    rounds: usize,
    round: Duration,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<Line>> {
    tell(&format!("   {row}: small calls beside 50 MiB"));
    let mut all: Vec<Times> = field.iter().map(|_| Times::default()).collect();
    for _ in 0..rounds {
        for (subject, times) in field.iter().zip(&mut all) {
            match one(subject, round).await {
                Ok(Some(more)) => times.append(more),
                Ok(None) => {}
                Err(error) => tell(&format!("!! {}: 50 MiB: {error}", subject.name)),
            }
        }
    }
    let measured = field.iter().zip(all).filter(|(_, times)| times.count() > 0);
    Ok(measured
        .map(|(subject, mut times)| Line {
            row: format!("{row} beside 50 MiB"),
            clients: 1,
            subject: subject.name.clone(),
            bytes: 64,
            figures: times.figures(),
        })
        .collect())
}

async fn one(subject: &Subject, round: Duration) -> Result<Option<Times>> {
    let Reach::Http { address, path } = &subject.reach else { return Ok(None) };
    let client = Client::open(*address, path).await?;
    let mut large = Caller::new(client, &subject.call(&format!(r#"{{"bytes":{LARGE}}}"#)));
    // proved before it is believed to be under way
    if !large.call().await?.1 {
        return Err(crate::trouble::trouble("the large result does not arrive"));
    }
    let mut beside = JoinSet::new();
    beside.spawn(async move { while large.call().await.is_ok() {} });
    let load = Load { clients: 1, arguments: SMALL.to_owned(), warm: round / 4, time: round, least: 3, pace: PACE };
    let times = drive(subject, &load).await?;
    beside.shutdown().await;
    Ok(Some(times))
}
