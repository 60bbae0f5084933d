#!/bin/sh
# make.sh <iso> <mirror>
# Makes the medium of the tests with real machines from Debian's packages: a live system with real GRUB and real cloud-init,
# and a stand-in for Ubuntu's installer. Needs root, mmdebstrap, e2fsprogs, grub-common with grub-pc-bin and
# grub-efi-amd64-bin, mtools and xorriso. Everything happens below one temporary folder.
set -eu

# The system's programs alone: a version manager's stand-ins for Python would be started for each package.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin

iso=$1
mirror=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/test-medium.XXXXXXXX")
root=$work/root
tree=$work/tree
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$tree/casper" "$tree/live" "$tree/pool" "$tree/boot/grub"

packages=linux-image-cloud-amd64,systemd-sysv,udev,dbus,cloud-init,openssh-server,sudo,iproute2,e2fsprogs,fdisk,dosfstools
packages=$packages,grub-pc-bin,grub-efi-amd64-bin,grub2-common,initramfs-tools,netplan.io,systemd-resolved,locales,ca-certificates,zstd,kmod,procps

# What the templates' user-data asks for lies beside the system: whether it is installed is up to the user-data.
# The kernel's package makes the initrd, by what lies in initramfs-tools.
mmdebstrap --mode=root --variant=minbase --quiet --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook='mkdir -p "$1/etc/initramfs-tools"' \
  --essential-hook="cp -R '$here/initramfs-tools/.' \"\$1/etc/initramfs-tools/\"" \
  --customize-hook='rm -f "$1"/etc/resolv.conf "$1"/var/cache/apt/archives/*.deb' \
  --customize-hook='APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --quiet --yes --download-only install qemu-guest-agent cloud-guest-utils' \
  --customize-hook="mv \"\$1\"/var/cache/apt/archives/*.deb '$tree/pool/'" \
  --include="$packages" trixie "$root" "$mirror"

# Keeps services from starting while packages change in the tree.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

cp "$root"/boot/vmlinuz-* "$tree/casper/vmlinuz"
cp "$root"/boot/initrd.img-* "$tree/casper/initrd"

echo 'en_US.UTF-8 UTF-8' >"$root/etc/locale.gen"
chroot "$root" locale-gen >/dev/null
rm -rf "$root/usr/share/i18n"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
chroot "$root" systemctl -q enable systemd-networkd systemd-resolved ssh
install -m 755 "$here/autoinstall" "$root/usr/local/sbin/autoinstall"
install -m 755 "$here/live-init" "$root/usr/local/sbin/live-init"
install -m 755 "$here/curtin" "$root/usr/local/bin/curtin"
install -m 644 "$here/autoinstall.service" "$root/etc/systemd/system/autoinstall.service"
chroot "$root" systemctl -q enable autoinstall
chroot "$root" systemctl -q disable e2scrub_reap grub-common

# What the processor of an emulated machine is said to have, and nothing here uses: loading it takes seconds of each boot.
printf 'blacklist %s\n' kvm_amd aesni_intel ghash_clmulni_intel sha512_ssse3 sha256_ssse3 sha1_ssse3 crc32_pclmul crct10dif_pclmul \
  >"$root/etc/modprobe.d/emulated.conf"

echo 'Acquire::Languages "none";' >"$root/etc/apt/apt.conf.d/99-no-translations"

# The keys of RSA alone take minutes on an emulated machine; and the mirror is the one that this was made from.
cat >"$root/etc/cloud/cloud.cfg.d/05-test-medium.cfg" <<'EOF'
ssh_genkeytypes: [ed25519]
apt: { preserve_sources_list: true }
EOF

rm -f "$root"/etc/ssh/ssh_host_* "$root/usr/sbin/policy-rc.d" "$root"/var/cache/apt/*.bin
: >"$root/etc/machine-id"
: >"$root/etc/hostname"

# Nothing is newer than the caches of libraries, hardware and messages, so the first boot makes none of them anew.
touch "$root/etc/.updated" "$root/var/.updated"

# A file system as it is, not compressed: an emulated processor would unpack it for minutes, and the stand-in writes it to the
# disk as one. It has room for what the installation adds, and inodes as on a large disk.
size=$(($(du --summarize --block-size=1M "$root" | cut -f1) * 5 / 4))
mke2fs -q -t ext4 -b 4096 -L root -i 16384 -d "$root" "$tree/live/filesystem.ext4" "${size}M"
cp "$here/grub.cfg" "$tree/boot/grub/grub.cfg"
grub-mkrescue --output="$work/medium.iso" "$tree" -- -volid TEST_MEDIUM_NOT_UBUNTU >"$work/grub.log" 2>&1 || { cat "$work/grub.log" >&2; exit 1; }
mv "$work/medium.iso" "$iso"
