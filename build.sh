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
# Most runs, the compiler's too, are over before methods that are compiled a second time, and better, pay for that: it waits
# until nothing new has started for a second (milliseconds, hexadecimal).
export DOTNET_TC_CallCountingDelayMs=3E8
# The SDK stops without ICU, which a small machine does not have; nothing here sorts or speaks by a culture.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
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
listed=$(
  cd "$root"
  find build global.json Directory.Build.props Directory.Packages.props \
    records/run.schema.json records/run.schema.v1.json records/destroyed.schema.json -type f \
    ! -path '*/bin/*' ! -path '*/obj/*' ! -name '.*.sw?' ! -name '.#*' ! -name '*~' ! -name .DS_Store -print0 | LC_ALL=C sort -z | { if command -v sha256sum >/dev/null; then xargs -0 sha256sum; else xargs -0 shasum -a 256; fi; }
)
sources=$(printf '%s\n' "$listed" | sha256)
app="$apps/${sources:0:16}"

# What a program said last, as a part of a sentence.
last_words() { tail -n 1 "$1" | tr -d '\r' | cut -c 1-200; }

installing_now() { echo "downloading and unpacking the .NET SDK"; }

install_sdk() {
  say "No .NET SDK that satisfies global.json was found: installing one into .dotnet/ (about 250 MB, once) …"
  local script said remedy="Install the .NET 10 SDK yourself (https://dotnet.microsoft.com/download), or set HTTPS_PROXY where a proxy leads out, and run it again."
  script=$(mktemp)
  said=$(mktemp)
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 15 --retry 2 https://dot.net/v1/dotnet-install.sh -o "$script" 2>"$said" || {
      say "The .NET SDK's installer could not be downloaded ($(last_words "$said")). $remedy"
      rm -f "$script" "$said"
      exit 1
    }
  elif command -v wget >/dev/null; then
    wget -nv -T 15 -t 2 -O "$script" https://dot.net/v1/dotnet-install.sh 2>"$said" || {
      say "The .NET SDK's installer could not be downloaded ($(last_words "$said")). $remedy"
      rm -f "$script" "$said"
      exit 1
    }
  else
    say "Neither curl nor wget is here to download the .NET SDK. Install one of them, or the .NET 10 SDK: https://dotnet.microsoft.com/download"
    rm -f "$script" "$said"
    exit 1
  fi
  begin_waiting
  bash "$script" --channel 10.0 --install-dir "$root/.dotnet" --no-path >"$said" 2>&1 &
  if ! wait_showing $! installing_now; then
    say "The .NET SDK could not be installed ($(last_words "$said")). $remedy"
    rm -f "$script" "$said"
    exit 1
  fi
  rm -f "$script" "$said"
  use_own_sdk
}

# Nobody likes to watch a silent command: a terminal gets a line that counts the seconds, a log one line now and then.
begin_waiting() { waiting_since=$SECONDS; }

# Waits for a process and says meanwhile how long it has taken, what it does and, where it is known, how long it took last time.
# $1: the process. $2: a function that prints what it is doing. $3: the seconds that it took last time, or nothing.
wait_showing() {
  local process=$1 doing=$2 usual=${3:-} elapsed told=0 shown=-1 line live=false
  [ -t 2 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${CI:-}" ] && live=true
  while kill -0 "$process" 2>/dev/null; do
    elapsed=$((SECONDS - waiting_since))
    if { $live && [ "$elapsed" -ne "$shown" ]; } || [ $((elapsed - told)) -ge 10 ]; then
      line="  $((elapsed / 60)):$(printf %02d $((elapsed % 60)))  $("$doing")"
      [ -z "$usual" ] || line="$line (about $((usual)) s in all)"
      if $live; then printf '\r\033[K%s' "${line:0:79}" >&2; else say "$line"; fi
      told=$elapsed
      shown=$elapsed
    fi
    sleep 0.2
  done
  if $live; then printf '\r\033[K' >&2; fi
  wait "$process"
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

# What the outputs of the last compilation were compiled from; gone while one is under way, so that one that was cut off
# leaves nothing that is believed.
compiled_from="$root/.artifacts/obj/Build/app/sources"

# Which file is newer proves nothing: a tool may have given a changed source an old time. So of each room whose content has
# changed since the last compilation nothing is used again; of all when anything else has. For some rooms one worker is enough:
# another one takes as long to start as it saves.
workers=()
forget_what_changed() {
  local artifacts="$root/.artifacts" changed='everything' path room
  if [ -f "$compiled_from" ]; then
    changed=$({ say_sources; cat "$compiled_from"; } 2>/dev/null | sort | uniq -u | sed 's/^[^ ]* *[ *]//' | sort -u)
  fi
  rm -f "$compiled_from"
  rm -rf "$artifacts"/bin/*/app
  while read -r path; do
    case $path in
      '') ;;
      build/*/*.csproj | build/*/packages.lock.json) changed=everything ;;
      build/*/*)
        room=${path#build/}
        room=${room%%/*}
        rm -f "$artifacts/obj/$room/app/$room.dll"
        ;;
      *) changed=everything ;;
    esac
  done <<<"$changed"
  if [ "$changed" = everything ]; then rm -rf "$artifacts"/obj/*/app; else workers=(-m:1); fi
}

# With the compiler, whose next version may make something else of the same sources.
say_sources() { printf '%s\n' "$listed" "$(cd "$root" && dotnet --version 2>/dev/null)  compiler"; }

# One process compiles all rooms, because one for each would start and warm up a dozen times. It usually stays for the next
# compilation; where the environment wants none that stays (UseSharedCompilation=false), it is an own one and ended afterwards.
server=()
case ${UseSharedCompilation:-} in
  [Ff][Aa][Ll][Ss][Ee]) server=(-p:UseSharedCompilation=true "-p:SharedCompilationId=build-records-$$") ;;
esac

end_server() {
  local version sdk
  [ "${#server[@]}" -gt 0 ] || return 0
  version=$(cd "$root" && dotnet --version)
  sdk=$(dotnet --list-sdks | sed -n "s/^$version \[\(.*\)\]\$/\1\/$version/p")
  dotnet "$sdk/Roslyn/bincore/VBCSCompiler.dll" -shutdown "-pipename:build-records-$$"
}

# Ctrl-C: what compiles in the background is told to end, and waited for, so that nothing writes into the folders afterwards.
end_compiler() {
  [ -z "$compiler" ] || { kill "$compiler" 2>/dev/null || true; wait "$compiler" 2>/dev/null || true; }
  end_server >/dev/null 2>&1 || true
}

# Somebody else's files, such as those of a run as root, are named before anything fails at them.
require_writable() {
  local place
  for place in "$root/.artifacts" "$apps"; do
    if [ -e "$place" ] && [ ! -w "$place" ]; then
      say "$place belongs to $(owner_of "$place") and cannot be written by $(id -un): an earlier run of another user left it. Give it back with: sudo chown -R $(id -un) '$place'"
      exit 1
    fi
  done
}

owner_of() { ls -ld "$1" | awk '{ print $3 }'; }

# Root leaves nothing in somebody's checkout that its owner cannot write. The program does the same for what it makes.
give_to_owner() {
  local owner
  owner=$(ls -nd "$root" | awk '{ print $3 ":" $4 }')
  if [ "$(id -u)" = 0 ] && [ "${owner%%:*}" != 0 ]; then
    for place in "$root/.artifacts" "$root/.dotnet"; do
      [ ! -d "$place" ] || chown -R -h "$owner" "$place" || true
    done
  fi
}

# What the compilation is doing: packages are fetched first, then one room after another is compiled.
compiling_now() {
  local packages rooms all=0 here=0 package compiled
  packages=${NUGET_PACKAGES:-${HOME:-}/.nuget/packages}
  while read -r package; do
    all=$((all + 1))
    [ ! -d "$packages/$package" ] || here=$((here + 1))
  done < <(locked_packages)
  compiled=$(find "$root"/.artifacts/obj/*/app -maxdepth 2 -name '*.dll' -path '*/app/*' ! -path '*/ref/*' ! -path '*/refint/*' 2>/dev/null | wc -l | tr -d ' ')
  rooms=$(find "$root/build" -mindepth 2 -maxdepth 2 -name '*.csproj' | wc -l | tr -d ' ')
  if [ "$here" -lt "$all" ]; then
    echo "fetching packages: $here of $all"
  else
    echo "compiling: $compiled of $rooms parts"
  fi
}

# The packages of the program as folders below the folder of packages: name/version, in small letters.
locked_packages() {
  [ -f "$root/build/Build/packages.lock.json" ] || return 0
  awk -F'"' '/^      "/ { name = tolower($2) } /"resolved":/ { print name "/" $4 }' "$root/build/Build/packages.lock.json"
}

# A compilation that failed: what the compiler says of the sources is for who changed them; a network that is not there is
# told in one sentence.
explain_compilation() {
  local log=$1 kept="$root/.artifacts/compile-failed.log"
  cp "$log" "$kept" 2>/dev/null || kept=$log
  if grep -q -e 'NU1301' -e 'NU1300' -e 'NU1900' "$log" && ! grep -q 'error CS' "$log"; then
    say "The packages could not be downloaded ($(grep -m 1 -o 'Unable to load[^(\[]*\|NU130[01]: [^\[]*' "$log" | head -n 1 | cut -c 1-200)). Check the network, set HTTPS_PROXY where a proxy leads out, or name a package source that can be reached in NuGet.Config; then run it again. The whole log: $kept"
  elif grep -q 'NU110[0-3]' "$log"; then
    say "A package is not to be had ($(grep -m 1 -o 'NU110[0-3]: [^\[]*' "$log" | cut -c 1-200)). Name a package source that has it in NuGet.Config, then run it again. The whole log: $kept"
  elif grep -q -i 'no space left on device' "$log"; then
    say "The disk is full: the build program could not be compiled. Make room (it needs about 500 MB below $root/.artifacts and the package folder), then run it again."
  else
    cat "$log" >&2
    say "The build program does not compile; see above, or $kept."
  fi
}

compile() {
  require_writable
  mkdir -p "$apps"
  take_lock
  local beside="$apps/.$$" log="$apps/compile-$$.log"
  compiler=''
  trap 'end_compiler; rm -rf "$apps/.$$" "$apps/compile-$$.log" "$lock"' EXIT
  trap 'exit 130' INT TERM HUP
  # After whoever may be installing it into the same folder.
  use_own_sdk
  (cd "$root" && dotnet --version >/dev/null 2>&1) || install_sdk
  # Whoever left these has died, and another may have compiled it while this one waited.
  rm -rf "$apps"/.[0-9]* "$apps"/compile-*.log
  if [ ! -f "$app/Build.dll" ]; then
    local usual=''
    usual=$(cat "$root/.artifacts/compile-seconds" 2>/dev/null || true)
    [[ $usual =~ ^[0-9]{1,4}$ ]] || usual=''
    say "Compiling the build program (once, about half a minute; again only when its sources change) …"
    forget_what_changed
    begin_waiting
    # The folders called app are its own. The analyzers judge the code for its developers, in every other compilation.
    (cd "$root" && exec dotnet publish build/Build/Build.csproj -c Release \
          -o "$beside" --nologo -v quiet -clp:ErrorsOnly -p:ArtifactsPivots=app -p:DebugType=embedded -p:RunAnalyzers=false -p:NuGetAudit=false -p:GenerateDocumentationFile=false \
          ${workers[@]+"${workers[@]}"} ${server[@]+"${server[@]}"}) >"$log" 2>&1 &
    compiler=$!
    if ! wait_showing "$compiler" 'compiling_now' "$usual"; then
      explain_compilation "$log"
      exit 1
    fi
    compiler=''
    end_server >/dev/null 2>&1 || true
    echo $((SECONDS - waiting_since)) >"$root/.artifacts/compile-seconds" 2>/dev/null || true
    { say_sources >"$compiled_from"; } 2>/dev/null || rm -f "$compiled_from"
    rm -rf "$app"
    mv "$beside" "$app"
    # Older programs stay for a checkout back and forth, but not for ever; those in use are needed to the end.
    (cd "$apps" && ls -1t | grep -v '^compile-' | tail -n +6 | while read -r old; do in_use "./$old" || rm -rf "./$old"; done) || true
  fi
  trap - EXIT INT TERM HUP
  give_to_owner
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
