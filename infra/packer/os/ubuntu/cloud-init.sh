#!/bin/sh
# cloud-init.sh
# Leaves cloud-init as on a cloud image: the next boot is a clone's first, on the data that Proxmox gives it.
set -eu

# What the installer left to keep cloud-init from configuring the network and from looking for data anywhere else.
rm -f /etc/cloud/cloud-init.disabled
rm -f /etc/cloud/ds-identify.cfg
rm -f /etc/cloud/cloud.cfg.d/99-installer.cfg
rm -f /etc/cloud/cloud.cfg.d/90-installer-network.cfg
rm -f /etc/cloud/cloud.cfg.d/20-disable-cc-dpkg-grub.cfg
rm -f /etc/cloud/cloud.cfg.d/curtin-preserve-sources.cfg
rm -f /etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg
rm -f /etc/netplan/*.yaml
rm -rf /var/log/installer

# Proxmox gives NoCloud, or ConfigDrive where it was asked to.
cat >/etc/cloud/cloud.cfg.d/95-datasource.cfg <<'EOF'
datasource_list: [NoCloud, ConfigDrive, None]
EOF

: >/etc/hostname
cloud-init clean --logs --seed
rm -rf /var/lib/cloud
