//! Backups of a log file: `main.log.20260131T235959.000001`, later with `.gz`. How many stay, how long, and packing.
//!
//! The time in the name makes backups sort by age and never move, so packing one can take its time. Not here: writing
//! and cutting the live file (`rotate`).

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use flate2::{Compression, write::GzEncoder};
use time::OffsetDateTime;

use crate::rotate::Limits;

const PACKED: &str = ".gz";
const UNFINISHED: &str = ".part";
/// After this time an unfinished archive was left by a crash, and is not being written by anybody.
const STALE: Duration = Duration::from_secs(600);

/// Makes a backup of a live file by giving it a name of its own.
pub(crate) fn set_aside(live: &Path, now: SystemTime) -> io::Result<()> {
    let mut at = now;
    loop {
        let backup = with_suffix(live, &format!(".{}", stamp(at)));
        if !fs::exists(&backup)? && !fs::exists(with_suffix(&backup, PACKED))? {
            return fs::rename(live, backup);
        }
        at += Duration::from_micros(1);
    }
}

/// Deletes the backups of `live` that are too many or too old.
pub(crate) fn prune(live: &Path, limits: &Limits, now: SystemTime) {
    let oldest = limits.max_age.and_then(|age| now.checked_sub(age)).map(stamp);
    for (place, (time, files)) in backups(live).into_iter().rev().enumerate() {
        let too_many = limits.max_backups.is_some_and(|most| place >= most);
        if too_many || oldest.as_ref().is_some_and(|oldest| time < *oldest) {
            for file in files {
                let _ = fs::remove_file(file);
            }
        }
    }
}

/// Packs every backup of `live` that is not packed yet. Takes its time: to be called where nobody waits.
pub(crate) fn pack(live: &Path) {
    loop {
        let open = backups(live).into_values().flatten().find(|file| file.extension().is_none_or(|ext| ext != "gz"));
        match open.map(|file| pack_one(&file)) {
            Some(Ok(())) => {}
            // What cannot be packed now is tried again after the next cut.
            Some(Err(_)) | None => return,
        }
    }
}

fn pack_one(file: &Path) -> io::Result<()> {
    let packed = with_suffix(file, PACKED);
    let part = with_suffix(&packed, UNFINISHED);
    let age = fs::metadata(&part).and_then(|found| found.modified()).ok().and_then(|time| time.elapsed().ok());
    if age.is_some_and(|age| age > STALE) {
        fs::remove_file(&part)?;
    }
    // Whoever creates the file packs it: two who try at once do not spoil each other's work.
    let mut encoder = GzEncoder::new(private(OpenOptions::new().write(true).create_new(true)).open(&part)?, level());
    let result = File::open(file)
        .and_then(|mut source| io::copy(&mut source, &mut encoder))
        .and_then(|_| encoder.finish())
        .and_then(|_| fs::rename(&part, &packed))
        .and_then(|()| fs::remove_file(file));
    if result.is_err() {
        let _ = fs::remove_file(&part);
    }
    result
}

/// Log lines shrink well at any level; the fastest keeps the processor free.
fn level() -> Compression {
    Compression::fast()
}

/// Files that only their owner may read.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// The backups of a live file by their time, each with its files (two after a crash between packing and deleting).
fn backups(live: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut all: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let (Some(folder), Some(name)) = (live.parent(), live.file_name().and_then(|name| name.to_str())) else {
        return all;
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let rest = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.'));
        let Some(time) = rest.map(|rest| rest.strip_suffix(PACKED).unwrap_or(rest)) else { continue };
        if is_stamp(time) {
            all.entry(time.to_owned()).or_default().push(entry.path());
        }
    }
    all
}

/// The time in the name of a backup, in UTC; sorts by time.
fn stamp(at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second, micro) = (at.hour(), at.minute(), at.second(), at.microsecond());
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}.{micro:06}")
}

fn is_stamp(text: &str) -> bool {
    const SHAPE: &[u8; 22] = b"00000000T000000.000000";
    let fits = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
    text.len() == SHAPE.len() && text.bytes().zip(SHAPE).all(fits)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut longer = path.as_os_str().to_owned();
    longer.push(suffix);
    PathBuf::from(longer)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn backups_are_kept_by_number_and_age_packed_and_never_confused_with_others() {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("server-a.log");
        let day = Duration::from_secs(86_400);
        let start = SystemTime::UNIX_EPOCH + 365 * day;
        // Not backups of `a`: another server's live file, and a person's copy.
        for other in ["server-a.log.19710101T000000.000000.log", "server-a.log.old"] {
            fs::write(folder.path().join(other), "x").unwrap();
        }
        for number in 0..4 {
            fs::write(&live, format!("text {number}")).unwrap();
            set_aside(&live, start + day * number / 2 * 2).unwrap();
        }
        let limits = Limits { max_backups: Some(3), max_age: Some(10 * day), ..Limits::default() };
        prune(&live, &limits, start + 3 * day);
        pack(&live);
        let kept = ["19710102T000000.000000", "19710103T000000.000000", "19710104T000000.000000"];
        let mut expected: Vec<String> = kept.iter().map(|time| format!("server-a.log.{time}.gz")).collect();
        expected.insert(0, "server-a.log.19710101T000000.000000.log".to_owned());
        expected.push("server-a.log.old".to_owned());
        assert_eq!(names(folder.path()), expected);
        let mut text = String::new();
        let packed = File::open(folder.path().join(&expected[3])).unwrap();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        assert_eq!(text, "text 3");

        prune(&live, &limits, start + 12 * day + Duration::from_secs(1));
        assert_eq!(names(folder.path()).len(), 3, "only the youngest is not too old");
        let same = [start; 2];
        for at in same {
            fs::write(&live, "same moment").unwrap();
            set_aside(&live, at).unwrap();
        }
        assert_eq!(names(folder.path()).len(), 5, "two cuts in one moment are two backups");
    }
}
