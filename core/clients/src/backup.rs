//! Copies of settings files from before a change, beside them: `<file>.bak.YYYYMMDD-HHMMSS[-n]`, in universal time.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{ClientError, file};

const MARK: &str = ".bak.";
const DAY: u64 = 86_400;

/// Copies a file, permissions included.
///
/// # Errors
/// Reading or writing fails.
pub fn make(path: &Path, now: SystemTime) -> Result<PathBuf, ClientError> {
    let stamp = stamp(now);
    let (mut number, mut copy) = (0, beside(path, &stamp));
    while copy.symlink_metadata().is_ok() {
        number += 1;
        copy = beside(path, &format!("{stamp}-{number}"));
    }
    fs::copy(path, &copy).map_err(|error| file::failed(&copy, error))?;
    Ok(copy)
}

/// The newest copy of a file.
pub fn newest(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy().into_owned() + MARK;
    let copies = fs::read_dir(path.parent()?).ok()?.flatten().filter_map(|entry| {
        let order = order(entry.file_name().to_str()?.strip_prefix(&name)?)?;
        Some((order, entry.path()))
    });
    copies.max().map(|(_, path)| path)
}

/// The copy of a file that has this bare name, if there is one. Nothing but the name of a copy of this very file will do.
pub fn named(path: &Path, name: &str) -> Option<PathBuf> {
    let stamp = name.strip_prefix(&(path.file_name()?.to_string_lossy().into_owned() + MARK))?;
    order(stamp)?;
    let copy = path.with_file_name(name);
    copy.symlink_metadata().is_ok_and(|metadata| metadata.is_file()).then_some(copy)
}

fn beside(path: &Path, stamp: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name([&name, MARK, stamp].concat())
}

/// Date, time and number of a stamp.
fn order(stamp: &str) -> Option<(u32, u32, u32)> {
    let mut parts = stamp.splitn(3, '-');
    let (date, time, number) = (parts.next()?, parts.next()?, parts.next().unwrap_or("0"));
    let whole = date.len() == 8 && time.len() == 6;
    Some((date.parse().ok()?, time.parse().ok()?, number.parse().ok()?)).filter(|_| whole)
}

fn stamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (year, month, day) = date(seconds / DAY);
    let rest = seconds % DAY;
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The date of a day since 1970. Years begin in March here, so that the leap day is the last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stamps_are_dates() {
        for (seconds, expected) in [
            (0, "19700101-000000"),
            (951_868_799, "20000229-235959"),
            (1_767_225_600, "20260101-000000"),
            (1_772_323_199, "20260228-235959"),
        ] {
            assert_eq!(stamp(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn the_newest_copy_is_found_among_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(newest(&path), None);
        fs::write(&path, "x").unwrap();
        for other in ["a.json.bak.zzz", "b.json.bak.29990101-000000", "a.json.bak", "a.json.bak.2999-1"] {
            fs::write(folder.path().join(other), "").unwrap();
        }
        let copies: Vec<_> = (0..12).map(|_| make(&path, UNIX_EPOCH).unwrap()).collect();
        assert_eq!(newest(&path).as_ref(), copies.last());
        assert!(copies.last().unwrap().ends_with("a.json.bak.19700101-000000-11"));
        assert_eq!(named(&path, "a.json.bak.19700101-000000-11").as_ref(), copies.last());
        let others = ["a.json.bak.zzz", "b.json.bak.29990101-000000", "a.json", "", "a.json.bak.19700101-000001"];
        let ways = ["../a.json.bak.19700101-000000", "a.json.bak./../a.json", "a.json.bak.19700101-000000/"];
        assert!(others.iter().chain(&ways).all(|name| named(&path, name).is_none()));
    }
}
