//! How many examples of each kind make a good start: the counts of `docs/creating-training-data.md`.

/// A file of examples and how many it should hold; without a topic, a whole category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recommended {
    pub category: &'static str,
    pub topic: Option<&'static str>,
    pub count: usize,
}

const fn topic(category: &'static str, topic: &'static str, count: usize) -> Recommended {
    Recommended { category, topic: Some(topic), count }
}

const fn category(category: &'static str, count: usize) -> Recommended {
    Recommended { category, topic: None, count }
}

/// In the order of the guide. A category with topics is the sum of them.
pub const RECOMMENDED: &[Recommended] = &[
    topic("user-stories", "basic-features", 20),
    topic("user-stories", "complex-workflows", 15),
    topic("user-stories", "mobile-specific", 10),
    topic("prds", "feature-prds", 25),
    topic("prds", "integration-prds", 15),
    topic("prds", "api-prds", 10),
    topic("communications", "status-updates", 20),
    topic("communications", "delay-notifications", 10),
    topic("communications", "stakeholder-reports", 15),
    topic("analytics", "kpi-definitions", 15),
    topic("analytics", "metrics-reports", 20),
    topic("analytics", "experiment-results", 10),
    category("requirements", 20),
    category("planning", 20),
    category("go-to-market", 10),
    category("process-improvement", 10),
];
