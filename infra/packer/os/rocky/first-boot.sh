#!/bin/sh
# first-boot.sh
# The installation ended as it was meant to.
set -eu

if [ "$(getenforce)" != Enforcing ]; then
  echo "SELinux is $(getenforce), not Enforcing." >&2
  exit 1
fi
systemctl is-active --quiet firewalld
systemctl is-enabled --quiet sshd
