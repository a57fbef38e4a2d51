//! What starts `pmtune eval --shard` on the machines of a cluster. Each machine needs pmtune, a copy of the workspace and the
//! base; nothing of them stands in these files.

use super::Draft;
use super::launch::quoted;
use crate::words;
use engine::error::Result;

/// Who starts the shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    Ray,
    Slurm,
    Kubernetes,
    Github,
    Gitlab,
}

/// What is asked of each machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shards<'a> {
    pub version: &'a str,
    pub of: usize,
    /// Further flags of `pmtune eval`, each a word.
    pub flags: &'a [String],
}

impl Shards<'_> {
    /// The one command, with the shell's word for this machine's number.
    fn command(&self, number: &str) -> String {
        let flags: String = self.flags.iter().map(|flag| format!(" {}", words::shell(flag))).collect();
        format!("pmtune eval {}{flags} --shard \"{number}/{}\"", words::shell(self.version), self.of)
    }
}

/// Writes what `cluster` starts the shards by, and gives the file's name.
///
/// # Errors
/// The disk refuses.
pub fn write(draft: &mut Draft, cluster: Cluster, shards: &Shards<'_>) -> Result<&'static str> {
    let (name, text) = match cluster {
        Cluster::Ray => ("ray_eval.py", ray(shards)),
        Cluster::Slurm => ("slurm.sbatch", slurm(shards)),
        Cluster::Kubernetes => ("job.yaml", kubernetes(shards)),
        Cluster::Github => ("pmtune-eval.yml", github(shards)),
        Cluster::Gitlab => (".gitlab-ci.yml", gitlab(shards)),
    };
    match cluster {
        Cluster::Ray => draft.write_script(name, &text)?,
        _ => draft.write(name, &text)?,
    }
    Ok(name)
}

/// Ray starts a shard again where its machine died; what a dead machine had answered is not needed, since no shard knows of
/// another and each run comes back whole or not at all.
fn ray(shards: &Shards<'_>) -> String {
    let mut words: Vec<String> = vec!["eval".into(), shards.version.into()];
    words.extend(shards.flags.iter().cloned());
    let command: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!(
        r#"#!/usr/bin/env python3
"""Runs the shards of an evaluation on a Ray cluster and brings their runs together.

    ray job submit --working-dir . -- python ray_eval.py --workspace /path/to/workspace
    python ray_eval.py --workspace /path/to/workspace      # on a machine of the cluster, or on one alone

The workspace lies at this path on every machine, and pmtune is on the PATH of each. The runs come back to --output, whole;
`pmtune runs merge` makes one of them. A shard whose machine dies is run again elsewhere. A shard that came back is not run
again when this script is.
"""

import argparse
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

import ray

COMMAND = [{command}]
OF = {of}


@ray.remote(max_retries=3, retry_exceptions=False)
def shard(number, workspace, pmtune, threads):
    """One shard's run, as the bytes of a tar file; or what went wrong."""
    with tempfile.TemporaryDirectory() as scratch:
        # A copy without other runs: its one run is this shard's.
        here = pathlib.Path(scratch, "workspace")
        shutil.copytree(workspace, here, ignore=shutil.ignore_patterns("reports", ".git", "exports", "target"))
        environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
        command = [pmtune, "--workspace", str(here), *COMMAND, "--shard", f"{{number}}/{{OF}}"]
        done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            return number, None, done.stderr
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for run in sorted((here / "reports").iterdir()):
                if (run / "run.json").is_file():
                    tar.add(run, arcname=f"{{number}}-{{run.name}}")
        return number, buffer.getvalue(), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", required=True)
    parser.add_argument("--output", default="shards")
    parser.add_argument("--pmtune", default="pmtune")
    parser.add_argument("--cpus", type=int, default=2, help="cores that a shard has for itself")
    args = parser.parse_args()
    output = pathlib.Path(args.output)
    output.mkdir(parents=True, exist_ok=True)
    wanted = [n for n in range(1, OF + 1) if not list(output.glob(f"{{n}}-*/run.json"))]
    ray.init(ignore_reinit_error=True)
    task = shard.options(num_cpus=args.cpus)
    workspace = os.path.abspath(args.workspace)
    left = [task.remote(number, workspace, args.pmtune, args.cpus) for number in wanted]
    failed = []
    while left:
        ready, left = ray.wait(left)
        try:
            number, run, error = ray.get(ready[0])
        except ray.exceptions.RayError as lost:
            failed.append(f"a shard was lost: {{lost}}")
            continue
        if run is None:
            failed.append(f"shard {{number}} of {{OF}}: {{error}}")
            continue
        # Unpacked beside, then moved in one step: a folder that is there is whole.
        with tempfile.TemporaryDirectory(dir=output, prefix=".") as scratch:
            with tarfile.open(fileobj=io.BytesIO(run)) as tar:
                tar.extractall(scratch, filter="data")
            for folder in pathlib.Path(scratch).iterdir():
                folder.rename(output / folder.name)
        print(f"shard {{number}} of {{OF}} is here", flush=True)
    if failed:
        raise SystemExit("\n".join(failed) + "\nRun this script again: only what is missing is run.")
    print(f"Next, in the workspace: pmtune runs merge {{output.resolve()}}")


if __name__ == "__main__":
    main()
"#,
        command = command.join(", "),
        of = shards.of
    )
}

fn slurm(shards: &Shards<'_>) -> String {
    format!(
        r#"#!/usr/bin/env bash
# sbatch slurm.sbatch, in the workspace, which every machine sees; when all tasks are done: pmtune runs list, and
# pmtune runs merge with the ids of the {of} shards
#SBATCH --job-name=pmtune-eval
#SBATCH --array=1-{of}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --output=slurm-%A-%a.log
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
{command}
"#,
        of = shards.of,
        command = shards.command("$SLURM_ARRAY_TASK_ID")
    )
}

fn kubernetes(shards: &Shards<'_>) -> String {
    let command = shards.command("$((JOB_COMPLETION_INDEX + 1))");
    let of = shards.of;
    format!(
        r#"# kubectl apply -f job.yaml; then, in the workspace: pmtune runs merge with the ids of the {of} shards
apiVersion: batch/v1
kind: Job
metadata:
  name: pmtune-eval
spec:
  completionMode: Indexed
  completions: {of}
  parallelism: {of}
  backoffLimitPerIndex: 3
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: pmtune
          # An image with pmtune in it.
          image: pmtune
          workingDir: /workspace
          command: ["bash", "-c"]
          args:
            - {command}
          env:
            - name: PMTUNE_HOME
              value: /bases
          volumeMounts:
            - name: workspace
              mountPath: /workspace
            - name: bases
              mountPath: /bases
      volumes:
        # Volumes that many machines may write, with the workspace and with the pulled base.
        - name: workspace
          persistentVolumeClaim:
            claimName: pmtune-workspace
        - name: bases
          persistentVolumeClaim:
            claimName: pmtune-bases
"#,
        command = quoted(&command)
    )
}

fn numbers(of: usize) -> String {
    (1..=of).map(|number| number.to_string()).collect::<Vec<_>>().join(", ")
}

fn github(shards: &Shards<'_>) -> String {
    format!(
        r#"# .github/workflows/pmtune-eval.yml, in a repository whose root is the workspace, on runners that have pmtune
name: pmtune eval
on: workflow_dispatch
jobs:
  shard:
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        shard: [{numbers}]
    steps:
      - uses: actions/checkout@v4
      - run: {command}
        env:
          SHARD: ${{{{ matrix.shard }}}}
      - uses: actions/upload-artifact@v4
        with:
          name: shard-${{{{ matrix.shard }}}}
          path: reports/
  merge:
    needs: shard
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/download-artifact@v4
        with:
          path: shards
      # Each artifact is a folder with the folder of one run.
      - run: mkdir all && for run in shards/*/*/; do mv "$run" "all/$(basename "$(dirname "$run")")-$(basename "$run")"; done
      - run: pmtune runs merge all
      - uses: actions/upload-artifact@v4
        with:
          name: run
          path: reports/
"#,
        numbers = numbers(shards.of),
        command = quoted(&shards.command("$SHARD"))
    )
}

fn gitlab(shards: &Shards<'_>) -> String {
    format!(
        r#"# In a repository whose root is the workspace, on runners that have pmtune.
shard:
  stage: build
  parallel: {of}
  script:
    - {command}
    # Runs of one minute have one name on all machines.
    - mkdir -p shards && for run in reports/*/; do mv "$run" "shards/$CI_NODE_INDEX-$(basename "$run")"; done
  artifacts:
    paths: [shards/]
merge:
  stage: test
  needs: [shard]
  script:
    - pmtune runs merge shards
  artifacts:
    paths: [reports/]
"#,
        of = shards.of,
        command = quoted(&shards.command("$CI_NODE_INDEX"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::io::Write;
    use std::process::{Command, Stdio};

    const FLAGS: [&str; 2] = ["--suite", "it's mine"];

    fn flags() -> Vec<String> {
        FLAGS.map(str::to_string).to_vec()
    }

    fn written(cluster: Cluster) -> String {
        let (root, flags) = (tempfile::tempdir().unwrap(), flags());
        let mut draft = Draft::begin(&root.path().join("job")).unwrap();
        let name = write(&mut draft, cluster, &Shards { version: "v2", of: 3, flags: &flags }).unwrap();
        draft.place().unwrap();
        std::fs::read_to_string(root.path().join("job").join(name)).unwrap()
    }

    /// What `pmtune` is told when a shell runs this.
    fn told(script: &str, variable: &str, value: &str) -> Vec<String> {
        let script = format!("pmtune() {{ printf '%s\\n' \"$@\"; }}\n{script}");
        let output = Command::new("bash").args(["-euc", &script]).env(variable, value).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_string).collect()
    }

    const SECOND: [&str; 6] = ["eval", "v2", "--suite", "it's mine", "--shard", "2/3"];

    #[cfg(unix)]
    #[test]
    fn every_cluster_asks_each_machine_for_its_own_shard() {
        let yaml = |cluster| -> Value { serde_yaml::from_str(&written(cluster)).unwrap() };
        let text = |value: &Value| value.as_str().unwrap().to_string();
        let kubernetes = yaml(Cluster::Kubernetes);
        assert_eq!(
            (&kubernetes["spec"]["completions"], &kubernetes["spec"]["completionMode"]),
            (&3.into(), &"Indexed".into())
        );
        let args = text(&kubernetes["spec"]["template"]["spec"]["containers"][0]["args"][0]);
        assert_eq!(told(&args, "JOB_COMPLETION_INDEX", "1"), SECOND);
        let github = yaml(Cluster::Github);
        let job = &github["jobs"]["shard"];
        assert_eq!(job["strategy"]["matrix"]["shard"], serde_json::json!([1, 2, 3]));
        assert_eq!(job["steps"][1]["env"]["SHARD"], "${{ matrix.shard }}");
        assert_eq!(told(&text(&job["steps"][1]["run"]), "SHARD", "2"), SECOND);
        let gitlab = yaml(Cluster::Gitlab);
        assert_eq!(gitlab["shard"]["parallel"], 3);
        assert_eq!(told(&text(&gitlab["shard"]["script"][0]), "CI_NODE_INDEX", "2"), SECOND);
        let slurm = written(Cluster::Slurm).replace("cd \"$SLURM_SUBMIT_DIR\"", "");
        assert!(slurm.contains("--array=1-3"), "{slurm}");
        assert_eq!(told(&slurm, "SLURM_ARRAY_TASK_ID", "2"), SECOND);
    }

    #[test]
    fn the_script_for_ray_is_python() {
        let Ok(mut python) = Command::new("python3")
            .args(["-c", "import ast, sys; t = ast.parse(sys.stdin.read()); print([ast.literal_eval(n.value) for n in t.body if isinstance(n, ast.Assign)])"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
        else {
            return;
        };
        python.stdin.take().unwrap().write_all(written(Cluster::Ray).as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said.trim(), r#"[['eval', 'v2', '--suite', "it's mine"], 3]"#);
    }
}
