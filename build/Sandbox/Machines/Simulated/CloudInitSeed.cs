using Guest;

namespace Sandbox.Machines.Simulated;

/// <summary>What cloud-init does at the first boot of a VM with a cloud-init drive.</summary>
internal static class CloudInitSeed
{
    /// <summary>The system with the host name, user, keys and password of the drive, or as it was without one.</summary>
    public static GuestSystem Apply(GuestSystem system, Machine machine)
    {
        if (!system.CloudInit || !machine.Drives.Any(d => Machine.IsCloudInit(d.Drive)))
        {
            return system;
        }

        system = system with { HostName = machine.Config.GetValueOrDefault("name")?.Split('.')[0] ?? $"VM{machine.Id}" };
        var keys = Uri.UnescapeDataString(machine.Config.GetValueOrDefault("sshkeys") ?? "")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var user = machine.Config.GetValueOrDefault("ciuser") ?? DefaultUser(system);
        if (keys.Length == 0 && machine.CloudInitPassword is null && !machine.Config.ContainsKey("ciuser"))
        {
            return system;
        }

        var account = system.Accounts.FirstOrDefault(a => a.Name == user) ?? new GuestAccount { Name = user, Administrator = true };
        account = account with
        {
            AuthorizedKeys = [.. account.AuthorizedKeys.Union(keys)],
            Password = machine.CloudInitPassword ?? account.Password,
        };
        return system with { Accounts = [.. system.Accounts.Where(a => a.Name != user), account] };
    }

    // The distribution's default user, which is what the images of Ubuntu and Rocky Linux configure.
    private static string DefaultUser(GuestSystem system) => system.IsWindows ? "Administrator" : system.OsId;
}
