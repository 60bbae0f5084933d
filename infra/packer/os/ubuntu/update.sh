#!/bin/sh
# update.sh
# Brings the system up to date.
set -eu

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a
wait='-o DPkg::Lock::Timeout=300'

# shellcheck disable=SC2086
apt-get $wait -q update
# shellcheck disable=SC2086
apt-get $wait -q -y -o Dpkg::Options::=--force-confold full-upgrade
# shellcheck disable=SC2086
apt-get $wait -q -y --purge autoremove
apt-get clean
rm -rf /var/lib/apt/lists/*
