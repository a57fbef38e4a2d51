//! Where a reviewer sits: the page on which answers are scored, served on this computer, or written out as a file that
//! works without the tool.
