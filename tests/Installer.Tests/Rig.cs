namespace Installer.Tests;

/// <summary>Machines and typing for the tests.</summary>
internal static class Rig
{
    internal const string Key =
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg= build";

    internal const string Kickstart = $"""
        text
        url --url=http://mirror.example.org/BaseOS
        timezone Etc/UTC --utc
        rootpw --lock
        user --name=packer --groups=wheel
        sshkey --username=packer "{Key}"
        zerombr
        clearpart --all --initlabel
        autopart
        reboot
        %packages
        @^minimal-environment
        qemu-guest-agent
        cloud-init
        %end
        %post
        echo 'packer ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/packer
        %end
        """;

    internal const string Autoinstall = $$"""
        #cloud-config
        autoinstall:
          version: 1
          identity: {hostname: ubuntu, username: packer, password: "!"}
          ssh: {install-server: true, authorized-keys: ["{{Key}}"]}
          packages: [qemu-guest-agent]
          late-commands:
            - echo 'packer ALL=(ALL) NOPASSWD:ALL' > /target/etc/sudoers.d/packer
        """;

    private static readonly Dictionary<char, string> Names = new()
    {
        [' '] = "spc", ['-'] = "minus", ['='] = "equal", ['/'] = "slash", ['.'] = "dot", [':'] = "shift-semicolon", [';'] = "semicolon",
        ['"'] = "shift-apostrophe", ['\''] = "apostrophe", ['_'] = "shift-minus", ['\\'] = "backslash", [','] = "comma", ['\n'] = "ret", ['?'] = "shift-slash",
    };

    internal static InstallationRequest Machine(string iso, params InstallationMedium[] others) => new()
    {
        Media = [Placeholder(iso), .. others],
        Disks = [new InstallationDisk("scsi", 20L << 30, "virtio-scsi-single")],
        MemoryMb = 4096,
        NetworkModel = "virtio",
        FirstKeyTimeout = TimeSpan.FromSeconds(3),
        KeyIdle = TimeSpan.FromSeconds(3),
    };

    internal static InstallationMedium Placeholder(string name) => new() { VolumeId = $"local:iso/{name}", Identity = new MediumIdentity(name) };

    internal static InstallationMedium Image(string path) => new() { VolumeId = $"local:iso/{Path.GetFileName(path)}", FilePath = path };

    /// <summary>Types keys: characters, and names in angle brackets such as <c>&lt;down&gt;</c>.</summary>
    internal static void Type(this Installation installation, string keys)
    {
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] == '<')
            {
                var end = keys.IndexOf('>', i);
                installation.TypeKey(keys[(i + 1)..end]);
                i = end;
            }
            else
            {
                installation.TypeKey(Names.TryGetValue(keys[i], out var name) ? name
                    : char.IsAsciiLetterUpper(keys[i]) ? $"shift-{char.ToLowerInvariant(keys[i])}" : $"{keys[i]}");
            }
        }
    }

    /// <summary>Switches a machine on, types, and waits for the end.</summary>
    internal static async Task<InstallationOutcome> Run(InstallationRequest request, string keys)
    {
        using var installation = new Installation(request);
        installation.Type(keys);
        var outcome = await installation.Completion.WaitAsync(TimeSpan.FromSeconds(60));
        TestContext.Out.WriteLine(string.Join('\n', outcome.Log));
        return outcome;
    }
}
