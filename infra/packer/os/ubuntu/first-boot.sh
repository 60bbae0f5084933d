#!/bin/sh
# first-boot.sh
# Waits until cloud-init has finished the installation. 2 means done, with something worth a warning.
set -eu

status=0
cloud-init status --wait || status=$?
case $status in
  0 | 2) ;;
  *)
    cloud-init status --long >&2 || true
    exit "$status"
    ;;
esac
