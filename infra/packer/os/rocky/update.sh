#!/bin/sh
# update.sh
# Brings the system up to date and keeps only the newest kernel.
set -eu

dnf -q -y upgrade --refresh
old=$(dnf -q repoquery --installonly --latest-limit=-1)
if [ -n "$old" ]; then
  # shellcheck disable=SC2086
  dnf -q -y remove $old
fi
dnf -q clean all
rm -rf /var/cache/dnf
