#!/bin/sh
# cloud-init.sh
# Leaves cloud-init as on a cloud image: the next boot is a clone's first, on the data that Proxmox gives it.
set -eu

rm -f /etc/cloud/cloud-init.disabled
systemctl enable cloud-init-local.service cloud-init.service cloud-config.service cloud-final.service

# Proxmox gives NoCloud, or ConfigDrive where it was asked to.
cat >/etc/cloud/cloud.cfg.d/95-datasource.cfg <<'EOF'
datasource_list: [NoCloud, ConfigDrive, None]
EOF

# The installer's connection would win over cloud-init's.
rm -f /etc/NetworkManager/system-connections/*.nmconnection
rm -f /etc/sysconfig/network-scripts/ifcfg-e*
rm -f /root/anaconda-ks.cfg /root/original-ks.cfg
rm -rf /var/log/anaconda

: >/etc/hostname
cloud-init clean --logs --seed
rm -rf /var/lib/cloud/*
restorecon -R /etc/cloud /etc/hostname
