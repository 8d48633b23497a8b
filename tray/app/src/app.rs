//! The life of the process: what has to be there before anything is drawn, the main thread for the desktop, one more for the
//! loop, and the end.

use std::{fs, io, path::PathBuf, process::ExitCode, sync::mpsc as std_mpsc, thread, time::Duration};

use mcpproxy_task::Scope;
use mcpproxy_tray::{
    driver::{self, Setup},
    instance::{Guard, Instance, InstanceError, Summons},
    link::Policy,
    place::{Place, PlaceError},
    wish::Wish,
};
use tauri::{AppHandle, RunEvent};
use tokio::{
    runtime::{self, Runtime},
    sync::mpsc,
};

use crate::{
    args::Arguments,
    desk,
    page::{self, OwnPage},
    platform::{Autostart, NoDisplay, check_display},
    shell::Desktop,
    wishes::{self, Wishes},
};

/// How many wishes may wait for the loop: more than a person clicks while it is busy.
const WISHES: usize = 64;
/// What the loop may take to end when the desktop has ended.
const PATIENCE: Duration = Duration::from_secs(3);
/// The folder of the tray inside the data folder, which is private: what panels and web views read and write.
const FOLDER: &str = "tray";

/// Why there is no tray.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nothing to draw on.
    #[error(transparent)]
    Display(#[from] NoDisplay),
    /// It is not known which core is meant.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// It can be neither the first tray of the folder nor the second.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The system gives no thread or no file.
    #[error("the tray cannot be started: {0}")]
    System(#[from] io::Error),
    /// The desktop gives no window system.
    #[error("the desktop cannot be used: {0}; start the tray from within it, as the user who is signed in there")]
    Desktop(#[from] tauri::Error),
}

/// Runs the tray to its end; at once if another of the same folder runs, which shows its window then.
///
/// # Errors
/// [`StartError`]
pub fn run(arguments: &Arguments) -> Result<ExitCode, StartError> {
    check_display()?;
    let place = Place::here(&arguments.flags())?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let scope = Scope::new();
    let show = arguments.show.clone();
    let instance = Instance::take(&place.data_dir, show.as_deref().unwrap_or_default(), &scope);
    let Instance::First(guard, summons) = runtime.block_on(instance)? else { return Ok(ExitCode::SUCCESS) };
    let (ask, wishes) = mpsc::channel(WISHES);
    if let Some(path) = show {
        // The queue is empty.
        let _ = ask.try_send(Wish::Window { path });
    }
    let folder = private_folder(place.data_dir.join(FOLDER))?;
    let exe_dir = std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default();
    let setup = Setup { place, exe_dir, policy: Policy::default() };
    let autostart = Autostart::new(&arguments.again());
    // One runtime is enough for the loop and for the few commands of our page.
    tauri::async_runtime::set(runtime.handle().clone());
    let app = tauri::Builder::default()
        .manage(Wishes(ask))
        .manage(OwnPage::new())
        .invoke_handler(tauri::generate_handler![page::page, page::wish])
        .on_menu_event(|app, event| {
            desk::with(|desk| {
                if let Some(wish) = desk.clicked(event.id().as_ref()) {
                    wishes::ask(app, wish);
                }
            })
        })
        .build(tauri::generate_context!())?;
    let (over, is_over) = std_mpsc::sync_channel(1);
    let mut waiting = Some(Loop { runtime, scope, guard, summons, setup, autostart, wishes, over });
    let code = app.run_return(move |app, event| on_event(app, &event, &folder, &mut waiting));
    desk::clear();
    // The folder is free for the next tray once the loop has ended.
    let _ = is_over.recv_timeout(PATIENCE);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Panels of the same user read the icon there; nobody else has to.
fn private_folder(path: PathBuf) -> io::Result<PathBuf> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&path)?;
    Ok(path)
}

fn on_event(app: &AppHandle, event: &RunEvent, folder: &std::path::Path, waiting: &mut Option<Loop>) {
    match event {
        RunEvent::Ready => {
            // It lives in the menu bar and not in the Dock.
            #[cfg(target_os = "macos")]
            if let Err(error) = app.set_activation_policy(tauri::ActivationPolicy::Accessory) {
                tracing::warn!(%error, "the Dock keeps an icon");
            }
            let started = desk::set_up(app, folder).map_err(StartError::from);
            let started = started.and_then(|()| match waiting.take() {
                Some(waiting) => Ok(waiting.start(app.clone())?),
                None => Ok(()),
            });
            if let Err(error) = started {
                tracing::error!("{error}");
                app.exit(1);
            }
        }
        // The last window is closed, which ends nothing.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => wishes::ask(app, Wish::Window { path: String::new() }),
        _ => {}
    }
}

/// What the loop needs, until the desktop is ready for it.
struct Loop {
    runtime: Runtime,
    scope: Scope,
    guard: Guard,
    summons: mpsc::Receiver<Summons>,
    setup: Setup,
    autostart: Autostart,
    wishes: mpsc::Receiver<Wish>,
    over: std_mpsc::SyncSender<()>,
}

impl Loop {
    /// Runs on a thread of its own from now on, as the main thread belongs to the desktop.
    fn start(self, app: AppHandle) -> io::Result<()> {
        thread::Builder::new().name("loop".into()).spawn(move || {
            let end = End(app);
            self.run(&end.0);
        })?;
        Ok(())
    }

    fn run(self, app: &AppHandle) {
        let Self { runtime, scope, guard, summons, setup, autostart, wishes, over } = self;
        runtime.block_on(async {
            let hearing = scope.child();
            hearing.spawn_until_cancelled("summons", heed(app.clone(), summons));
            #[cfg(unix)]
            scope.spawn_until_cancelled("signals", quit_on_signal(app.clone()));
            driver::run(setup, Desktop::new(app.clone(), autostart, hearing), wishes).await;
            scope.cancel();
            // What is left holds nothing.
            let _ = scope.drain(Duration::from_secs(1)).await;
        });
        drop((runtime, guard));
        let _ = over.send(());
    }
}

/// Ends the application with the loop, however that ends: without it nothing works any more.
struct End(AppHandle);

impl Drop for End {
    fn drop(&mut self) {
        self.0.exit(i32::from(thread::panicking()));
    }
}

/// Who starts the tray again wants to see it. Once this has ended, callers wait for the place of this tray.
async fn heed(app: AppHandle, mut summons: mpsc::Receiver<Summons>) {
    while let Some(Summons { show }) = summons.recv().await {
        wishes::ask(&app, Wish::Window { path: show });
    }
}

/// The system asks the tray to end, at the end of the session for instance.
#[cfg(unix)]
async fn quit_on_signal(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut ended), Ok(mut interrupted)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = ended.recv() => {}
            _ = interrupted.recv() => {}
        }
        wishes::ask(&app, Wish::Quit);
    }
}
