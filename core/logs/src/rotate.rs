//! One log file that is cut when it is full. Not here: what becomes of the parts (`archive`).

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use crate::archive;

/// How much of a log is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The file is cut before it grows over this many bytes.
    pub max_size: u64,
    /// How many cut parts stay; `None` = all.
    pub max_backups: Option<usize>,
    /// How long cut parts stay; `None` = for ever.
    pub max_age: Option<Duration>,
    /// Whether cut parts are packed (gzip).
    pub compress: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self::from_settings(10, 5, 30, true)
    }
}

impl Limits {
    /// From the numbers of the settings: size in MB (0 = 10), backups (0 = all), age in days (0 = for ever).
    #[must_use]
    pub fn from_settings(max_size_mb: u64, max_backups: usize, max_age_days: u64, compress: bool) -> Self {
        let size = if max_size_mb == 0 { 10 } else { max_size_mb };
        Self {
            max_size: size.saturating_mul(1024 * 1024),
            max_backups: (max_backups > 0).then_some(max_backups),
            max_age: (max_age_days > 0).then(|| Duration::from_secs(max_age_days.saturating_mul(86_400))),
            compress,
        }
    }
}

/// A file that is written line by line, opened at the first line, cut when it is full.
#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    limits: Limits,
    open: Option<(File, u64)>,
    packing: Arc<AtomicBool>,
}

impl RotatingFile {
    /// Nothing is touched yet.
    pub(crate) fn new(path: PathBuf, limits: Limits) -> Self {
        Self { path, limits, open: None, packing: Arc::default() }
    }

    /// Opens the file now rather than at the first line, so that a fault shows.
    pub(crate) fn open(&mut self) -> io::Result<()> {
        if self.open.is_none() {
            let file = archive::private(OpenOptions::new().append(true).create(true)).open(&self.path)?;
            let length = file.metadata()?.len();
            archive::prune(&self.path, &self.limits, SystemTime::now());
            self.open = Some((file, length));
        }
        Ok(())
    }

    /// Writes one line, which ends with a line feed; a line is never torn in two parts.
    pub(crate) fn write(&mut self, line: &str) -> io::Result<()> {
        self.open()?;
        let added = line.len() as u64;
        if self.open.as_ref().is_some_and(|(_, length)| *length > 0 && length + added > self.limits.max_size) {
            self.cut()?;
            self.open()?;
        }
        let Some((file, length)) = &mut self.open else { return Ok(()) };
        file.write_all(line.as_bytes())?;
        *length += added;
        Ok(())
    }

    /// Where the file cannot be set aside (Windows: somebody else has it open), it goes on growing to twice its size
    /// and then starts anew: the disk's space is worth more than old lines.
    fn cut(&mut self) -> io::Result<()> {
        let now = SystemTime::now();
        if archive::set_aside(&self.path, now).is_ok() {
            self.open = None;
            archive::prune(&self.path, &self.limits, now);
            self.pack();
        } else if let Some((file, length)) = &mut self.open
            && *length > self.limits.max_size.saturating_mul(2)
        {
            file.set_len(0)?;
            *length = 0;
        }
        Ok(())
    }

    /// Packing 10 MB takes a good part of a second: a thread of its own does it and ends, so that nobody waits who
    /// writes a line. One at a time: it finds by itself what was cut meanwhile.
    fn pack(&self) {
        if !self.limits.compress || self.packing.swap(true, Ordering::AcqRel) {
            return;
        }
        let (path, packing) = (self.path.clone(), Arc::clone(&self.packing));
        let work = move || {
            archive::pack(&path);
            packing.store(false, Ordering::Release);
        };
        if std::thread::Builder::new().name("log-pack".to_owned()).spawn(work).is_err() {
            self.packing.store(false, Ordering::Release);
        }
    }
}

/// Makes the folder, for its owner only, where it does not exist; one that exists keeps its permissions.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if fs::metadata(folder).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_cut_between_lines_and_the_parts_are_bounded_and_packed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new/logs");
        make_folder(&folder).unwrap();
        let path = folder.join("main.log");
        let limits = Limits { max_size: 100, max_backups: Some(2), ..Limits::default() };
        let mut file = RotatingFile::new(path.clone(), limits.clone());
        let line = format!("{}\n", "x".repeat(39));
        for _ in 0..9 {
            file.write(&line).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), line);
        #[cfg(unix)]
        for (path, mode) in [(&path, 0o600), (&folder, 0o700)] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while file.packing.load(Ordering::Acquire) {
            assert!(std::time::Instant::now() < until, "packing never ends");
            std::thread::yield_now();
        }
        archive::pack(&path);
        archive::prune(&path, &limits, SystemTime::now());
        let packed = fs::read_dir(&folder).unwrap().filter(|entry| {
            let entry = entry.as_ref().unwrap();
            entry.path().extension().is_some_and(|ext| ext == "gz")
        });
        assert_eq!(packed.count(), 2);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);

        let mut again = RotatingFile::new(path.clone(), limits);
        again.write(&line).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 80, "a restart goes on in the same file");
    }
}
