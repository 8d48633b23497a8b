//! The one loop of the tray: wishes, news and the clock come in; the link takes its steps; effects are performed; what a
//! person sees is drawn again when it changed. It holds no rule of its own.

use std::{path::PathBuf, sync::Arc, time::Duration};

use mcpproxy_domain::identity;
use mcpproxy_ipc_proto::{Connection, Incoming, endpoint::Endpoint, hello::Hello};
use mcpproxy_task::Scope;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    icon,
    launch::{Ended, Launch, LaunchError, Running},
    link::{Child, Effect, End, Input, Link, NotLaunched, Owner, Policy, State},
    menu,
    notice::{Notices, SETTLING},
    place::Place,
    shell::{Face, Notice, Shell},
    view::{Core, Reason, View},
    wish::Wish,
};

mod ask;
mod clock;
mod reach;
mod window;
mod wishes;

use self::{clock::Clock, window::Showing};

/// How many news may wait for the loop.
const NEWS: usize = 256;
/// How many news are taken in before what they changed is drawn.
const AT_ONCE: usize = 64;
/// How soon after one drawing the next one follows: a menu need not follow every call of a busy core.
const DRAW_EVERY: Duration = Duration::from_millis(150);
/// How long what we started may take to end when the tray has ended.
const LAST: Duration = Duration::from_secs(2);

/// What the loop is made with.
#[derive(Debug)]
pub struct Setup {
    /// Which core it belongs to.
    pub place: Place,
    /// Where the program of the tray is, for the core beside it.
    pub exe_dir: PathBuf,
    /// The numbers of the link.
    pub policy: Policy,
}

/// What the tasks of the loop tell it.
enum News {
    /// For the link, and nothing beside it.
    Link(Input),
    /// A core said who it is; and the connection with it.
    Met(Box<Met>),
    /// What the core told.
    Told(crate::link::Attempt, Box<ask::Told>),
    /// A process that we started.
    Started(Child, Result<Running, LaunchError>),
    /// How it ended.
    Ended(Child, Ended),
    /// What came of something that was asked for; why not, if not.
    Done(Result<(), String>),
    /// A way to the page of the core, and where it is wanted.
    Ticket(window::Wanted, Result<String, String>),
}

struct Met {
    input: Input,
    open: Open,
}

/// A connection with a core that understands us.
struct Open {
    connection: Connection,
    /// Taken by whoever follows it.
    incoming: Option<Incoming>,
    hello: Hello,
    /// Whether the core has told what is true.
    has_told: bool,
}

/// Runs the tray until it is to end.
pub async fn run(setup: Setup, shell: impl Shell, mut wishes: mpsc::Receiver<Wish>) {
    let (tell, mut news) = mpsc::channel(NEWS);
    let mut tray = Tray::new(setup.place, setup.exe_dir, setup.policy, shell, tell);
    tray.step(Input::Start);
    while !tray.is_over {
        tray.draw_if_due();
        tokio::select! {
            biased;
            wish = wishes.recv(), if tray.can_be_asked => {
                tray.can_be_asked = wish.is_some();
                tray.wish(wish.unwrap_or(Wish::Quit));
            }
            Some(one) = news.recv() => {
                tray.hear(one);
                for _ in 1..AT_ONCE {
                    let Ok(one) = news.try_recv() else { break };
                    tray.hear(one);
                }
            }
            () = tray.clock.next() => {
                if let Some(input) = tray.clock.due() {
                    tray.step(input);
                }
            }
            () = sleep_until(tray.draw_at), if tray.is_stale => {}
            () = sleep_until(tray.settled_at), if !tray.is_settled => {
                tray.is_settled = true;
                tray.is_stale = true;
            }
        }
    }
    tray.scope.cancel();
    // what is left is a matter of moments, and of no consequence
    let _ = tray.scope.drain(LAST).await;
}

/// Everything that the loop owns.
struct Tray<S> {
    place: Place,
    /// Where the core is looked for: ours, or the holder of our folder after the person said so.
    endpoint: Endpoint,
    policy: Policy,
    shell: S,
    launch: Arc<Launch>,
    tell: mpsc::Sender<News>,
    scope: Scope,
    /// The tasks of the try that is under way.
    trying: Scope,
    open: Option<Open>,
    running: Option<(Child, Arc<Running>)>,
    clock: Clock,
    /// The free port that a core named last.
    free_port: Option<u16>,
    view: View,
    /// What was drawn last, of the view and for the eye.
    drawn: View,
    face: Option<Face>,
    showing: Option<Showing>,
    notices: Notices,
    started: Instant,
    settled_at: Instant,
    is_settled: bool,
    /// Whether the view changed since it was drawn, and when that may be done.
    is_stale: bool,
    draw_at: Instant,
    /// Whether there may be more wishes.
    can_be_asked: bool,
    is_over: bool,
}

impl<S: Shell> Tray<S> {
    fn new(place: Place, exe_dir: PathBuf, policy: Policy, shell: S, tell: mpsc::Sender<News>) -> Self {
        let scope = Scope::new();
        let now = Instant::now();
        let view = View {
            link: Link::new(place.may_launch),
            autostart: shell.autostart(),
            places: place.places(),
            ..View::default()
        };
        Self {
            endpoint: place.endpoint.clone(),
            launch: Arc::new(Launch::new(place.clone(), exe_dir)),
            trying: scope.child(),
            drawn: view.clone(),
            place,
            policy,
            shell,
            tell,
            scope,
            open: None,
            running: None,
            clock: Clock::default(),
            free_port: None,
            view,
            face: None,
            showing: None,
            notices: Notices::default(),
            started: now,
            settled_at: now + SETTLING,
            is_settled: false,
            is_stale: true,
            draw_at: now,
            can_be_asked: true,
            is_over: false,
        }
    }

    /// One step of the link, and what it asks for.
    fn step(&mut self, input: Input) {
        let before = self.view.link;
        let (link, effects) = before.step(input, &self.policy);
        if link != before {
            tracing::debug!(?input, from = ?before.state, to = ?link.state, "link");
        }
        self.view.link = link;
        self.is_stale = true;
        let is_quitting = |state| matches!(state, State::Quitting { .. });
        if is_quitting(link.state) && !is_quitting(before.state) {
            self.shell.closing();
        }
        for effect in effects {
            self.perform(effect);
        }
        self.forget(before.state);
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Connect(attempt) => self.reach(attempt),
            Effect::ConnectToHolder(attempt) => {
                if let Some(holder) = self.view.failure.holder.as_deref().and_then(|text| Endpoint::parse(text).ok()) {
                    self.endpoint = holder;
                }
                self.reach(attempt);
            }
            Effect::Watch(attempt) => self.follow(attempt),
            Effect::Ping(attempt) => self.ping(attempt),
            Effect::Shutdown(attempt) => self.shut_down(attempt),
            Effect::Drop => {
                self.trying.cancel();
                self.open = None;
            }
            Effect::Launch { child, on_free_port } => self.start(child, on_free_port),
            Effect::Terminate(child) => self.running_as(child).into_iter().for_each(Running::terminate),
            Effect::Kill(child) => self.running_as(child).into_iter().for_each(Running::kill),
            Effect::After(timer, attempt, delay) => self.clock.set(timer, attempt, delay),
            Effect::Exit => {
                self.shell.leave();
                self.is_over = true;
            }
        }
    }

    fn running_as(&self, child: Child) -> Option<&Running> {
        self.running.as_ref().filter(|(name, _)| *name == child).map(|(_, running)| &**running)
    }

    /// What a core told is kept while one is on its way back, and forgotten where none is. What our own wrote says nothing
    /// of another.
    fn forget(&mut self, before: State) {
        let state = self.view.link.state;
        if matches!(state, State::Linked(linked) if linked.owner != Owner::Us) {
            self.view.log.clear();
        }
        if state != before && matches!(state, State::Idle { .. } | State::Incompatible(_) | State::CoreFailed(_)) {
            self.view.core = None;
        }
    }

    fn start(&mut self, child: Child, on_free_port: bool) {
        self.running = None;
        // the socket is ours from here on, and so are the files
        if self.endpoint != self.place.endpoint {
            self.endpoint = self.place.endpoint.clone();
            self.view.places = self.places();
        }
        // what is told from here on is of this one
        self.view.failure = Reason::default();
        let port = self.free_port.filter(|_| on_free_port);
        let listen = port.map(|port| format!("{}:{port}", identity::DEFAULT_HOST));
        let (launch, scope, tell) = (Arc::clone(&self.launch), self.scope.clone(), self.tell.clone());
        self.scope.spawn("launch", async move {
            let started = launch.start(listen.as_deref(), &scope).await;
            let _ = tell.send(News::Started(child, started)).await;
        });
    }

    fn hear(&mut self, news: News) {
        self.is_stale = true;
        match news {
            News::Link(input) => self.step(input),
            News::Met(met) => self.met(*met),
            News::Told(attempt, told) if attempt == self.view.link.attempt() => self.told(*told),
            News::Told(..) => {}
            News::Started(child, Ok(running)) => self.started(child, running),
            News::Started(child, Err(error)) => {
                tracing::warn!(%error, "no core started");
                self.view.failure = Reason::from(&error);
                let why = match error {
                    LaunchError::Missing(_) => NotLaunched::NoProgram,
                    LaunchError::NotStarted { .. } => NotLaunched::Refused,
                };
                self.step(Input::NotLaunched(child, why));
            }
            News::Ended(child, ended) => self.ended(child, &ended),
            News::Done(Ok(())) => {}
            News::Done(Err(why)) => self.refuse(why),
            News::Ticket(wanted, ticket) => self.ticket(wanted, ticket),
        }
    }

    /// What was asked for does not come about. Whoever asked has closed the menu by now, so it is told outside, too.
    fn refuse(&mut self, why: String) {
        self.shell.notify(&Notice { key: "refused".to_owned(), title: "Not done".to_owned(), body: why.clone() });
        self.view.refused = Some(why);
    }

    /// A process runs. If it is not wanted any more, it is ended.
    fn started(&mut self, child: Child, running: Running) {
        if self.view.link.child != Some(child) {
            running.terminate();
            return;
        }
        let (tell, running) = (self.tell.clone(), Arc::new(running));
        let followed = Arc::clone(&running);
        self.scope.spawn_until_cancelled("core's end", async move {
            let _ = tell.send(News::Ended(child, followed.ended().await)).await;
        });
        let is_unwanted = matches!(self.view.link.state, State::Stopping { .. } | State::Quitting { .. });
        if is_unwanted {
            running.terminate();
        }
        self.running = Some((child, running));
    }

    /// The last words of our core; it has some while it starts, and when it ends.
    fn read_log(&mut self) {
        if let Some((_, running)) = &self.running {
            self.view.log = running.tail();
        }
    }

    fn ended(&mut self, child: Child, ended: &Ended) {
        if self.running_as(child).is_none() {
            return;
        }
        self.read_log();
        self.free_port = ended.reason.free_port.or(self.free_port);
        // whoever holds the folder and should be where nobody answers is of no use to us
        let holder = ended.reason.holder.as_deref().and_then(|text| Endpoint::parse(text).ok());
        let end = End {
            code: ended.code,
            free_port: ended.reason.free_port.is_some(),
            holder: holder.is_some_and(|holder| holder != self.place.endpoint),
        };
        if ended.code != Some(0) {
            self.view.failure = ended.reason.clone();
        }
        self.running = None;
        self.step(Input::Ended(child, end));
    }

    fn draw_if_due(&mut self) {
        if !self.is_stale || Instant::now() < self.draw_at {
            return;
        }
        self.is_stale = false;
        if matches!(self.view.link.state, State::Launching) {
            self.read_log();
        }
        self.draw_at = Instant::now() + DRAW_EVERY;
        // the system has the last word, and others may change it
        self.view.autostart = self.shell.autostart();
        let face =
            Face { icon: icon::icon(&self.view), tooltip: icon::tooltip(&self.view), menu: menu::menu(&self.view) };
        if self.face.as_ref() != Some(&face) {
            self.shell.show(&face);
            self.face = Some(face);
        }
        let notices = self.notices.step(&self.drawn, &self.view, self.started.elapsed());
        for notice in &notices {
            self.shell.notify(notice);
        }
        self.keep_window();
        self.drawn.clone_from(&self.view);
    }
}

impl Core {
    fn new(hello: Hello) -> Self {
        Self {
            hello,
            servers: Vec::new(),
            stats: mcpproxy_ipc_proto::view::ServerStats::default(),
            calls: Vec::new(),
            settings_problems: Vec::new(),
            clients: Vec::new(),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
