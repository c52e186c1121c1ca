#!/usr/bin/env bash
# Builds every fuzz target with the toolchain at hand and runs each for some seconds: `fuzz/run.sh [SECONDS [TARGET…]]`.
#
# RUSTC_BOOTSTRAP lets a stable compiler take the flags that libFuzzer needs; no sanitizer is asked for, because there is
# hardly any unsafe code to find faults in, and the standard library would have to be built again. OpenSSL is the system's
# where there is one, since building it takes minutes. Ends with 77 where a fuzzer cannot be built here.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}
[ $# -gt 0 ] && shift
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=${PTL_CERT_FUZZ_TARGET:-$PWD/target}
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=4"
# With a target given, build scripts and macros are built without these flags.
host=$(rustc -vV | sed -n 's/^host: //p')
if ! command -v c++ > /dev/null; then
    echo 'the fuzzers cannot be built here: no C++ compiler for libFuzzer' >&2
    exit 77
fi
features=()
pkg-config --exists 'openssl >= 3' 2> /dev/null || features=(--features vendored-openssl)
if ! cargo build --locked --release --target "$host" "${features[@]}"; then
    echo 'the fuzzers cannot be built here' >&2
    exit 77
fi
if [ $# -eq 0 ]; then
    mapfile -t targets < <(basename -s .rs fuzz_targets/*.rs)
else
    targets=("$@")
fi
# A folder of the CRLs in DER, each after these octets.
lists_after() {
    folder=$CARGO_TARGET_DIR/seeds/$target
    mkdir -p "$folder"
    for list in ../tests/data/verify/*.crl; do
        # shellcheck disable=SC2059
        { printf "$1" && cat "$list"; } > "$folder/$(basename "$list")"
    done
    echo "$folder"
}

for target in "${targets[@]}"; do
    corpus=$CARGO_TARGET_DIR/corpus/$target
    mkdir -p "$corpus" "$CARGO_TARGET_DIR/artifacts"
    seeds=()
    case $target in
        decode | inspect_everything | verify_pool) seeds=(../tests/data/pki ../tests/data/verify) ;;
        download) seeds=(../tests/data/crl ../tests/data/verify) ;;
        # What stands before the CRL in their input: the size of the pieces, and a serial number with its length.
        scan_is_whole_parse) seeds=("$(lists_after '\x10')") ;;
        index_is_scan) seeds=("$(lists_after '\x01\x05')") ;;
    esac
    if [ -d "seeds/$target" ]; then
        seeds+=("seeds/$target")
    fi
    echo "-- $target, $seconds s"
    log=$CARGO_TARGET_DIR/$target.log
    status=0
    "$CARGO_TARGET_DIR/$host/release/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16384 \
        -print_final_stats=1 -artifact_prefix="$CARGO_TARGET_DIR/artifacts/$target-" "$corpus" "${seeds[@]}" > "$log" 2>&1 ||
        status=$?
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" >&2
        exit 1
    fi
    grep -E '^stat::(number_of_executed|peak_rss)' "$log" || true
done
