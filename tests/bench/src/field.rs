//! Who takes part: the product, the floor, the direct way, and other proxies where they are installed.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    options::{Options, Peer},
    subject::{Running, Subject, echo_stdio, free_port, own_binary, product},
    trouble::Result,
};

/// A server of the product's settings.
pub fn server(name: &str, command: &[String]) -> Value {
    let (program, args) = command.split_first().map_or(("", &[][..]), |(program, args)| (program.as_str(), args));
    json!({ "name": name, "command": program, "args": args, "enabled": true, "quarantined": false })
}

/// Starts the product with these servers. The folder lives as long as the process.
pub fn start_product(servers: &[Value], port: u16, out: &Path) -> Result<Running> {
    let folder = folder()?;
    settings(&folder, servers)?;
    Running::start(&product_command(&folder, port)?, Some(folder), &out.join("product.log"))
}

/// Writes the settings of the product.
pub fn settings(folder: &TempDir, servers: &[Value]) -> Result<()> {
    let settings = json!({ "mcpServers": servers });
    Ok(std::fs::write(folder.path().join("mcp_config.json"), settings.to_string())?)
}

/// The command line of the product in this folder.
pub fn product_command(folder: &TempDir, port: u16) -> Result<Vec<String>> {
    let data = folder.path().display().to_string();
    let listen = format!("127.0.0.1:{port}");
    let words =
        [product()?.display().to_string(), "serve".into(), "--data-dir".into(), data, "--listen".into(), listen];
    Ok(words.into())
}

/// A folder that nobody else may look into, as the product wants its own.
pub fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("mcpproxy-bench-").tempdir()?)
}

/// Everybody who forwards HTTP to stdio, in the order of the tables.
pub async fn over_stdio(options: &Options, tell: &mut dyn FnMut(&str)) -> Result<Vec<Subject>> {
    let echo = echo_stdio(1)?;
    let mut field = vec![Subject::pipes()];
    let port = free_port()?;
    let mut floor = vec![own_binary()?, "floor".to_owned(), port.to_string()];
    floor.extend(echo.iter().cloned());
    field.push(Subject::http("floor", port, Running::start(&floor, None, &options.out.join("floor.log"))?).await?);
    let port = free_port()?;
    field.push(Subject::http("mcpproxy", port, start_product(&[server("echo", &echo)], port, &options.out)?).await?);
    for peer in &options.peers {
        match join(peer, &echo, &options.out).await {
            Ok(subject) => field.push(subject),
            Err(error) => tell(&format!("!! SKIPPED {}: {error}", peer.name)),
        }
    }
    Ok(field)
}

/// The direct way and the product before an HTTP server.
pub async fn over_http(options: &Options) -> Result<Vec<Subject>> {
    let port = free_port()?;
    let echo = [own_binary()?, "echo-http".to_owned(), port.to_string()];
    let direct = Subject::http("direct", port, Running::start(&echo, None, &options.out.join("echo.log"))?).await?;
    let url = format!("http://127.0.0.1:{port}/mcp");
    let upstream = json!({ "name": "echo", "url": url, "enabled": true, "quarantined": false });
    let port = free_port()?;
    let product = Subject::http("mcpproxy", port, start_product(&[upstream], port, &options.out)?).await?;
    Ok(vec![direct, product])
}

/// Starts another proxy. In its command `{port}` is the port, `{server}` the echo server's words, `{server-line}` the
/// same as one word, `{config}` a settings file of the Rust `mcp-proxy`, `{folder}` a data folder for another build of the
/// product.
async fn join(peer: &Peer, echo: &[String], out: &Path) -> Result<Subject> {
    let (port, folder) = (free_port()?, folder()?);
    settings(&folder, &[server("echo", echo)])?;
    let config = folder.path().join("proxy.toml");
    let (program, args) = echo.split_first().map_or(("", &[][..]), |(program, args)| (program.as_str(), args));
    std::fs::write(
        &config,
        format!(
            "[proxy]\nname = \"bench\"\n\n[proxy.listen]\nhost = \"127.0.0.1\"\nport = {port}\n\n\
             [[backends]]\nname = \"echo\"\ntransport = \"stdio\"\ncommand = {program:?}\nargs = {args:?}\n"
        ),
    )?;
    let mut words = Vec::new();
    for word in peer.command.split_whitespace() {
        match word {
            "{server}" => words.extend(echo.iter().cloned()),
            "{server-line}" => words.push(echo.join(" ")),
            word => {
                let word = word.replace("{port}", &port.to_string());
                let word = word.replace("{folder}", &folder.path().display().to_string());
                words.push(word.replace("{config}", &config.display().to_string()));
            }
        }
    }
    let log = out.join(format!("{}.log", peer.name));
    Subject::http(&peer.name, port, Running::start(&words, Some(folder), &log)?).await
}
