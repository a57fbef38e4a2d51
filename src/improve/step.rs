use serde::{Deserialize, Serialize};

/// What is done in a month, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// What was captured or corrected is approved or rejected.
    Collect,
    /// The version in use is asked the dev cases.
    Measure,
    /// What fails becomes a plan of examples to write.
    Gaps,
    /// A person writes them.
    Write,
    /// The linter looks at all examples.
    Check,
    Train,
    /// The new version and the one in use are asked every case.
    Evaluate,
    /// People score answers, where the workspace wants it.
    Review,
    Decide,
    /// The new version's file is written and proven.
    Export,
    /// The new version becomes primary, and its file goes where people use it.
    Deploy,
}

impl Step {
    pub const ALL: [Self; 11] = [
        Self::Collect,
        Self::Measure,
        Self::Gaps,
        Self::Write,
        Self::Check,
        Self::Train,
        Self::Evaluate,
        Self::Review,
        Self::Decide,
        Self::Export,
        Self::Deploy,
    ];

    /// As it stands in files and lists.
    pub fn name(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Measure => "measure",
            Self::Gaps => "gaps",
            Self::Write => "write",
            Self::Check => "check",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
            Self::Review => "review",
            Self::Decide => "decide",
            Self::Export => "export",
            Self::Deploy => "deploy",
        }
    }

    /// What it does, for a list of what is to come.
    pub fn about(self) -> &'static str {
        match self {
            Self::Collect => "approve or reject what waits in the inbox",
            Self::Measure => "ask the version in use the dev cases",
            Self::Gaps => "find what fails, and plan examples",
            Self::Write => "write the examples of the plan (you)",
            Self::Check => "hold all examples against the linter",
            Self::Train => "train the next version",
            Self::Evaluate => "ask both versions every case",
            Self::Review => "score answers (you)",
            Self::Decide => "hold the new version against the one in use",
            Self::Export => "write the file for other programs, and prove it",
            Self::Deploy => "make it primary, and put the file where it is used",
        }
    }
}
