//! A file from the hub onto the disk, however often the connection breaks off: what has come stays, and the next request
//! asks for the rest. A file is whole when its length and its SHA-256 are what the hub says.

use super::hub::{Hub, HubFile, Repo};
use super::progress::Progress;
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use ureq::Body;
use ureq::http::{Response, StatusCode};

/// Requests in a row that bring nothing before it is given up, and requests in all.
const FRUITLESS: u32 = 4;
const MOST_REQUESTS: u32 = 500;
/// Between two requests, twice as long each time that nothing came.
const PAUSE: Duration = Duration::from_millis(250);
/// Parts of files that nobody came back for in so long are cleared away.
const KEPT: Duration = Duration::from_secs(14 * 24 * 3600);

/// What stopped one request.
enum Stop {
    /// Nothing did: the file is whole.
    Whole,
    /// The connection broke off or stood still; more may be had.
    Broken(Error),
    /// Asking again would not help.
    Final(Error),
}

/// Downloads a file to `target`. Parts of it are kept in `partial` from one call to the next.
///
/// # Errors
/// The hub refuses, cannot be reached, or gives other bytes than it says. What has come stays for the next call, but for
/// wrong bytes.
pub(super) fn download(
    hub: &Hub,
    repo: Repo<'_>,
    file: &HubFile,
    partial: &Path,
    target: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let part = part_of(repo, file, partial);
    let (mut fruitless, mut before) = (0, length(&part));
    if before > 0 {
        let (done, of) = (words::bytes(before), words::bytes(file.bytes));
        progress.say(&format!("going on after {done} of {of} that are here already"));
    }
    for asked in 0..MOST_REQUESTS {
        let stop = request(hub, repo, file, &part, progress);
        let now = length(&part);
        fruitless = if now > before { 0 } else { fruitless + 1 };
        before = now;
        match stop {
            Stop::Whole => return finish(repo, file, &part, target, progress),
            Stop::Final(error) => return Err(error),
            // Where there is no connection to begin with, nobody waits for one.
            Stop::Broken(error) if asked == 0 && now == 0 => return Err(error),
            Stop::Broken(error) if fruitless >= FRUITLESS => return Err(given_up(repo, file, now, error)),
            Stop::Broken(_) => std::thread::sleep(PAUSE * 2_u32.pow(fruitless)),
        }
    }
    Err(given_up(repo, file, before, Error::network("the connection breaks off again and again")))
}

/// Where the part of a file lies: by what it must hash to, so that another file of that name does not go on with it.
fn part_of(repo: Repo<'_>, file: &HubFile, partial: &Path) -> PathBuf {
    for entry in std::fs::read_dir(partial).into_iter().flatten().flatten() {
        let changed = entry.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::now());
        if changed.elapsed().is_ok_and(|age| age > KEPT) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let of_name = || store::hash(format!("{} {} {} {}", repo.name, repo.revision, file.path, file.bytes).as_bytes());
    let part = partial.join(file.sha256.clone().unwrap_or_else(of_name));
    // Of what has no hash nothing tells whether the rest would fit.
    if length(&part) > file.bytes || file.sha256.is_none() {
        let _ = std::fs::remove_file(&part);
    }
    part
}

fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |meta| meta.len())
}

/// Asks once for what is missing, and writes what comes.
fn request(hub: &Hub, repo: Repo<'_>, file: &HubFile, part: &Path, progress: &dyn Progress) -> Stop {
    let have = length(part);
    if have == file.bytes {
        return Stop::Whole;
    }
    let mut response = match hub.content(repo, &file.path, have) {
        Ok(response) => response,
        Err(failure) if failure.passing => return Stop::Broken(failure.error),
        Err(failure) => return Stop::Final(failure.error),
    };
    let fail = |e| Stop::Final(Error::io("write", part, e));
    let folder = part.parent().unwrap_or(part);
    let opened = std::fs::create_dir_all(folder).and_then(|()| OpenOptions::new().create(true).append(true).open(part));
    let mut out = match opened {
        Ok(out) => out,
        Err(error) => return fail(error),
    };
    let from = match begins(&response, have, file.bytes) {
        Some(from) => from,
        // It does not go on in the middle: from the beginning then.
        None => {
            if let Err(error) = out.set_len(0) {
                return fail(error);
            }
            let other = "the hub offers another part than was asked for";
            return Stop::Broken(Error::network(other));
        }
    };
    if let Err(error) = out.set_len(from) {
        return fail(error);
    }
    receive(&mut response, &mut out, from, file, progress).unwrap_or_else(fail)
}

/// The byte that the answer begins with; `None` where it is none of those that help.
fn begins(response: &Response<Body>, have: u64, bytes: u64) -> Option<u64> {
    match response.status() {
        StatusCode::OK => Some(0),
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get("content-range")?.to_str().ok()?;
            let (span, total) = range.strip_prefix("bytes ")?.split_once('/')?;
            let from: u64 = span.split_once('-')?.0.parse().ok()?;
            (from == have && (total == "*" || total.parse() == Ok(bytes))).then_some(from)
        }
        _ => None,
    }
}

/// Writes an answer that begins with byte `from` of the file.
///
/// # Errors
/// The disk refuses.
fn receive(
    response: &mut Response<Body>,
    out: &mut File,
    from: u64,
    file: &HubFile,
    progress: &dyn Progress,
) -> std::io::Result<Stop> {
    let mut body = response.body_mut().as_reader();
    let (mut buffer, mut have) = (vec![0; 1 << 18], from);
    let stop = loop {
        progress.bytes(have, Some(file.bytes));
        match body.read(&mut buffer) {
            Ok(0) if have == file.bytes => break Stop::Whole,
            Ok(0) => break Stop::Broken(Error::network("the connection ended in the middle of the file")),
            Ok(n) if have + n as u64 > file.bytes => {
                out.set_len(0)?;
                let message = format!("{} goes on after the {} that the hub says it has", file.path, bytes_of(file));
                break Stop::Final(Error::network(message).hint("nothing of it was kept; check HF_ENDPOINT"));
            }
            Ok(n) => {
                out.write_all(buffer.get(..n).unwrap_or_default())?;
                have += n as u64;
            }
            Err(error) => break Stop::Broken(Error::network("the connection broke off").caused_by(error)),
        }
    };
    out.sync_all()?;
    Ok(stop)
}

fn bytes_of(file: &HubFile) -> String {
    words::count(usize::try_from(file.bytes).unwrap_or(usize::MAX), "byte")
}

/// Holds the file against its hash and moves it to its place.
fn finish(repo: Repo<'_>, file: &HubFile, part: &Path, target: &Path, progress: &dyn Progress) -> Result<()> {
    if let Some(wanted) = &file.sha256 {
        progress.say("checking its SHA-256");
        let mut done = 0;
        let found = store::hash_file(part, |n| {
            done += n;
            progress.bytes(done, Some(file.bytes));
        })?;
        if found != *wanted {
            let _ = std::fs::remove_file(part);
            let message =
                format!("{} from hub:{} has the SHA-256 {found}, and should have {wanted}", file.path, repo.name);
            return Err(
                Error::network(message).hint("nothing was kept; pull it again, over another connection if need be")
            );
        }
    }
    std::fs::rename(part, target).map_err(|e| Error::io("write", target, e))?;
    // Only an empty one goes.
    let _ = part.parent().map(std::fs::remove_dir);
    Ok(())
}

fn given_up(repo: Repo<'_>, file: &HubFile, have: u64, error: Error) -> Error {
    let (done, of) = (words::bytes(have), words::bytes(file.bytes));
    let message = format!("{} from hub:{} broke off after {done} of {of}: {}", file.path, repo.name, error.message);
    let hint = "run the same command again: it goes on where it stopped";
    Error { source: error.source, ..Error::network(message).hint(if have > 0 { hint } else { "check the connection" }) }
}
