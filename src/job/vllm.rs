//! What vLLM answers a batch by: one engine holds the base and all versions' adapters, and each line names its version.

use super::launch;
use super::{Draft, OUT, Weights};
use crate::words;
use engine::error::{Error, Result};
use engine::files::LoraConfig;
use std::path::Path;

/// The version that a job is written for. Older ones than about 0.14 passed no adapters to a batch.
const VLLM: &str = "0.33.0";

/// What the base itself is called in a batch.
pub const BASE: &str = "base";

pub const BATCH: &str = "batch.jsonl";
/// What is still to be answered of it.
pub const MISSING: &str = "missing.jsonl";
const TEMPLATE: &str = "chat_template.jinja";

/// The ranks that vLLM has room for.
const RANKS: [usize; 9] = [1, 8, 16, 32, 64, 128, 256, 320, 512];

/// The numbers that it computes in.
pub const DTYPE: &str = "bfloat16";

/// As runs name the engine.
pub fn name() -> String {
    format!("vllm {VLLM}")
}

/// A version with an adapter.
pub struct Module<'a> {
    pub name: &'a str,
    pub folder: &'a Path,
}

/// Writes everything: the batch, the adapters, what starts them.
///
/// # Errors
/// An adapter that vLLM cannot hold; a name that its command line cannot; the disk refuses.
pub fn write(draft: &mut Draft, weights: &Weights, modules: &[Module], template: &str, batch: &str) -> Result<()> {
    let mut rank = 1;
    for Module { name, folder } in modules {
        plain(name)?;
        rank = rank.max(LoraConfig::read(folder)?.rank);
        for file in engine::files::adapter_files(folder)? {
            let end = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            draft.copy(&file, &format!("adapters/{name}/{end}"))?;
        }
    }
    let Some(room) = RANKS.into_iter().find(|room| *room >= rank) else {
        return Err(Error::input(format!("an adapter has rank {rank}, and vLLM holds ranks up to 512"))
            .hint("export the version with `--format hf` and evaluate that as a model of its own"));
    };
    draft.write(BATCH, batch)?;
    draft.write(TEMPLATE, template)?;
    draft.write("requirements.txt", &format!("vllm=={VLLM}\n"))?;
    let names: Vec<&str> = modules.iter().map(|module| module.name).collect();
    draft.write_script("run.sh", &script(weights, &names, room))?;
    draft.write("sky.yaml", &launch::sky(1, "./run.sh"))?;
    draft.write("slurm.sbatch", &slurm())
}

fn plain(name: &str) -> Result<()> {
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) && name != BASE;
    if fits && !name.starts_with('.') {
        return Ok(());
    }
    Err(Error::usage(format!("vLLM cannot be told of a version called `{name}`"))
        .hint("receive it under a name of plain letters, digits, `-`, `_` and `.`"))
}

fn script(weights: &Weights, names: &[&str], rank: usize) -> String {
    let adapters = if names.is_empty() {
        String::new()
    } else {
        let modules: Vec<String> = names.iter().map(|name| format!("{name}=adapters/{name}")).collect();
        format!(
            "adapters=(--enable-lora --max-loras {} --max-lora-rank {rank} --lora-modules {})\n",
            names.len().min(8),
            modules.join(" ")
        )
    };
    let revision = match weights {
        Weights::Hub { revision: Some(revision), .. } => {
            format!("[ -n \"${{BASE:-}}\" ] || model+=(--revision {})\n", words::shell(revision))
        }
        _ => String::new(),
    };
    format!(
        r#"#!/usr/bin/env bash
# Answers the batch, or the file that is named: ./run.sh [{MISSING}]. Every call writes a file of its own in {OUT}/.
#   BASE=FOLDER    where the base's weights lie on this machine, if not where this script says
# What stands behind -- is handed to vllm, such as: ./run.sh {BATCH} -- --tensor-parallel-size 2
set -euo pipefail
cd "$(dirname "$0")"
input={BATCH}
if [ $# -gt 0 ] && [ "$1" != -- ]; then
    input=$1
    shift
fi
if [ "${{1:-}}" = -- ]; then shift; fi
number=1
while [ -e "{OUT}/$number.jsonl" ]; do number=$((number + 1)); done
mkdir -p {OUT}
weights={model}
model=(--model "${{BASE:-$weights}}")
{revision}adapters=()
{adapters}# The base's own generation settings would be mixed into those of the questions.
vllm run-batch -i "$input" -o "{OUT}/$number.jsonl" "${{model[@]}}" --served-model-name {BASE} --dtype {DTYPE} \
    --generation-config vllm --chat-template {TEMPLATE} "${{adapters[@]}}" "$@"
"#,
        model = words::shell(weights.model())
    )
}

fn slurm() -> String {
    "#!/usr/bin/env bash\n# sbatch slurm.sbatch, in this folder, where vllm is installed\n#SBATCH --job-name=pmtune-eval\n\
     #SBATCH --nodes=1\n#SBATCH --ntasks=1\n#SBATCH --gpus-per-node=1\n#SBATCH --output=slurm-%j.log\n\
     set -euo pipefail\ncd \"$SLURM_SUBMIT_DIR\"\n./run.sh\n"
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_script_names_every_adapter_and_writes_a_new_file_each_time() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        let weights = Weights::Hub { id: "org/a".into(), revision: Some("abc".into()) };
        write("job/run.sh", &script(&weights, &["PM-v1", "PM-v2"], 16));
        // In vLLM's place a program that keeps what it was told.
        write("bin/vllm", "#!/bin/sh\necho \"$@\" >> told\ntouch \"$5\"\n");
        let path = format!("{}:{}", root.path().join("bin").display(), std::env::var("PATH").unwrap());
        let run = |args: &[&str], base: Option<&str>| {
            let mut command = std::process::Command::new(root.path().join("job/run.sh"));
            command.args(args).env("PATH", &path);
            base.map(|base| command.env("BASE", base));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(&[], None);
        run(&["missing.jsonl", "--", "--seed", "3"], Some("/weights"));
        let told = std::fs::read_to_string(root.path().join("job/told")).unwrap();
        let told: Vec<&str> = told.lines().collect();
        let rest = "--served-model-name base --dtype bfloat16 --generation-config vllm --chat-template \
                    chat_template.jinja --enable-lora --max-loras 2 --max-lora-rank 16 --lora-modules \
                    PM-v1=adapters/PM-v1 PM-v2=adapters/PM-v2";
        assert_eq!(told[0], format!("run-batch -i batch.jsonl -o out/1.jsonl --model org/a --revision abc {rest}"));
        assert_eq!(told[1], format!("run-batch -i missing.jsonl -o out/2.jsonl --model /weights {rest} --seed 3"));
    }

    #[test]
    fn names_that_its_command_line_cannot_hold_are_refused() {
        for name in ["a b", "a=b", "base", "../x", ".x"] {
            assert!(plain(name).is_err(), "{name}");
        }
        assert!(plain("PM-General-v2").is_ok());
    }
}
