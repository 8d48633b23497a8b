//! macOS and Windows, which always have a display and a place for the icon: their notifications and their start at sign-in.

use auto_launch::{AutoLaunch, AutoLaunchBuilder};
use mcpproxy_domain::identity;
use mcpproxy_tray::shell::Notice;
use notify_rust::Notification;

use super::{AutostartError, NoDisplay, NoIcon};

/// There is always one.
///
/// # Errors
/// None here.
pub fn check_display() -> Result<(), NoDisplay> {
    Ok(())
}

/// The menu bar or the task bar.
pub struct TrayHost;

impl TrayHost {
    /// Nothing changes here.
    pub fn watch(_changed: impl Fn(Option<NoIcon>) + Send + Sync + 'static) {}
}

/// Tells the person something.
pub struct Notifier;

impl Notifier {
    /// A click is not told here.
    pub fn new(_clicked: impl Fn() + 'static) -> Self {
        Self
    }

    /// Tells it, on a thread of its own, because macOS waits for whoever is asked whether we may.
    pub fn tell(&self, notice: &Notice) {
        let mut notification = Notification::new();
        notification.appname(identity::PRODUCT).summary(&notice.title).body(&notice.body);
        let told = std::thread::Builder::new().name("notification".into()).spawn(move || {
            if let Err(error) = notification.show() {
                tracing::warn!(%error, "the desktop shows no notifications");
            }
        });
        if let Err(error) = told {
            tracing::warn!(%error, "a notification could not be shown");
        }
    }
}

/// The start at sign-in: a launch agent on macOS, the Run key of the user on Windows.
#[derive(Clone, Debug)]
pub struct Autostart(Option<AutoLaunch>);

impl Autostart {
    /// One that starts this program with these arguments.
    pub fn new(arguments: &[String]) -> Self {
        let program = std::env::current_exe().ok().and_then(|program| program.into_os_string().into_string().ok());
        let Some(program) = program else { return Self(None) };
        let arguments: Vec<_> = arguments.iter().map(|word| written(word)).collect();
        let mut builder = AutoLaunchBuilder::new();
        builder.set_app_name(identity::TRAY_ENTRY).set_app_path(&written(&program)).set_args(&arguments);
        builder.set_macos_launch_mode(auto_launch::MacOSLaunchMode::LaunchAgent);
        builder.set_windows_enable_mode(auto_launch::WindowsEnableMode::CurrentUser);
        Self(builder.build().ok())
    }

    /// Whether it is switched on; `None` = that cannot be had.
    pub fn is_on(&self) -> Option<bool> {
        self.0.as_ref()?.is_enabled().ok()
    }

    /// Switches it.
    ///
    /// # Errors
    /// [`AutostartError`]
    pub fn set(&self, on: bool) -> Result<(), AutostartError> {
        let entry = self.0.as_ref().ok_or(AutostartError::Unknown("the path of the program cannot be written"))?;
        let done = if on { entry.enable() } else { entry.disable() };
        done.map_err(|error| AutostartError::Entry {
            place: identity::TRAY_ENTRY.to_owned(),
            source: std::io::Error::other(error),
        })
    }
}

/// Windows keeps one line of text, which the crate joins without quotes. A path holds no quotes there, but may end in a
/// backslash, which would take the closing quote for itself.
fn written(word: &str) -> String {
    let tail = word.len() - word.trim_end_matches('\\').len();
    if cfg!(windows) { format!("\"{word}{}\"", "\\".repeat(tail)) } else { word.to_owned() }
}
