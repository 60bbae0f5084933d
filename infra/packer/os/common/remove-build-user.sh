#!/bin/sh
# remove-build-user.sh
# The last step: what must differ between two clones, and the user of this build with its key and its rights. Until here
# a connection that was lost can be made again, afterwards none. The session that runs this lives on until it ends, and
# Packer asks for nothing more: it shuts the VM down through Proxmox.
set -eu

: "${BUILD_USER:?is set by Packer}"

# A clone makes its own keys at its first boot.
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub

# Empty, not missing: systemd then fills it in without taking the boot for a first one.
: >/etc/machine-id
if [ -d /var/lib/dbus ]; then
  rm -f /var/lib/dbus/machine-id
  ln -s /etc/machine-id /var/lib/dbus/machine-id
fi

rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
rm -f /var/lib/NetworkManager/*.lease /var/lib/dhcp/*.leases /var/lib/dhclient/*.leases /var/lib/dhcpcd/*.lease*

rm -f /etc/sudoers.d/90-build /etc/sudoers.d/90-cloud-init-users
rm -f /tmp/script_*.sh

# --force: the user is logged in, that is us.
userdel --force --remove "$BUILD_USER" 2>/dev/null || true
if getent passwd "$BUILD_USER" >/dev/null; then
  echo "The user $BUILD_USER is still there." >&2
  exit 1
fi
rm -rf "/home/${BUILD_USER:?}"
sync
