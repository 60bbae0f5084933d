namespace Unattended.Kickstart;

/// <summary>
/// The commands of kickstart and their options, from the handlers of pykickstart for RHEL 9 and RHEL 10 and Red Hat's
/// reference. In a list of options <c>=</c> marks one that takes a value, <c>!</c> one that must be there; <c>+</c> says
/// that the command takes arguments without a name.
/// </summary>
internal static class KickstartSyntax
{
    private const string Encryption =
        " --encrypted --passphrase= --cipher= --escrowcert= --backuppassphrase --luks-version= --pbkdf= --pbkdf-memory= --pbkdf-time= --pbkdf-iterations=";

    private const string Partition =
        "+ --active --asprimary --fstype= --type= --grow --maxsize= --noformat --onbiosdisk= --ondisk= --ondrive= --onpart= --usepart= "
        + "--recommended --size= --fsoptions= --label= --fsprofile= --resize --hibernation --mkfsoptions= --uuid=" + Encryption;

    private const string Reboot = " --eject --kexec";

    /// <summary>The options of each command.</summary>
    internal static readonly IReadOnlyDictionary<string, CommandSyntax> Commands = new Dictionary<string, string>
    {
        ["auth"] = "*",
        ["authconfig"] = "*",
        ["authselect"] = "*",
        ["autopart"] = " --type= --nolvm --noboot --noswap --nohome --fstype= --hibernation" + Encryption,
        ["autostep"] = " --autoscreenshot",
        ["bootloader"] = " --append= --location= --lba32 --password= --md5pass= --upgrade --driveorder= --hvargs= --timeout= --boot-drive= --leavebootorder --extlinux --disabled --iscrypted --nombr --default= --linear --nolinear --sdboot",
        ["cdrom"] = "",
        ["clearpart"] = " --all --drives= --initlabel --linux --none --list= --disklabel= --cdl",
        ["cmdline"] = "",
        ["driverdisk"] = "+ --source= --biospart=",
        ["eula"] = " --agreed --accepted --accept --agree",
        ["fcoe"] = " --nic=! --dcb --autovlan",
        ["firewall"] = " --disable --disabled --enable --enabled --ftp --http --smtp --ssh --telnet --high --medium --port= --trust= --service= --remove-service= --use-system-defaults",
        ["firstboot"] = " --disable --disabled --enable --enabled --reconfig",
        ["graphical"] = " --non-interactive",
        ["group"] = " --name=! --gid=",
        ["halt"] = Reboot,
        ["harddrive"] = " --biospart= --partition= --dir=!",
        ["hmc"] = "",
        ["ignoredisk"] = " --drives= --only-use= --interactive",
        ["iscsi"] = " --target= --ipaddr=! --port= --user= --password= --reverse-user= --reverse-password= --iface=",
        ["iscsiname"] = "+",
        ["keyboard"] = "+ --vckeymap= --xlayouts= --switch=",
        ["lang"] = "+ --addsupport=",
        ["liveimg"] = " --url=! --proxy= --noverifyssl --checksum=",
        ["logging"] = " --host= --level= --port=",
        ["logvol"] = "+ --fstype= --grow --maxsize= --name= --noformat --percent= --recommended --size= --useexisting --vgname= --fsoptions= --fsprofile= --label= --resize --thin --thinpool --poolname= --chunksize= --metadatasize= --profile= --hibernation --cachepvs= --cachesize= --cachemode= --mkfsoptions=" + Encryption,
        ["mediacheck"] = "",
        ["method"] = "*",
        ["module"] = " --name= --stream= --disable",
        ["mount"] = "+ --reformat= --mkfsoptions= --mountoptions=",
        ["network"] = " --bootproto= --dhcpclass= --device= --essid= --ethtool= --gateway= --hostname= --ip= --ipv6= --ipv6gateway= --mtu= --nameserver= --netmask= --nodefroute --nodns --noipv4 --noipv6 --onboot= --notksdevice --wepkey= --wpakey= --activate --no-activate --teamslaves= --teamconfig= --bondslaves= --bondopts= --vlanid= --interfacename= --bridgeslaves= --bridgeopts= --bindto= --ipv4-dns-search= --ipv6-dns-search= --ipv4-ignore-auto-dns --ipv6-ignore-auto-dns",
        ["nfs"] = " --server=! --dir=! --opts=",
        ["nvdimm"] = "*",
        ["ostreecontainer"] = "*",
        ["ostreesetup"] = "*",
        ["part"] = Partition,
        ["partition"] = Partition,
        ["poweroff"] = Reboot,
        ["raid"] = "*",
        ["rdp"] = " --username= --password=",
        ["realm"] = "*",
        ["reboot"] = Reboot,
        ["repo"] = " --name=! --baseurl= --mirrorlist= --metalink= --cost= --includepkgs= --excludepkgs= --ignoregroups= --proxy= --noverifyssl --install --sslcacert= --sslclientcert= --sslclientkey=",
        ["reqpart"] = " --add-boot",
        ["rescue"] = " --nomount --romount",
        ["rhsm"] = "*",
        ["rootpw"] = "+ --iscrypted --lock --plaintext --allow-ssh",
        ["selinux"] = " --disabled --enforcing --permissive",
        ["services"] = " --disabled= --enabled=",
        ["shutdown"] = Reboot,
        ["skipx"] = "",
        ["snapshot"] = "+ --name=! --when=!",
        ["sshkey"] = "+ --username=!",
        ["sshpw"] = "+ --username=! --iscrypted --plaintext --lock --sshkey",
        ["syspurpose"] = "*",
        ["text"] = " --non-interactive",
        ["timesource"] = " --ntp-server= --ntp-pool= --nts --ntp-disable",
        ["timezone"] = "+ --utc --isUtc --ntpservers= --nontp",
        ["updates"] = "+",
        ["url"] = " --url= --mirrorlist= --metalink= --proxy= --noverifyssl --sslcacert= --sslclientcert= --sslclientkey=",
        ["user"] = " --homedir= --iscrypted --plaintext --lock --name=! --password= --shell= --uid= --gid= --groups= --gecos=",
        ["vnc"] = " --password= --host= --port=",
        ["volgroup"] = "+ --noformat --useexisting --pesize= --reserved-space= --reserved-percent=",
        ["xconfig"] = " --startxonboot --defaultdesktop=",
        ["zerombr"] = "",
        ["zfcp"] = " --devnum=! --wwpn= --fcplun=",
        ["zipl"] = " --secure-boot --no-secure-boot --force-secure-boot",
    }.ToDictionary(c => c.Key, c => CommandSyntax.Parse(c.Value));

    /// <summary>The sections and their options.</summary>
    internal static readonly IReadOnlyDictionary<string, CommandSyntax> Sections = new Dictionary<string, string>
    {
        ["%packages"] = " --excludedocs --ignoremissing --ignorebroken --nocore --nobase --multilib --instLangs= --inst-langs= --default --excludeWeakdeps --exclude-weakdeps --timeout= --retries=",
        ["%pre"] = " --erroronfail --interpreter= --log= --logfile=",
        ["%pre-install"] = " --erroronfail --interpreter= --log= --logfile=",
        ["%post"] = " --erroronfail --interpreter= --log= --logfile= --nochroot",
        ["%onerror"] = " --erroronfail --interpreter= --log= --logfile=",
        ["%traceback"] = " --erroronfail --interpreter= --log= --logfile=",
        ["%addon"] = "*",
        ["%anaconda"] = "",
        ["%certificate"] = " --filename=! --dir=",
    }.ToDictionary(c => c.Key, c => CommandSyntax.Parse(c.Value));

    /// <summary>Since which major version of RHEL a command is refused, and what to write instead.</summary>
    internal static readonly IReadOnlyDictionary<string, (int Major, string Instead)> RemovedCommands = new Dictionary<string, (int, string)>
    {
        ["install"] = (9, "use the installation method (cdrom, url, …) as a command"),
        ["device"] = (9, "leave it out"),
        ["deviceprobe"] = (9, "leave it out"),
        ["dmraid"] = (9, "leave it out"),
        ["multipath"] = (9, "leave it out"),
        ["auth"] = (10, "use authselect"),
        ["authconfig"] = (10, "use authselect"),
        ["autostep"] = (10, "leave it out"),
        ["method"] = (10, "use the installation method (cdrom, url, …) as a command"),
        ["nvdimm"] = (10, "leave it out"),
        ["syspurpose"] = (10, "use rhsm or subscription-manager"),
        ["%anaconda"] = (10, "leave it out"),
    };

    /// <summary>Since which major version of RHEL an option is refused.</summary>
    internal static readonly IReadOnlyDictionary<(string Command, string Option), int> RemovedOptions = new Dictionary<(string, string), int>
    {
        [("bootloader", "--upgrade")] = 9,
        [("ignoredisk", "--interactive")] = 9,
        [("part", "--active")] = 9,
        [("partition", "--active")] = 9,
        [("harddrive", "--biospart")] = 9,
        [("timezone", "--ntpservers")] = 10,
        [("timezone", "--nontp")] = 10,
        [("timezone", "--isUtc")] = 10,
        [("logging", "--level")] = 10,
        [("%packages", "--instLangs")] = 10,
        [("%packages", "--excludeWeakdeps")] = 10,
    };
}

/// <summary>How a command is written.</summary>
/// <param name="Options">Its options, and whether each takes a value and is required; null when anything is allowed.</param>
/// <param name="Positional">Whether it takes arguments without a name.</param>
internal sealed record CommandSyntax(IReadOnlyDictionary<string, (bool Value, bool Required)>? Options, bool Positional)
{
    internal static CommandSyntax Parse(string text) => text == "*"
        ? new CommandSyntax(null, true)
        : new CommandSyntax(
            text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(w => w != "+").ToDictionary(
                w => w.TrimEnd('!').TrimEnd('='), w => (w.Contains('='), w.EndsWith('!'))),
            text.StartsWith('+'));
}
