//! A thin server for this computer alone: it binds to the loopback address, lets in only who knows the token of this
//! start, and only under the names that this computer has for itself.
