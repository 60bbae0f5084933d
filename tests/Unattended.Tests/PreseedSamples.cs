namespace Unattended.Tests;

/// <summary>A preconfiguration file that answers everything, and what reads it.</summary>
internal static class PreseedSamples
{
    internal const string Text = $$"""
        # Everything is answered.
        d-i debian-installer/locale string en_US.UTF-8
        d-i keyboard-configuration/xkb-keymap select us
        d-i mirror/country string manual
        d-i mirror/http/hostname string deb.debian.org
        d-i mirror/http/directory string /debian
        d-i mirror/http/proxy string
        d-i passwd/root-login boolean false
        d-i passwd/user-fullname string Build
        d-i passwd/username string packer
        d-i passwd/user-password-crypted password !
        d-i time/zone string Etc/UTC
        d-i partman-auto/method string regular
        d-i partman-auto/expert_recipe string root :: \
            538 538 1075 free $iflabel{ gpt } $reusemethod{ } method{ efi } format{ } . \
            2000 10000 -1 ext4 $primary{ } $bootable{ } method{ format } format{ } \
                use_filesystem{ } filesystem{ ext4 } mountpoint{ / } .
        d-i partman/choose_partition select finish
        d-i partman/confirm boolean true
        d-i partman/confirm_nooverwrite boolean true
        d-i apt-setup/cdrom/set-first boolean false
        tasksel tasksel/first multiselect standard, ssh-server
        d-i pkgsel/include string qemu-guest-agent cloud-init sudo
        popularity-contest popularity-contest/participate boolean false
        d-i grub-installer/only_debian boolean true
        d-i grub-installer/bootdev string default
        d-i preseed/late_command string \
            in-target install -d -m 0700 -o packer -g packer /home/packer/.ssh && \
            echo '{{Samples.Key}}' >/target/home/packer/.ssh/authorized_keys && \
            echo 'packer ALL=(ALL) NOPASSWD: ALL' >/target/etc/sudoers.d/90-build
        d-i finish-install/reboot_in_progress note
        """;

    internal static readonly UnattendedContext Debian13 = new()
    {
        FileName = "preseed.cfg", OsId = "debian", VersionId = "13.7.0", DiskBus = "scsi", DiskBytes = 16L << 30, Uefi = false,
        BootArguments = ["vga=788", "---", "quiet", "auto=true", "priority=critical", "hostname=debian-13", "url=http://192.0.2.1:8000/preseed.cfg"],
    };

    /// <summary>As <see cref="Debian13"/>, but with every question of the priority high as well.</summary>
    internal static readonly UnattendedContext High = Debian13 with { BootArguments = ["auto=true", "hostname=debian-13", "domain=localdomain", "url=http://192.0.2.1:8000/preseed.cfg"] };

    internal static UnattendedReading Read(string text, UnattendedContext? context = null) => UnattendedFile.Read(UnattendedFormat.Preseed, text, context ?? Debian13);
}
