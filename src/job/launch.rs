//! How a job is started: by hand, by accelerate, by SkyPilot, by Slurm.

use crate::words;
use serde_json::Value;

/// How the cards of a machine share a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cards {
    One,
    /// Each holds the whole base and has a share of the examples.
    Several,
    /// The base is shared out too. An adapter that others can read needs a whole state at the end.
    Sharded,
}

/// A configuration of accelerate.
pub fn accelerate(cards: Cards, processes: usize) -> String {
    let kind = match cards {
        Cards::One => "'NO'",
        Cards::Several => "MULTI_GPU",
        Cards::Sharded => "FSDP",
    };
    let processes = if cards == Cards::One { 1 } else { processes };
    let sharded = "fsdp_config:\n  fsdp_version: 2\n  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP\n  \
                   fsdp_cpu_ram_efficient_loading: true\n  fsdp_offload_params: false\n  \
                   fsdp_reshard_after_forward: true\n  fsdp_state_dict_type: FULL_STATE_DICT\n";
    format!(
        "compute_environment: LOCAL_MACHINE\ndistributed_type: {kind}\nmixed_precision: bf16\nnum_machines: 1\n\
         machine_rank: 0\nnum_processes: {processes}\nuse_cpu: false\n{}",
        if cards == Cards::Sharded { sharded } else { "" }
    )
}

/// Trains the versions of a job, all or those named.
pub fn train_script(versions: &[&str], processes: usize) -> String {
    let versions: Vec<String> = versions.iter().map(|name| words::shell(name)).collect();
    let config = if processes == 1 { "single_gpu" } else { "multi_gpu" };
    format!(
        r#"#!/usr/bin/env bash
# Trains the versions of this job, one after the other, or those named: ./run.sh [VERSION|NUMBER]...
# What is trained already is left alone, and what was broken off goes on from its last epoch.
#   DEVICE=cpu          train on processors
#   ACCELERATE=fsdp2    share the base out among the cards, where one card cannot hold it
#   BASE=FOLDER         where the base's weights lie on this machine, if not where sft/*.yaml says
set -euo pipefail
cd "$(dirname "$0")"
versions=({versions})
processes={processes}

chosen=()
for wanted in "${{@:-all}}"; do
    case "$wanted" in
    all) chosen=("${{versions[@]}}") ;;
    [0-9] | [0-9][0-9] | [0-9][0-9][0-9]) chosen+=("${{versions[$wanted - 1]}}") ;;
    *) chosen+=("$wanted") ;;
    esac
done

for version in "${{chosen[@]}}"; do
    if [ ! -f "sft/$version.yaml" ]; then
        echo "this job trains no version called $version; it trains ${{versions[*]}}" >&2
        exit 2
    fi
    if [ -f "out/$version/adapter_model.safetensors" ]; then
        echo "$version is trained already; remove out/$version to train it anew"
        continue
    fi
    settings=(--config "sft/$version.yaml")
    [ -z "${{BASE:-}}" ] || settings+=(--model_name_or_path "$BASE")
    mkdir -p "out/$version"
    last=$(find "out/$version" -maxdepth 1 -name 'checkpoint-*' | sort -V | tail -n 1)
    [ -z "$last" ] || settings+=(--resume_from_checkpoint "$last")
    if [ "${{DEVICE:-}}" = cpu ]; then
        torchrun --standalone --nproc_per_node "$processes" -m trl.scripts.sft "${{settings[@]}}" \
            --use_cpu true --bf16 false --dtype float32
    else
        accelerate launch --config_file "accelerate/${{ACCELERATE:-{config}}}.yaml" --num_processes "$processes" \
            -m trl.scripts.sft "${{settings[@]}}"
    fi
done
"#,
        versions = versions.join(" ")
    )
}

/// A task for SkyPilot on one machine with so many cards.
pub fn sky(cards: usize, command: &str) -> String {
    format!(
        "# sky launch sky.yaml, then fetch out/ with: rsync -a CLUSTER:sky_workdir/out/ out/\n\
         name: pmtune\nworkdir: .\nnum_nodes: 1\nresources:\n  # Any card with memory for the base will do.\n  \
         accelerators: L4:{cards}\nsetup: |\n  pip install -r requirements.txt\nrun: |\n  {command}\n"
    )
}

/// One task of a Slurm array for each version.
pub fn train_slurm(versions: usize, cards: usize) -> String {
    format!(
        r#"#!/usr/bin/env bash
# sbatch slurm.sbatch, in this folder, where the Python packages of requirements.txt are installed
#SBATCH --job-name=pmtune-train
#SBATCH --array=1-{versions}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --gpus-per-node={cards}
#SBATCH --output=slurm-%A-%a.log
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
./run.sh "$SLURM_ARRAY_TASK_ID"
"#
    )
}

/// A text as YAML and JSON both write it.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_configurations_are_yaml_and_say_what_they_are_for() {
        let read = |text: &str| -> Value { serde_yaml::from_str(text).unwrap() };
        let one = read(&accelerate(Cards::One, 4));
        assert_eq!((&one["distributed_type"], &one["num_processes"]), (&Value::from("NO"), &Value::from(1)));
        let several = read(&accelerate(Cards::Several, 4));
        assert_eq!((&several["distributed_type"], &several["num_processes"]), (&"MULTI_GPU".into(), &4.into()));
        let sharded = read(&accelerate(Cards::Sharded, 4));
        assert_eq!(sharded["fsdp_config"]["fsdp_state_dict_type"], "FULL_STATE_DICT");
        assert_eq!(read(&sky(2, "./run.sh"))["resources"]["accelerators"], "L4:2");
    }

    #[cfg(unix)]
    #[test]
    fn the_scripts_are_bash_and_refuse_what_the_job_does_not_train() {
        let root = tempfile::tempdir().unwrap();
        let script = root.path().join("run.sh");
        std::fs::write(&script, train_script(&["PM-v3", "it's"], 2)).unwrap();
        for text in [train_script(&["PM-v3"], 2), train_slurm(3, 2)] {
            let checked = Command::new("bash").args(["-n", "-c", &text]).output().unwrap();
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        }
        let folder = root.path();
        for made in ["bin", "sft", "out/PM-v3/checkpoint-9", "out/PM-v3/checkpoint-10"] {
            std::fs::create_dir_all(folder.join(made)).unwrap();
        }
        for name in ["PM-v3", "it's"] {
            std::fs::write(folder.join(format!("sft/{name}.yaml")), "").unwrap();
        }
        // In the launchers' place a program that keeps what it was told.
        for program in ["torchrun", "accelerate"] {
            let path = folder.join("bin").join(program);
            std::fs::write(&path, format!("#!/bin/sh\necho {program} \"$@\" >> told\n")).unwrap();
            Command::new("chmod").arg("+x").arg(path).status().unwrap();
        }
        let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap());
        let run = |wanted: &str, variable: (&str, &str)| {
            let mut command = Command::new("bash");
            let output =
                command.arg(&script).arg(wanted).env("PATH", &path).env(variable.0, variable.1).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run("all", ("DEVICE", "cpu"));
        run("1", ("ACCELERATE", "fsdp2"));
        std::fs::write(folder.join("out/PM-v3/adapter_model.safetensors"), "").unwrap();
        run("all", ("BASE", "/weights"));
        let told = std::fs::read_to_string(folder.join("told")).unwrap();
        let cpu = "torchrun --standalone --nproc_per_node 2 -m trl.scripts.sft --config";
        let gpu = |config: &str| {
            format!(
                "accelerate launch --config_file accelerate/{config}.yaml --num_processes 2 -m trl.scripts.sft --config"
            )
        };
        let (last, off) =
            ("--resume_from_checkpoint out/PM-v3/checkpoint-10", "--use_cpu true --bf16 false --dtype float32");
        let wanted = [
            format!("{cpu} sft/PM-v3.yaml {last} {off}"),
            format!("{cpu} sft/it's.yaml {off}"),
            format!("{} sft/PM-v3.yaml {last}", gpu("fsdp2")),
            format!("{} sft/it's.yaml --model_name_or_path /weights", gpu("multi_gpu")),
        ];
        assert_eq!(told.lines().collect::<Vec<_>>(), wanted);
        let output = Command::new("bash").arg(&script).arg("PM-v9").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains("PM-v9; it trains PM-v3 it's"), "{said}");
    }
}
