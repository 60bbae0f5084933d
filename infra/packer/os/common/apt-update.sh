#!/bin/sh
# apt-update.sh
# Brings a system of Debian or Ubuntu up to date.
set -eu

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a LC_ALL=C

# The lock of the package lists, which apt's timers hold for a while after the start, is none of those that
# DPkg::Lock::Timeout waits for.
tries=60
until said=$(apt-get -q --error-on=any -o Acquire::Retries=3 update 2>&1); do
  tries=$((tries - 1))
  case $said in
    *lists/lock*) ;;
    *) tries=0 ;;
  esac
  if [ "$tries" -le 0 ]; then
    printf '%s\n' "$said" >&2
    exit 100
  fi
  sleep 5
done
printf '%s\n' "$said"

apt-get -o DPkg::Lock::Timeout=300 -q -y -o Dpkg::Options::=--force-confold full-upgrade
