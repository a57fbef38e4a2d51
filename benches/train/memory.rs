//! What this process took at most.

/// The most main memory this process has held, in bytes; known on Linux only.
pub fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// `1.4 GB`, or that it is not known.
pub fn words(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "unknown".to_string(), engine::train::gigabytes)
}
