#!/bin/sh
# update.sh
# Brings the system up to date.
set -eu

dnf -q -y upgrade --refresh
