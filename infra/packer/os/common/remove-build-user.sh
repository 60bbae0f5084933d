#!/bin/sh
# remove-build-user.sh
# The last step: the user of this build, its key and its rights go. The session that runs this lives on until it ends,
# and Packer asks for nothing more: it shuts the VM down through Proxmox.
set -eu

: "${BUILD_USER:?is set by Packer}"

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
