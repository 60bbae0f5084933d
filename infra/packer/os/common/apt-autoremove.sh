#!/bin/sh
# apt-autoremove.sh
# Removes what nothing needs any more, older kernels first of all: apt keeps the running one and the newest.
set -eu

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a

apt-get -o DPkg::Lock::Timeout=300 -q -y --purge autoremove
apt-get clean
rm -rf /var/lib/apt/lists/*
