//! A real owner, real files, and people who edit them by hand.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    folder: TempDir,
    path: PathBuf,
    scope: Scope,
    settings: Settings,
    /// How often other settings were shown before they were published.
    shown: Arc<AtomicUsize>,
}

fn env(folder: &Path) -> Env {
    Env::new([], Some(folder.to_owned()), folder.to_owned())
}

/// The owner of a file below a folder.
fn start(folder: TempDir, file: &str) -> World {
    let (path, env) = (folder.path().join(file), env(folder.path()));
    let config = Arc::new(crate::load(&path, &env, &Flags::default()).unwrap().config);
    let (scope, shown) = (Scope::new(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&shown);
    let count = move |_: &Config| {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let settings = Settings::start(config, env, Flags::default(), count, &scope);
    World { folder, path, scope, settings, shown }
}

fn with(text: &str) -> World {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mcp_config.json"), text).unwrap();
    start(folder, "mcp_config.json")
}

impl World {
    async fn limit(&self, limit: usize) {
        let mut config = self.settings.config();
        let found = timeout(PATIENCE, config.wait_for(|config| config.tools_limit == limit)).await;
        drop(found.expect("a limit that is seen").unwrap());
    }

    /// Waits for the problems, and gives them as text.
    async fn problems(&self) -> String {
        let mut problems = self.settings.problems();
        let found = timeout(PATIENCE, problems.wait_for(Option::is_some)).await.expect("problems").unwrap().clone();
        let told =
            found.unwrap().found.iter().map(|found| format!("{:?} {}", found.line, found.problem)).collect::<Vec<_>>();
        told.join("\n")
    }

    async fn no_problems(&self) {
        let mut problems = self.settings.problems();
        drop(timeout(PATIENCE, problems.wait_for(Option::is_none)).await.expect("no problems").unwrap());
    }

    fn read(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    /// As editors do: another file that takes the place of this one.
    fn save(&self, text: &str) {
        let beside = self.folder.path().join("saving");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, &self.path).unwrap();
    }

    async fn end(self) {
        self.scope.cancel();
        self.scope.drain(PATIENCE).await.unwrap();
        assert!(matches!(self.settings.reload().await, Err(ConfigError::Stopped)));
    }
}

fn server(name: &str) -> Map<String, Value> {
    let Value::Object(entry) = json!({"name": name, "command": "x"}) else { panic!() };
    entry
}

#[tokio::test]
async fn edits_by_hand_are_seen_however_they_are_made() {
    let world = with("{\"tools_limit\": 1}");
    fs::write(&world.path, "{\"tools_limit\": 2}").unwrap();
    world.limit(2).await;
    world.save("{\"tools_limit\": 3}");
    world.limit(3).await;
    // deleted and written anew, as some editors do; what is in between costs nothing
    fs::remove_file(&world.path).unwrap();
    assert!(world.problems().await.contains("is gone"));
    assert_eq!(world.settings.config().borrow().tools_limit, 3);
    let refused = world.settings.apply(ConfigPatch::new().add_server(server("a"))).await;
    assert!(matches!(refused, Err(ConfigError::Gone { .. })), "{refused:?}");
    assert!(!world.path.exists());
    fs::write(&world.path, "{\"tools_limit\": 3}").unwrap();
    world.no_problems().await;
    fs::write(&world.path, "{\"tools_limit\": 4}").unwrap();
    world.limit(4).await;
    assert_eq!(world.shown.load(Ordering::SeqCst), 3);
    world.end().await;
}

#[tokio::test]
async fn a_broken_file_keeps_the_settings_and_names_the_place() {
    let world = with("{\"tools_limit\": 1}");
    fs::write(&world.path, "{\n\"tools_limit\": 2,\n}").unwrap();
    assert!(world.problems().await.starts_with("Some(3) "), "{}", world.problems().await);
    let broken = world.settings.apply(ConfigPatch::new().set("tools_limit", 9)).await;
    assert!(matches!(broken, Err(ConfigError::Invalid { .. })), "{broken:?}");
    assert_eq!(world.read(), "{\n\"tools_limit\": 2,\n}");
    world.save("{\"tools_limit\": 3}");
    world.limit(3).await;
    world.no_problems().await;

    world.save("{\"mcpServers\": [\n{\"name\": \"a\", \"command\": \"x\"},\n{\"name\": \"b\",\n\"args\": 7},\n{}], \"listen\": 5}");
    let told = world.problems().await;
    assert!(told.contains("Some(4) mcpServers[1].args") && told.contains("Some(5) mcpServers[2].name"), "{told}");
    assert!(told.contains("Some(5) listen"), "{told}");
    assert!(world.settings.reload().await.is_err());
    assert_eq!(world.settings.config().borrow().tools_limit, 3);
    // a change that mends the file is welcome
    let Value::Object(whole) = json!({"tools_limit": 4, "listen": "127.0.0.1:1"}) else { panic!() };
    world.settings.apply(ConfigPatch::new().replace(whole)).await.unwrap();
    world.no_problems().await;
    world.limit(4).await;
    world.end().await;
}

#[tokio::test]
async fn changes_by_hand_and_by_the_api_lose_nothing() {
    let world = with("{\"tools_limit\": 1, \"mcpServers\": []}");
    for round in 0..20 {
        // by hand, and not seen yet when the next change comes
        let mut document: Map<String, Value> = serde_json::from_str(&world.read()).unwrap();
        document["mcpServers"].as_array_mut().unwrap().push(Value::Object(server(&format!("hand{round}"))));
        let text = serde_json::to_string_pretty(&document).unwrap();
        if round % 2 == 0 {
            world.save(&text)
        } else {
            fs::write(&world.path, text).unwrap()
        }
        let both = tokio::join!(
            world.settings.apply(ConfigPatch::new().add_server(server(&format!("one{round}")))),
            world.settings.apply(ConfigPatch::new().add_server(server(&format!("two{round}")))),
        );
        let applied = both.1.unwrap();
        assert!(both.0.unwrap().saved && applied.saved);
        assert_eq!(applied.config.servers.len(), 3 * (round + 1));
    }
    let names: Vec<_> = world.settings.config().borrow().servers.iter().map(|spec| spec.name.to_string()).collect();
    for round in 0..20 {
        for name in [format!("hand{round}"), format!("one{round}"), format!("two{round}")] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
    }
    let taken = world.settings.apply(ConfigPatch::new().add_server(server("hand3"))).await;
    assert!(matches!(taken, Err(ConfigError::NameTaken { .. })), "{taken:?}");
    world.end().await;
}

#[tokio::test]
async fn an_own_write_is_not_read_again_and_what_waits_for_the_next_start_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp_config.json");
    fs::write(&path, "{\"listen\": \"127.0.0.1:1\"}").unwrap();
    let env = env(folder.path());
    let config = Arc::new(crate::load(&path, &env, &Flags::default()).unwrap().config);
    let shown = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&shown);
    let count = move |_: &Config| {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let source = Arc::new(Source { path, env, flags: Flags::default() });
    // the owner is driven by hand, so that it is known when it has looked
    let (settings, mut owner, _inbox) = Settings::new(config, source, Box::new(count));
    let mut config = settings.config();
    owner.look(false).await.unwrap();
    assert_eq!((owner.watch.is_due(), config.has_changed().unwrap()), (false, false));

    let applied = owner
        .apply(ConfigPatch::new().set("listen", "127.0.0.1:2").set("tools_limit", 3), Box::new(|_, _| Ok(())))
        .await
        .unwrap();
    assert_eq!(names(&applied.changed), ["listen", "tools_limit"]);
    assert_eq!(names(&settings.pending()), ["listen"]);
    assert!(applied.saved && config.has_changed().unwrap());
    config.mark_unchanged();
    // the system tells of the write, and then nothing is new
    timeout(PATIENCE, owner.watch.changed()).await.expect("a sign of the write");
    assert!(owner.source.look(&owner.sentry, owner.seen, false).told.is_none(), "known bytes are not read again");
    owner.look(false).await.unwrap();
    assert!(!config.has_changed().unwrap());
    assert_eq!(shown.load(Ordering::SeqCst), 1);
    let back = owner.apply(ConfigPatch::new().set("listen", "127.0.0.1:1"), Box::new(|_, _| Ok(()))).await.unwrap();
    assert_eq!((names(&back.changed), settings.pending()), (vec!["listen"], Vec::new()));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_and_stays_one() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let real = |name: &str| elsewhere.path().join(name);
    fs::write(real("one.json"), "{\"tools_limit\": 1}").unwrap();
    fs::write(real("two.json"), "{\"tools_limit\": 20}").unwrap();
    std::os::unix::fs::symlink(real("one.json"), folder.path().join("link.json")).unwrap();
    let world = start(folder, "link.json");
    fs::write(real("one.json"), "{\"tools_limit\": 2}").unwrap();
    world.limit(2).await;
    world.settings.apply(ConfigPatch::new().set("tools_limit", 3)).await.unwrap();
    assert!(world.path.is_symlink());
    assert_eq!(fs::read_to_string(real("one.json")).unwrap(), "{\"tools_limit\": 3}");
    // the link is led elsewhere
    let beside = world.folder.path().join("other");
    std::os::unix::fs::symlink(real("two.json"), &beside).unwrap();
    fs::rename(beside, &world.path).unwrap();
    world.limit(20).await;
    fs::write(real("two.json"), "{\"tools_limit\": 21}").unwrap();
    world.limit(21).await;
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn where_the_system_cannot_tell_the_file_is_looked_at() {
    let world = start(tempfile::tempdir().unwrap(), "later/mcp_config.json");
    assert_eq!(world.settings.config().borrow().tools_limit, 15);
    fs::create_dir(world.folder.path().join("later")).unwrap();
    fs::write(&world.path, "{\"tools_limit\": 2}").unwrap();
    world.limit(2).await;
    // a folder that is replaced as a whole
    let (old, new) = (world.folder.path().join("old"), world.folder.path().join("new"));
    fs::create_dir(&new).unwrap();
    fs::write(new.join("mcp_config.json"), "{\"tools_limit\": 3}").unwrap();
    fs::rename(world.path.parent().unwrap(), old).unwrap();
    fs::rename(new, world.path.parent().unwrap()).unwrap();
    tokio::time::resume();
    world.limit(3).await;
    fs::write(&world.path, "{\"tools_limit\": 4}").unwrap();
    world.limit(4).await;
    world.end().await;
}

#[tokio::test]
async fn documents_can_be_read_and_checked() {
    let world = with("{\"api_key\": \"k\", \"unknown\": [1.50]}");
    let document = world.settings.document().await.unwrap();
    assert_eq!(Value::Object(document.clone()), json!({"api_key": "k", "unknown": [1.5]}));
    assert_eq!(world.settings.validate(document), []);
    let Value::Object(bad) = json!({"tools_limit": 0, "mcpServers": [{"name": "a"}]}) else { panic!() };
    let fields: Vec<_> = world.settings.validate(bad).into_iter().map(|problem| problem.path).collect();
    assert_eq!(fields, ["tools_limit", "mcpServers[0].command"]);
    world.end().await;
}
