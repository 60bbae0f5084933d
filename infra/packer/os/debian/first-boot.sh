#!/bin/sh
# first-boot.sh
# The installation ended as it was meant to.
set -eu

systemctl is-active --quiet ssh.service
if [ -e /etc/apt/sources.list ] && grep -q '^deb cdrom:' /etc/apt/sources.list; then
  echo 'The package sources still name the installation medium.' >&2
  exit 1
fi
