//! The console: lines to stderr, and never to stdout, through a thread and a bounded queue.
//!
//! Not here: what a line looks like (`format`).

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

/// How many lines may wait for a console that is slow.
const QUEUE: usize = 1024;
/// How long the last lines of a process may take to get out.
const FLUSH_WAIT: Duration = Duration::from_secs(1);

/// The sending side; clones share the thread.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Message {
    Line(String),
    Flush(SyncSender<()>),
}

impl Console {
    /// Starts the thread; it ends when all senders are gone.
    pub(crate) fn start(target: impl Write + Send + 'static) -> std::io::Result<Self> {
        let (queue, inbox) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&lost);
        std::thread::Builder::new().name("console".to_owned()).spawn(move || write(target, &inbox, &counter))?;
        Ok(Self { queue, lost })
    }

    /// Hands over one line, which ends with a line feed; never waits.
    pub(crate) fn line(&self, line: String) {
        if self.queue.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was handed over is written, at most for a second.
    pub(crate) fn flush(&self) {
        let (done, written) = sync_channel(1);
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_WAIT);
        }
    }
}

fn write(mut target: impl Write, inbox: &Receiver<Message>, lost: &AtomicU64) {
    for message in inbox {
        // A console that is gone is no reason to stop: the files have the lines.
        match message {
            Message::Line(line) => {
                let _ = target.write_all(line.as_bytes());
            }
            Message::Flush(done) => {
                let _ = target.flush();
                let _ = done.send(());
            }
        }
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _ = writeln!(target, "({missing} lines were left out: the console is too slow)");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc::channel};

    use super::*;

    /// Writes nothing before it is let go.
    struct Gate {
        open: Receiver<()>,
        text: Arc<Mutex<String>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.open.recv();
            self.text.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_console_that_blocks_costs_lines_and_never_time() {
        let (go, open) = channel();
        let text = Arc::new(Mutex::new(String::new()));
        let console = Console::start(Gate { open, text: Arc::clone(&text) }).unwrap();
        // One line may be in the thread's hands already, so that one more than the queue holds may be taken.
        for number in 0..QUEUE + 11 {
            console.line(format!("{number}\n"));
        }
        let lost = console.lost.load(Ordering::Relaxed);
        assert!(lost == 10 || lost == 11, "{lost}");
        drop(go);
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while !text.lock().unwrap().contains("1023\n") {
            assert!(std::time::Instant::now() < until);
            std::thread::yield_now();
        }
        console.flush();
        let text = text.lock().unwrap();
        assert!(text.starts_with("0\n") && text.contains(&format!("({lost} lines were left out")), "{text}");
    }
}
