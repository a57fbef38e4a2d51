//! One program run to its end, never through a shell, with bounds on its time and its output. What it started ends with
//! it.

use process_wrap::std::{ChildWrapper, CommandWrap};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much of what a program says on standard error is kept, in bytes.
const COMPLAINT_BYTES: usize = 4096;

/// How often a program that has closed its output is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub time: Duration,
    pub output_bytes: usize,
}

/// Runs `command` in `folder` with `input` on its standard input, and gives what it wrote on standard output.
///
/// # Errors
/// In words: it cannot be started, takes too long, writes too much, or ends with another code than 0.
pub(super) fn run(command: &[String], folder: &Path, input: Vec<u8>, bounds: Bounds) -> Result<Vec<u8>, String> {
    let name = command.first().map_or("", String::as_str);
    let mut child = start(command, folder).map_err(|error| format!("`{name}` cannot be started: {error}"))?;
    feed(child.as_mut(), input);
    let complaint = listen(child.as_mut());
    let output = drain(child.as_mut(), bounds.output_bytes);
    let deadline = Instant::now() + bounds.time;
    let ended = end(child.as_mut(), &output, deadline, bounds);
    // Whatever it leaves running is of no use to anybody; of a group that has ended already nothing is left to kill.
    let _ = child.start_kill();
    if ended.is_err() {
        let _ = child.wait();
    }
    let (written, status) = ended.map_err(|what| format!("`{name}` {what}"))?;
    match status.success() {
        true => Ok(written),
        false => Err(format!("`{name}` ended with {}{}", told(status), last_words(&complaint))),
    }
}

/// Starts it as the head of a group of its own (on Windows, in a job), by which all of it can be ended.
fn start(command: &[String], folder: &Path) -> std::io::Result<Box<dyn ChildWrapper>> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "no program is named"));
    };
    let mut plain = Command::new(place(program, folder));
    plain.args(arguments).current_dir(folder);
    plain.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut whole = CommandWrap::from(plain);
    #[cfg(unix)]
    whole.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    whole.wrap(process_wrap::std::JobObject);
    whole.spawn()
}

/// A bare name is looked for on the system's path, any other from the folder: where a program starts from must not decide
/// which one it is.
fn place(program: &str, folder: &Path) -> PathBuf {
    match program.contains(['/', '\\']) {
        true => folder.join(program),
        false => PathBuf::from(program),
    }
}

/// A program need not read what it is told: then the pipe breaks, and that is no fault.
fn feed(child: &mut dyn ChildWrapper, input: Vec<u8>) {
    if let Some(mut pipe) = child.stdin().take() {
        std::thread::spawn(move || _ = pipe.write_all(&input));
    }
}

/// What arrived on standard output, whole; `None` where it was more than the bound.
type Output = Receiver<std::io::Result<Option<Vec<u8>>>>;

fn drain(child: &mut dyn ChildWrapper, most_bytes: usize) -> Output {
    let (tell, told) = mpsc::channel();
    if let Some(pipe) = child.stdout().take() {
        std::thread::spawn(move || {
            let mut written = Vec::new();
            let read = pipe.take(most_bytes as u64 + 1).read_to_end(&mut written);
            let _ = tell.send(read.map(|_| (written.len() <= most_bytes).then_some(written)));
        });
    }
    told
}

/// The first of what it says on standard error; the rest is read and dropped, so that the program does not wait.
fn listen(child: &mut dyn ChildWrapper) -> Arc<Mutex<Vec<u8>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    if let Some(mut pipe) = child.stderr().take() {
        let kept = heard.clone();
        std::thread::spawn(move || {
            let mut part = [0; 1024];
            while let Ok(read @ 1..) = pipe.read(&mut part) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = COMPLAINT_BYTES.saturating_sub(kept.len()).min(read);
                kept.extend_from_slice(&part[..room]);
            }
        });
    }
    heard
}

/// Waits for its output, then for its end.
fn end(
    child: &mut dyn ChildWrapper,
    output: &Output,
    deadline: Instant,
    bounds: Bounds,
) -> Result<(Vec<u8>, ExitStatus), String> {
    let late = || format!("was still running after {} s and was ended", bounds.time.as_secs_f64());
    let left = deadline.saturating_duration_since(Instant::now());
    let written = match output.recv_timeout(left) {
        Err(_) => return Err(late()),
        Ok(Err(error)) => return Err(format!("cannot be heard: {error}")),
        Ok(Ok(None)) => return Err(format!("wrote more than {} bytes and was ended", bounds.output_bytes)),
        Ok(Ok(Some(written))) => written,
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((written, status)),
            Ok(None) if Instant::now() >= deadline => return Err(late()),
            Ok(None) => std::thread::sleep(GLANCE),
            Err(error) => return Err(format!("cannot be waited for: {error}")),
        }
    }
}

fn told(status: ExitStatus) -> String {
    status.code().map_or_else(|| "a signal".to_string(), |code| format!("code {code}"))
}

/// The last line of what it complained about.
fn last_words(heard: &Mutex<Vec<u8>>) -> String {
    // The thread that listens may still hold the end of it.
    std::thread::sleep(GLANCE);
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&heard);
    text.lines().rfind(|line| !line.trim().is_empty()).map_or_else(String::new, |line| format!(": {}", line.trim()))
}
