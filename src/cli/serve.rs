//! `pmtune serve`: the versions behind an address on this computer, for the tools in which people work.

use super::console::Console;
use super::device::DeviceArgs;
use super::{interrupt, out};
use crate::serve::{self, Address, Catalogue, Client, DEFAULT_PORT, DEFAULT_QUEUE, ServeOptions};
use crate::training_data::Inbox;
use crate::words;
use crate::workspace::Workspace;
use engine::error::Result;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  pmtune serve                              on this computer, port 7689
  pmtune serve --print continue             what to paste into Continue
  pmtune serve --port 1234                  in the place of LM Studio
  pmtune serve --allow-host host.docker.internal
                                            for programs in Docker
  pmtune serve --host 0.0.0.0 --token TEXT  for other computers, which then
                                            need the token as their API key
  pmtune serve --capture                    write down questions and answers, to
                                            approve them with pmtune data inbox

With models/routes.yaml, the model `auto` chooses a version for each question.
The address itself, opened in a browser, is a page to chat on. Nothing that
is asked or answered is written down without --capture. Versions made or promoted meanwhile are served after
the next start. Ctrl-C ends it.")]
pub struct ServeArgs {
    /// The port; 0 takes any that is free.
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_PORT)]
    port: u16,
    /// The address to listen on. Any but 127.0.0.1 needs --token.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// What clients must send as their API key, at least 16 characters.
    #[arg(long, value_name = "TEXT", env = "PMTUNE_SERVE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A further name by which the server may be asked for; may be given several times.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// Requests under way at the same time, those that wait included; others are told to come again.
    #[arg(long, value_name = "N", default_value_t = DEFAULT_QUEUE as u64, value_parser = clap::value_parser!(u64).range(1..=4096))]
    queue: u64,
    /// Write down questions and answers, of other programs too, for approval in training-data/.inbox.
    #[arg(long)]
    capture: bool,
    #[command(flatten)]
    device: DeviceArgs,
    /// Print what to paste into the settings of another program, and end.
    #[arg(long, value_name = "PROGRAM")]
    print: Option<Client>,
}

impl ServeArgs {
    fn options(&self, workspace: &Workspace) -> ServeOptions {
        ServeOptions {
            host: self.host,
            port: self.port,
            token: self.token.clone(),
            allowed: self.allow_host.clone(),
            queue: usize::try_from(self.queue).unwrap_or(DEFAULT_QUEUE),
            device: self.device.choice(),
            capture: self.capture.then(|| Inbox::below(&workspace.training_data())),
        }
    }
}

pub fn run(workspace: &Workspace, args: &ServeArgs) -> Result<()> {
    let options = args.options(workspace);
    options.check()?;
    let console = Console::new();
    let catalogue = Catalogue::open(workspace, &console)?;
    if let Some(client) = args.print {
        let address = Address(SocketAddr::new(options.host, options.port));
        out::line(serve::settings(client, address, &catalogue, options.token.is_some()));
        return Ok(());
    }
    interrupt::listen();
    serve::serve(catalogue, &options, Arc::new(console), &interrupt::asked, &mut |address, catalogue| {
        started(address, catalogue, options.capture.as_ref());
    })?;
    out::note("Stopped.");
    Ok(())
}

fn started(address: Address, catalogue: &Catalogue, capture: Option<&Inbox>) {
    let ids: Vec<&str> = catalogue.listed().into_iter().map(|(id, _)| id).collect();
    out::line(format!("Serving at {}", address.base()));
    out::item("Models: ", words::list(&ids));
    if let Some(usual) = catalogue.usual().filter(|model| model.promoted) {
        out::paragraph(format!("`primary` is {}.", usual.id));
    }
    out::item("Chat in a browser: ", address.page());
    if let Some(inbox) = capture {
        let file = out::path(&inbox.file(jiff::Timestamp::now()));
        out::paragraph(format!(
            "Capture is on: questions and answers, those of other programs too, are written to {file}. Nothing of it is \
             trained on until you approve it: pmtune data inbox"
        ));
    }
    let port = address.0.port();
    let port = if port == DEFAULT_PORT { String::new() } else { format!(" --port {port}") };
    out::paragraph(format!(
        "Settings for other programs: pmtune serve{port} --print continue (or cline, anythingllm, open-webui, \
         openai-python). Ctrl-C ends it."
    ));
}
