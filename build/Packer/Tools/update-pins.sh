#!/bin/sh
# update-pins.sh
# Fetches the sums of the versions that packer-pins.txt names, writes them there and shows what changed.
# PINS_BASE: another site with the same paths, such as a mirror or file:///folder.
set -eu

cd "$(dirname "$0")"
pins=packer-pins.txt
new=$(mktemp)
trap 'rm -f "$new"' EXIT

# sums <address>: "<sum>  <file>" a line
sums() {
  curl --fail --silent --show-error --location --max-time 60 "$1"
}

name='' version='' list=''
while IFS= read -r line; do
  case $line in
  '#'* | '') printf '%s\n' "$line" ;;
  ' '*)
    platform=$(printf '%s' "$line" | awk '{ print $1 }')
    sum=$(printf '%s\n' "$list" | awk -v end="_$platform.zip" 'substr($2, length($2) - length(end) + 1) == end { print $1; exit }')
    printf '  %s %s\n' "$platform" "${sum:--}"
    ;;
  *)
    name=${line% *} version=${line#* }
    case $name in
    packer) list=$(sums "${PINS_BASE:-https://releases.hashicorp.com}/packer/$version/packer_${version}_SHA256SUMS") ;;
    *) list=$(sums "${PINS_BASE:-https://github.com}/hashicorp/$name/releases/download/v$version/${name}_v${version}_SHA256SUMS") ;;
    esac
    printf '%s\n' "$line"
    ;;
  esac
done <"$pins" >"$new"
diff -u "$pins" "$new" || true
cat "$new" >"$pins"
