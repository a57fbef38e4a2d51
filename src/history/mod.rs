//! A line of versions over time: every run on one axis, and the marks where a suite or a check changed in between, so
//! that nobody reads a change of the ruler as a change of the model. Pure.
