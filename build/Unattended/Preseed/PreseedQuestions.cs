namespace Unattended.Preseed;

/// <summary>
/// The questions of the Debian installer's components that unattended files answer, with their types (the components'
/// debconf templates: localechooser, console-setup, netcfg, choose-mirror, user-setup, clock-setup, tzsetup, partman-*,
/// base-installer, apt-setup, tasksel, pkgsel, grub-installer, finish-install, preseed). Others exist; a file may answer
/// any, so that an unknown one is a warning.
/// </summary>
internal static class PreseedQuestions
{
    private const string Text = """
        string debian-installer/locale debian-installer/language debian-installer/country debian-installer/add-kernel-opts debian-installer/exit/halt=b debian-installer/exit/poweroff=b debian-installer/splash=b debian-installer/allow_unauthenticated=b debian-installer/framebuffer=b debian-installer/theme
        multiselect localechooser/supported-locales
        select keyboard-configuration/xkb-keymap keyboard-configuration/layout keyboard-configuration/variant keyboard-configuration/model keyboard-configuration/toggle keyboard-configuration/altgr keyboard-configuration/compose console-keymaps-at/keymap
        string keyboard-configuration/layoutcode keyboard-configuration/variantcode keyboard-configuration/modelcode keyboard-configuration/optionscode
        boolean console-setup/ask_detect auto-install/enable
        select debconf/priority debconf/frontend debconf/language=s
        boolean netcfg/enable netcfg/disable_autoconfig netcfg/use_autoconfig netcfg/confirm_static netcfg/disable_dhcp netcfg/no_default_route
        select netcfg/choose_interface netcfg/dhcp_options netcfg/wireless_show_essids netcfg/wireless_security_type
        string netcfg/link_wait_timeout netcfg/dhcp_timeout netcfg/dhcpv6_timeout netcfg/get_hostname netcfg/get_domain netcfg/hostname netcfg/dhcp_hostname netcfg/get_ipaddress netcfg/get_netmask netcfg/get_gateway netcfg/get_nameservers netcfg/wireless_wep netcfg/wireless_essid netcfg/wireless_essid_again netcfg/vlan_id netcfg/vlan_interface
        note netcfg/dhcp_failed
        boolean hw-detect/load_firmware hw-detect/load_media hw-detect/firmware-lookup=s cdrom-detect/eject cdrom-detect/load_media
        string anna/choose_modules
        boolean network-console/start=n
        password network-console/password network-console/password-again
        string network-console/authorized_keys_url
        string mirror/country mirror/http/hostname mirror/http/directory mirror/http/proxy mirror/https/hostname mirror/https/directory mirror/https/proxy mirror/ftp/hostname mirror/ftp/directory mirror/ftp/proxy mirror/codename mirror/udeb/suite
        select mirror/protocol mirror/suite mirror/http/mirror mirror/https/mirror mirror/http/countries mirror/https/countries
        boolean passwd/root-login passwd/make-user passwd/shadow user-setup/allow-password-weak user-setup/allow-password-empty user-setup/encrypt-home user-setup/password-weak
        password passwd/root-password passwd/root-password-again passwd/root-password-crypted passwd/user-password passwd/user-password-again passwd/user-password-crypted
        string passwd/username passwd/user-fullname passwd/user-uid passwd/user-default-groups
        boolean clock-setup/utc clock-setup/ntp clock-setup/utc-auto
        string clock-setup/ntp-server
        string time/zone
        string partman-auto/disk partman-auto/method partman-auto/cap-ram partman-auto/expert_recipe partman-auto/expert_recipe_file partman-auto-lvm/guided_size partman-auto-lvm/new_vg_name partman-auto-raid/recipe partman/default_filesystem partman-partitioning/default_label partman/early_command partman-basicfilesystems/default_label partman/alignment
        select partman-auto/choose_recipe partman-auto/init_automatically_partition partman-auto/select_disk partman-auto/automatically_partition partman/choose_partition partman/mount_style partman-partitioning/choose_label partman-crypto/encrypt=s
        boolean partman/confirm partman/confirm_nooverwrite partman/confirm_nochanges partman/automount partman-partitioning/confirm_write_new_label partman-partitioning/confirm_new_label partman-lvm/confirm partman-lvm/confirm_nooverwrite partman-lvm/confirm_nochanges partman-lvm/device_remove_lvm partman-lvm/device_remove_lvm_span partman-lvm/vgdelete_confirm partman-md/confirm partman-md/confirm_nooverwrite partman-md/confirm_nochanges partman-md/device_remove_md partman-auto-lvm/no_boot partman-auto-crypto/erase_disks partman-crypto/weak_passphrase partman-crypto/confirm partman-crypto/confirm_nooverwrite partman-crypto/install_udebs_low_mem partman-basicfilesystems/no_swap partman-basicfilesystems/no_mount_point partman-efi/non_efi_system partman-ext3/boot_not_ext2_or_ext3 partman-target/mount_failed=e
        string partman-swapfile/size partman-swapfile/percentage
        password partman-crypto/passphrase partman-crypto/passphrase-again
        boolean base-installer/install-recommends base-installer/kernel/skip-install base-installer/use_unclean_target base-installer/kernel/headers
        select base-installer/kernel/image=s base-installer/initramfs-tools/driver-policy base-installer/kernel/override-image=s
        string base-installer/includes
        boolean apt-setup/non-free apt-setup/non-free-firmware apt-setup/contrib apt-setup/use_mirror apt-setup/no_mirror apt-setup/disable-cdrom-entries apt-setup/enable-source-repositories apt-setup/cdrom/set-first apt-setup/cdrom/set-next apt-setup/cdrom/set-failed apt-setup/cdrom/set-double apt-setup/local0/source apt-setup/local1/source
        multiselect apt-setup/services-select
        string apt-setup/security_host apt-setup/security_path apt-setup/multiarch apt-setup/local0/repository apt-setup/local0/comment apt-setup/local0/key apt-setup/local1/repository apt-setup/local1/comment apt-setup/local1/key
        boolean debian-installer/allow_unauthenticated_ssl
        multiselect tasksel/first tasksel/tasks tasksel/desktop
        boolean pkgsel/run_tasksel pkgsel/updatedb
        string pkgsel/include pkgsel/include/install-recommends=b
        select pkgsel/upgrade pkgsel/update-policy pkgsel/language-packs=m pkgsel/install-language-support=b
        boolean popularity-contest/participate
        boolean grub-installer/skip grub-installer/only_debian grub-installer/with_other_os grub-installer/make_active grub-installer/force-efi-extra-removable grub-installer/enable_os_prober_otheros_yes grub-installer/enable_os_prober_otheros_no grub-pc/install_devices_empty grub2/force_efi_extra_removable grub2/update_nvram
        string grub-installer/bootdev grub-installer/timeout
        select grub-installer/choose_bootdev
        password grub-installer/password grub-installer/password-again grub-installer/password-crypted
        boolean lilo-installer/skip nobootloader/confirmation_common=n
        note finish-install/reboot_in_progress
        boolean finish-install/keep-consoles
        string preseed/early_command preseed/late_command preseed/include preseed/include_command preseed/run preseed/url preseed/file preseed/include/checksum preseed/url/checksum preseed/file/checksum
        boolean preseed/interactive
        """;

    private static readonly Dictionary<string, string> Types = Read();

    /// <summary>The names of all known questions.</summary>
    internal static IReadOnlyCollection<string> Names => Types.Keys;

    /// <summary>The type of a question, or null when it is not known.</summary>
    internal static string? TypeOf(string question) => Types.GetValueOrDefault(question);

    private static Dictionary<string, string> Read()
    {
        var types = new Dictionary<string, string>();
        foreach (var line in Text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            foreach (var word in words.Skip(1))
            {
                // A few stand beside those that they belong to, with a type of their own.
                var parts = word.Split('=');
                types[parts[0]] = parts.Length == 1 ? words[0] : parts[1] switch
                {
                    "b" => "boolean",
                    "s" => "string",
                    "n" => "note",
                    "m" => "multiselect",
                    _ => "error",
                };
            }
        }

        return types;
    }
}
