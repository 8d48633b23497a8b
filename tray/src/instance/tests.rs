//! Two trays in one process: the lock belongs to the open file, not to the process.

use std::os::unix::fs::PermissionsExt as _;

use mcpproxy_ipc_proto::transport::connect;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

async fn first(folder: &Path, scope: &Scope) -> (Guard, mpsc::Receiver<Summons>) {
    match Instance::take(folder, "", scope).await.unwrap() {
        Instance::First(guard, summonses) => (guard, summonses),
        Instance::Second => panic!("somebody is here"),
    }
}

#[tokio::test]
async fn the_second_calls_the_first_and_the_next_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("a/b");
    let scope = Scope::new();
    let (guard, mut summonses) = first(&folder, &scope).await;
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for show in ["servers/github", "", &"x".repeat(4000)] {
        assert!(matches!(Instance::take(&folder, show, &scope).await.unwrap(), Instance::Second));
        assert_eq!(summonses.recv().await.unwrap().show, show);
    }
    drop(guard);
    let (_guard, mut next) = first(&folder, &scope).await;
    assert!(matches!(Instance::take(&folder, "late", &scope).await.unwrap(), Instance::Second));
    assert_eq!(next.recv().await.unwrap().show, "late");
    assert!(summonses.recv().await.is_none());
}

#[tokio::test]
async fn what_is_no_call_is_dropped_and_the_next_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let scope = Scope::new();
    let (_guard, mut summonses) = first(folder.path(), &scope).await;
    let endpoint = endpoint(folder.path()).unwrap();
    for bytes in [&b"\n"[..], b"{\"show\": 1}\n", b"{\"show\": \"cut", &[b'x'; 100_000]] {
        let mut stream = connect(&endpoint).await.unwrap();
        // it may hang up while we are still writing
        let _ = stream.write_all(bytes).await;
        if !bytes.ends_with(b"\n") && bytes.len() < 100 {
            continue;
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"");
    }
    assert!(matches!(Instance::take(folder.path(), "x", &scope).await.unwrap(), Instance::Second));
    assert_eq!(summonses.recv().await, Some(Summons { show: "x".to_owned() }));
    assert!(summonses.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_first_that_does_not_answer_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = open(&folder.path().join(identity::TRAY_LOCK_FILE)).unwrap();
    file.try_lock().unwrap();
    tell(&mut file).unwrap();
    let error = Instance::take(folder.path(), "", &Scope::new()).await.unwrap_err();
    assert!(error.to_string().contains(&format!("the tray with process id {}", std::process::id())), "{error}");
}

#[tokio::test]
async fn whoever_is_started_while_the_first_ends_waits_for_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let scope = Scope::new();
    let (guard, summonses) = first(folder.path(), &scope).await;
    drop(summonses);
    let ends = async {
        // longer than one that says nothing would be waited for
        sleep(PATIENCE + Duration::from_secs(1)).await;
        drop(guard);
    };
    let _ = tokio::join!(first(folder.path(), &scope), ends);
}

#[tokio::test]
async fn what_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let scope = Scope::new();
    assert!(matches!(Instance::take(&file, "", &scope).await, Err(InstanceError::Folder { .. })));
    std::fs::create_dir(folder.path().join(identity::TRAY_LOCK_FILE)).unwrap();
    assert!(matches!(Instance::take(folder.path(), "", &scope).await, Err(InstanceError::Lock { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_folder_with_a_long_path_still_has_one_tray() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("d".repeat(LONGEST_PATH));
    let scope = Scope::new();
    let (_guard, mut summonses) = first(&folder, &scope).await;
    assert!(matches!(Instance::take(&folder, "", &scope).await, Err(InstanceError::Silent { .. })));
    assert!(summonses.recv().await.is_none(), "nobody can call it");
}
