#!/usr/bin/env bash
# pmtune on Arm, from an x86-64 machine with Debian or Ubuntu; root for the packages, which are installed where they lack.
#
#     tests/peers/arm.sh check FOLDER    the engine compiles
#     tests/peers/arm.sh test FOLDER     the engine's tests pass on NEON under QEMU, and the whole program makes the same bits
#                                        there as the one for this machine does here
#
# FOLDER keeps the build; a new one takes five minutes to check and half an hour to test on two cores. QEMU computes as Arm does, not as
# fast: nothing is timed.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=$1
mkdir -p "$2"
folder=$(realpath "$2")
arm=aarch64-unknown-linux-gnu

if ! { [ -d "/usr/lib/rustlib/$arm" ] && command -v aarch64-linux-gnu-g++ qemu-aarch64 >/dev/null; }; then
  install() {
    dpkg --add-architecture arm64 && apt-get update -qq && apt-get install -qq -y --no-install-recommends \
      rustc-web libstd-rust-web-dev libstd-rust-web-dev:arm64 g++-aarch64-linux-gnu qemu-user
  }
  if ! install >/dev/null 2>&1; then
    echo "Debian's compiler for Arm cannot be had here: left out"
    exit 0
  fi
fi

# `-L /`: the packages of arm64 lie beside this machine's own. With the cross compiler's older C library programs hang in their first
# thread.
run="qemu-aarch64 -L /"
build() {
  RUSTC=/usr/bin/rustc CARGO_TARGET_DIR=$folder CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc \
    CXX_aarch64_unknown_linux_gnu=aarch64-linux-gnu-g++ CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$run cargo "$@"
}

case $what in
  check)
    build check --locked --target "$arm" --package pmtune-engine --lib
    ;;
  test)
    # Left out: one that starts itself as another program, which QEMU does not take for its own.
    build test --locked --target "$arm" --package pmtune-engine --lib -- --skip the_memory_of_a_hostile_template_is_bounded
    build build --locked --target "$arm" --bin pmtune
    PMTUNE_TEST_OTHER="$run $folder/$arm/debug/pmtune" cargo test --locked --test pmtune another_machine -- --ignored
    ;;
  *)
    echo "tests/peers/arm.sh check|test FOLDER" >&2
    exit 2
    ;;
esac
