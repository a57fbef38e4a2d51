//! What the computer has free, and what this program takes.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Bytes that could be had now without swapping, within the limit of a container if there is one.
pub fn free() -> u64 {
    let mut system = System::new();
    system.refresh_memory();
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    system.available_memory().min(limit)
}

/// Watches this program.
pub struct Own {
    system: System,
    pid: Option<Pid>,
}

impl Own {
    pub fn new() -> Self {
        Self { system: System::new(), pid: sysinfo::get_current_pid().ok() }
    }

    /// Bytes in main memory now; 0 where the system does not tell.
    pub fn bytes(&mut self) -> u64 {
        let Some(pid) = self.pid else { return 0 };
        let kind = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
        self.system.process(pid).map_or(0, |process| process.memory())
    }
}
