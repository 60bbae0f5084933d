#!/bin/sh
# cloud-init.sh
# Leaves cloud-init as on a cloud image: the next boot is a clone's first, on the data that Proxmox gives it.
set -eu

rm -f /etc/cloud/cloud-init.disabled

# Proxmox gives NoCloud, or ConfigDrive where it was asked to. The name comes after the package's own 90_dpkg.cfg.
cat >/etc/cloud/cloud.cfg.d/95-datasource.cfg <<'EOF'
datasource_list: [NoCloud, ConfigDrive, None]
EOF

# The installer's connection would win over cloud-init's, which goes to interfaces.d.
rm -f /etc/network/interfaces.d/*
cat >/etc/network/interfaces <<'EOF'
auto lo
iface lo inet loopback

source /etc/network/interfaces.d/*
EOF
rm -rf /var/log/installer

: >/etc/hostname
cloud-init clean --logs --seed
rm -rf /var/lib/cloud
