#!/bin/sh
# identity.sh
# Everything that must differ between two clones: they make their own at first boot.
set -eu

rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub

# Empty, not missing: systemd then fills it in without taking the boot for a first one.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
ln -s /etc/machine-id /var/lib/dbus/machine-id

rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
rm -rf /var/lib/NetworkManager/*.lease /var/lib/dhcp/*.leases /var/lib/dhclient/*.leases
