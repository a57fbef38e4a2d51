use super::args::PullArgs;
use super::{out, progress};
use crate::base::{self, BaseName};
use engine::error::Result;

pub fn run(args: &PullArgs) -> Result<()> {
    let name = BaseName::parse(&args.base)?;
    let bar = progress::Bytes::new();
    let base = base::pull(&name, args.from.as_deref(), &bar)?;
    bar.finish();
    out::line(format!("{name} is ready: {}\nSHA-256 {}", base.path.display(), base.sha256));
    Ok(())
}
