#!/bin/sh
# old-kernels.sh
# Keeps the newest kernel only; and the running one, should it not be that: dnf refuses to remove it.
set -eu

running=$(uname -r)
older=$(dnf -q repoquery --installonly --latest-limit=-1 --qf '%{name}-%{version}-%{release}.%{arch}')
older=$(printf '%s\n' "$older" | grep -v -F -e "-$running" || true)
if [ -n "$older" ]; then
  # shellcheck disable=SC2086
  dnf -q -y remove $older
fi

dnf -q clean all
rm -rf /var/cache/dnf
