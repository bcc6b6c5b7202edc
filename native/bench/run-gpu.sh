#!/usr/bin/env bash
# Benchmarks the engine on a machine with a GPU that has CMake, a C++ compiler and nvcc, and no Node: ggml is built with CUDA from
# the llama.cpp that node-llama-cpp carries. Every stage ends within ten minutes on a machine with 16 cores and can be run by
# itself; `build` goes on where it was cut off.
#
#   run-gpu.sh pack            on a machine with node_modules and git: writes native/build/llama.tar.gz (2 MB), llama.cpp's
#                              sources with our patches. It is all that has to travel besides the repository's own files
#   run-gpu.sh build           builds kangaroo-bench into native/build/cuda; exit code 3: time is up, run it again
#   run-gpu.sh identity        starter, F16 and Q8_0: every mode must give plain decoding's tokens, for several thresholds and γ
#   run-gpu.sh starter         starter: plain, always drafting, automatic; V(n); the draft step
#   run-gpu.sh shape NAME TYPE a model of a real shape with random weights (Llama-3.2-1B, Qwen3-4B, Llama-3.1-8B; F16, Q8_0,
#                              Q4_0), written there: V(n), the draft step, and speedups with SIMULATED acceptance
#   run-gpu.sh all             build, identity, starter, and the three shapes in Q4_0 and F16
#
# Results: $OUT/<stage>.md and .jsonl (default: native/build/gpu-results). Exit code 1: measured, but answers differed from
# plain decoding's. Environment:
#   LLAMA_BUNDLE    the bundle itself (node_modules/node-llama-cpp/llama/gitRelease.bundle, 35 MB) instead of llama.tar.gz; needs git
#   CUBLAS_ROOT     folder with include/ and lib/ of cuBLAS; looked for where the toolkit has none (Python packages carry one)
#   CUDA_ARCH       as in CMAKE_CUDA_ARCHITECTURES; default: what nvidia-smi names
#   BUILD_SECONDS   most seconds that one `build` takes (540)
#   MODELS          folder for the random models (native/build/gpu-models; the 8B in F16 takes 16 GB)
#   CUDA=OFF        the same on the CPU, to try the script; QUICK=1 fewer prompts and repeats, for the same
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
native="$(dirname "$here")"
root="$(dirname "$native")"
cuda="${CUDA:-ON}"
build="$native/build/$([ "$cuda" = OFF ] && echo bundle || echo cuda)"
archive="$native/build/llama.tar.gz"
bundle="${LLAMA_BUNDLE:-$root/node_modules/node-llama-cpp/llama/gitRelease.bundle}"
OUT="${OUT:-$native/build/gpu-results}"
MODELS="${MODELS:-$native/build/gpu-models}"
bench="$build/bin/kangaroo-bench"
starter="$root/assets/starter"
quick="${QUICK:-}"

fail() { echo "run-gpu.sh: $*" >&2; exit 2; }

pack() {
  [ -f "$bundle" ] || fail "there is no $bundle; run npm install"
  local work; work="$(mktemp -d)"
  trap 'rm -rf "$work"' RETURN
  cmake -DLLAMA_BUNDLE="$bundle" -DLLAMA_DIR="$work/llama.cpp" -P "$native/unpack-llama.cmake"
  mkdir -p "$native/build"
  tar -czf "$archive" -C "$work" llama.cpp.stamp llama.cpp/{LICENSE,src,include,ggml/{CMakeLists.txt,cmake,include}} \
    llama.cpp/ggml/src/{CMakeLists.txt,ggml-cpu,ggml-cuda} $(cd "$work" && ls -d llama.cpp/ggml/src/*.{c,cpp,h,in}) \
    llama.cpp/vendor/{hash,nlohmann} llama.cpp/common/{jinja,json.cpp,json.h,unicode.cpp,unicode.h}
  ls -l "$archive"
}

# Folder of cuBLAS where the toolkit has none; nothing where it has.
find_cublas() {
  local nvcc header
  nvcc="$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)"
  for header in "$(dirname "$(dirname "$(readlink -f "$nvcc")")")"{,/targets/*}/include/cublas_v2.h /usr/include/cublas_v2.h; do
    [ -f "$header" ] && return
  done
  header="$(find / -xdev -path '*nvidia*' -name cublas_v2.h -print -quit 2>/dev/null || true)"
  [ -n "$header" ] || fail "no cuBLAS was found; install libcublas-dev or set CUBLAS_ROOT"
  dirname "$(dirname "$header")"
}

do_build() {
  local defines=(-DCMAKE_BUILD_TYPE=Release -DKANGAROO_GGML=bundle "-DKANGAROO_CUDA=$cuda" "-DLLAMA_BUNDLE=$bundle") arch cublas
  mkdir -p "$build"
  if [ -f "$archive" ] && [ ! -f "$build/llama.cpp.stamp" ]; then tar -xzf "$archive" -C "$build" -m; fi
  if [ "$cuda" != OFF ]; then
    arch="${CUDA_ARCH:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d '. ')-real}"
    [ "$arch" != -real ] || fail "nvidia-smi names no GPU; set CUDA_ARCH"
    cublas="${CUBLAS_ROOT:-$(find_cublas)}"
    defines+=("-DCMAKE_CUDA_ARCHITECTURES=$arch" "-DKANGAROO_CUBLAS_ROOT=$cublas")
  fi
  command -v ninja >/dev/null && defines+=(-G Ninja)
  cmake -S "$native" -B "$build" "${defines[@]}"
  local status=0
  timeout "${BUILD_SECONDS:-540}" cmake --build "$build" --target kangaroo-bench --parallel "$(nproc)" || status=$?
  [ "$status" -ne 124 ] || { echo "run-gpu.sh: time is up, the build is not complete; run it again" >&2; exit 3; }
  return "$status"
}

# One run of kangaroo-bench into $OUT/$stage.{md,jsonl}; 1 where answers differed.
measure() {
  local title="$1" status=0; shift
  printf '\n## %s\n\n' "$title" >>"$OUT/$stage.md"
  "$bench" "$@" --markdown --output "$OUT/last.jsonl" >"$OUT/last.md" || status=$?
  cat "$OUT/last.md" | tee -a "$OUT/$stage.md"
  [ ! -f "$OUT/last.jsonl" ] || cat "$OUT/last.jsonl" >>"$OUT/$stage.jsonl"
  rm -f "$OUT/last.md" "$OUT/last.jsonl"
  [ "$status" -le 1 ] || exit "$status"
  [ "$status" -eq 0 ] || differed=1
}

begin() {
  stage="$1"
  [ -x "$bench" ] || fail "run '$0 build' first"
  mkdir -p "$OUT"
  { echo "# $2"; command -v nvidia-smi >/dev/null && [ "$cuda" != OFF ] && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || true; } >"$OUT/$stage.md"
  rm -f "$OUT/$stage.jsonl"
}

on_starter() {
  local type="$1" title="$2"; shift 2
  measure "$title" bench --model "$starter/starter-$type.gguf" --adapter "$starter/starter-adapter.gguf" --prompts "$root/assets/prompts/simple.jsonl" "$@"
}

identity() {
  begin identity "Identity: every mode against plain decoding, greedy"
  local type setting
  for type in q8_0 f16; do
    for setting in "0 1" "0.3 3" "0.6 6" "0.9 8" "0 8"; do
      set -- $setting
      on_starter "$type" "Starter $type, threshold $1, at most $2 drafts" --threshold "$1" --max-draft "$2" --repeat 1 --max-tokens 96 ${quick:+--limit 1} --measure-seconds 0
    done
  done
}

do_starter() {
  begin starter "The starter"
  local type
  for type in q8_0 f16; do on_starter "$type" "Starter $type" --repeat "$([ -n "$quick" ] && echo 1 || echo 5)" ${quick:+--limit 1} --max-tokens 128; done
}

shape() {
  [ $# -eq 2 ] || fail "shape needs a name and a type"
  begin "shape-$1-$2" "The shape of $1 in $2, random weights, simulated acceptance"
  local files model adapter
  files="$("$bench" shape "$1" --type "$2" --folder "$MODELS")"
  { read -r model; read -r adapter; } <<<"$files"
  measure "$1 $2, simulated acceptance" simulate --model "$model" --adapter "$adapter" --context 2048 \
    --per-category "$([ -n "$quick" ] && echo 1 || echo 4)" --repeat "$([ -n "$quick" ] && echo 1 || echo 3)" --max-tokens "$([ -n "$quick" ] && echo 24 || echo 128)"
}

differed=0
case "${1:-}" in
  pack) pack ;;
  build) do_build ;;
  identity) identity ;;
  starter) do_starter ;;
  shape) shift; shape "$@" ;;
  all)
    do_build
    identity
    do_starter
    for type in Q4_0 F16; do for name in Llama-3.2-1B Qwen3-4B Llama-3.1-8B; do shape "$name" "$type"; done; done ;;
  *) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
esac
[ "$differed" -eq 0 ] || { echo "run-gpu.sh: answers differed from plain decoding's; see Identical in the tables" >&2; exit 1; }
