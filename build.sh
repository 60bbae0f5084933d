#!/usr/bin/env bash
# Start here: installs the .NET SDK when it is missing, compiles the program when its sources changed, runs it.
# Every argument goes to the program; try ./build.sh --help
set -euo pipefail

self=${BASH_SOURCE[0]}
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
# An exported CDPATH would send cd elsewhere and have it print where.
root=$(CDPATH='' cd -P -- "$(dirname "$self")" >/dev/null && pwd)
apps="$root/.artifacts/app"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_TieredPGO=0
# The program runs where the user is, and finds its templates, records and settings through this.
export BUILD_RECORDS_ROOT="${BUILD_RECORDS_ROOT:-$root}"

say() { printf '%s\n' "$*" >&2; }

use_own_sdk() {
  if [ -x "$root/.dotnet/dotnet" ]; then
    export DOTNET_ROOT="$root/.dotnet" PATH="$root/.dotnet:$PATH"
  fi
}
use_own_sdk

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# What the program is compiled from, by content: a checkout back and forth finds the program it had before.
# What editors and file managers leave is no part of it.
sources=$(
  cd "$root"
  find build global.json Directory.Build.props Directory.Packages.props records/run.schema.json -type f \
    ! -path '*/bin/*' ! -path '*/obj/*' ! -name '.*.sw?' ! -name '.#*' ! -name '*~' ! -name .DS_Store -print0 | LC_ALL=C sort -z | { if command -v sha256sum >/dev/null; then xargs -0 sha256sum; else xargs -0 shasum -a 256; fi; } | sha256
)
app="$apps/${sources:0:16}"

install_sdk() {
  say "No .NET SDK that satisfies global.json was found: installing one into .dotnet/ (about 250 MB, once) …"
  local script; script=$(mktemp)
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 https://dot.net/v1/dotnet-install.sh -o "$script"
  elif command -v wget >/dev/null; then
    wget -qO "$script" https://dot.net/v1/dotnet-install.sh
  else
    say "Neither curl nor wget is here. Install one of them, or the .NET 10 SDK: https://dotnet.microsoft.com/download"
    exit 1
  fi
  if ! bash "$script" --channel 10.0 --install-dir "$root/.dotnet" --no-path >&2; then
    say "The .NET SDK could not be installed. Install the .NET 10 SDK yourself: https://dotnet.microsoft.com/download"
    exit 1
  fi
  rm -f "$script"
  use_own_sdk
}

# Another user's process, which may not be signalled, lives too.
alive() { local why; why=$(LC_ALL=C kill -0 "$1" 2>&1) || [[ $why == *permitted* ]]; }

# Whether somebody runs the program in this folder. Whoever starts it leaves a file named after its process there.
in_use() {
  local mark used=1
  for mark in "$1"/.used-by-*; do
    if alive "${mark##*-}"; then used=0; else rm -f "$mark"; fi
  done
  return "$used"
}

# Compiling uses folders that all share: one at a time. The file holds the number of the process that made it.
lock="$apps/.compiling"

take_lock() {
  local holder tries=0
  until (set -o noclobber && echo "$$" >"$lock") 2>/dev/null; do
    holder=$(cat "$lock" 2>/dev/null || true)
    # This process' own number is that of one that died before, such as in a container whose numbers begin anew.
    if [ -n "$holder" ] && [ "$holder" != "$$" ] && alive "$holder"; then
      [ "$tries" -lt 0 ] || say "Another ./build.sh is compiling the build program; waiting for it (if there is none, delete $lock) …"
      tries=-1
    else
      # Its maker has died, or is just about to write its number; or there is none and it cannot be made.
      [ -z "$holder" ] || rm -f "$lock"
      tries=$((tries < 0 ? 1 : tries + 1))
      if [ "$tries" -gt 25 ]; then
        say "$lock cannot be made. Make room on the disk, make $apps writable, or delete that file."
        exit 1
      fi
    fi
    sleep 0.2
  done
}

# Which file is newer proves nothing: a tool may have given a changed source an old time. So nothing of an earlier
# compilation is used, except what packages hold compiled ahead of time (half of the work), as long as they are the same.
forget_earlier_compilation() {
  local artifacts="$root/.artifacts" room
  local ahead="$artifacts/obj/Build/app/R2R"
  find "$artifacts"/obj/*/app -mindepth 1 -maxdepth 1 ! -name R2R -exec rm -rf {} + 2>/dev/null || true
  rm -rf "$artifacts"/bin/*/app
  for room in "$root"/build/*; do rm -f "$ahead/${room##*/}.dll"; done
  if ! cat "$root"/Directory.*.props "$root"/build/*/*.csproj | cmp -s - "$ahead/packages" 2>/dev/null; then
    rm -rf "$ahead"
    mkdir -p "$ahead"
    cat "$root"/Directory.*.props "$root"/build/*/*.csproj >"$ahead/packages"
  fi
}

compile() {
  mkdir -p "$apps"
  take_lock
  local beside="$apps/.$$" log="$apps/compile-$$.log"
  trap 'rm -rf "$apps/.$$" "$apps/compile-$$.log" "$lock"' EXIT
  # After whoever may be installing it into the same folder.
  use_own_sdk
  (cd "$root" && dotnet --version >/dev/null 2>&1) || install_sdk
  # Whoever left these has died, and another may have compiled it while this one waited.
  rm -rf "$apps"/.[0-9]* "$apps"/compile-*.log
  if [ ! -f "$app/Build.dll" ]; then
    say "Compiling the build program (once; again only when its sources change) …"
    forget_earlier_compilation
    # The folders called app are its own. The analyzers judge the code for its developers, in every other compilation.
    if ! (cd "$root" && dotnet publish build/Build/Build.csproj -c Release --use-current-runtime --no-self-contained \
          -o "$beside" --nologo -v quiet -clp:ErrorsOnly -p:ArtifactsPivots=app -p:DebugType=embedded -p:RunAnalyzers=false) >"$log" 2>&1; then
      cat "$log" >&2
      say "The build program does not compile; see above."
      exit 1
    fi
    rm -rf "$app"
    mv "$beside" "$app"
    # Older programs stay for a checkout back and forth, but not for ever; those in use are needed to the end.
    (cd "$apps" && ls -1t | grep -v '^compile-' | tail -n +6 | while read -r old; do in_use "./$old" || rm -rf "./$old"; done) || true
  fi
  trap - EXIT
  rm -rf "$beside" "$log" "$lock"
}

[ -f "$app/Build.dll" ] || compile
# It may have been compiled with an SDK that has gone.
command -v dotnet >/dev/null || install_sdk

# exec keeps the number of the process. The new file also makes the folder one that was used lately.
{ : >"$app/.used-by-$$"; } 2>/dev/null || true
marks=("$app"/.used-by-*)
[ "${#marks[@]}" -le 100 ] || in_use "$app" || true

exec dotnet "$app/Build.dll" "$@"
