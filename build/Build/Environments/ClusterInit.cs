using System.Security.Cryptography;
using Build.Settings;
using Foundation;
using Proxmox;
using Proxmox.Access;
using Templates;

namespace Build.Environments;

/// <summary>
/// Init on a cluster. With an administrator's login it makes the login for builds, writes the env file as soon as there
/// is one and proves it; with a login for builds alone it checks that login. Repeating it changes nothing.
/// </summary>
internal sealed class ClusterInit(BuildSettings settings, TemplateCatalogue catalogue, SecretSet secrets, IRunLog log)
{
    /// <summary>The user that Init makes for builds.</summary>
    public const string BuildUser = "packer@pve";

    /// <summary>The pool of builds when none is named.</summary>
    public const string DefaultPool = "packer";

    private const string Stage = "Init";

    private ProxmoxClientOptions Options => new() { Log = log, Secrets = secrets, SecondFactor = AskSecondFactorAsync };

    /// <summary>Sets access up, or checks it.</summary>
    /// <param name="needsPassword">Whether the installed Packer is one that knows no tokens.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="FailureException">Something is missing, refused, or not to be trusted.</exception>
    public async Task<ClusterEnvironment> RunAsync(bool needsPassword, CancellationToken cancellation)
    {
        if (await AdministratorAsync(cancellation) is not { } administrator)
        {
            return await CheckAsync(cancellation);
        }

        using var plan = await PlanAsync(administrator, needsPassword, cancellation);
        var kept = false;
        ProxmoxConnection With(ProxmoxCredentials login) => plan.Connection with { Credentials = login with { Password = plan.Password } };
        string Text(ProxmoxCredentials login) => EnvFileWriter.Text(With(login), plan.Node, settings.Cluster, ServerTrust.GivenFileOf(settings));
        void Keep(ProxmoxCredentials login)
        {
            secrets.Add(login.TokenSecret);
            if (settings.Cluster.GivenCertificateText is { } certificate)
            {
                _ = EnvFileWriter.Write(ServerTrust.GivenFileOf(settings), certificate);
            }

            if (EnvFileWriter.Write(settings.EnvFilePath, Text(login)))
            {
                kept = true;
                log.Write(Stage, EventLevel.Info, $"Wrote {settings.EnvFilePath}");
            }
        }

        // What the file cannot hold, and a folder that cannot be written, must be known before there is a secret to keep.
        _ = Text(new ProxmoxCredentials { Username = BuildUser });
        EnvFileWriter.RequireWritable(settings.EnvFilePath);
        var result = await plan.Bootstrap.ApplyAsync(plan.Access, Keep, cancellation);
        Keep(result.Credentials);
        var connection = With(result.Credentials);
        var client = new ProxmoxClient(connection, Options);
        var changes = result.Changes.ToList();
        if (!kept && changes.Count == 0)
        {
            log.Write(Stage, EventLevel.Info, "Access is as it should be; nothing was changed");
        }

        return new ClusterEnvironment(
            client,
            new AccessOutcome(plan.Found.Version.Version, plan.Found.StorageVm.Type, changes, result.Role, result.Privileges),
            GuestRouting.Of(settings, connection.Url, plan.Found, log));
    }

    /// <summary>Says what <see cref="RunAsync"/> would change on the server, and changes nothing.</summary>
    /// <returns>One line for each change.</returns>
    public async Task<IReadOnlyList<string>> PreviewAsync(bool needsPassword, CancellationToken cancellation)
    {
        if (await AdministratorAsync(cancellation) is not { } administrator)
        {
            await using var checkedOnly = await CheckAsync(cancellation);
            return [];
        }

        using var plan = await PlanAsync(administrator, needsPassword, cancellation);
        return [.. plan.Access.Changes.Select(c => c.Description)];
    }

    private async Task<Plan> PlanAsync(ProxmoxCredentials administrator, bool needsPassword, CancellationToken cancellation)
    {
        secrets.Add(administrator.Password);
        var cluster = settings.Cluster;
        var wish = await ServerTrust.SettleAsync(settings, cluster.ConnectionOf(administrator), mayAccept: true, log, cancellation);
        var client = new ProxmoxClient(wish, Options);
        try
        {
            var found = await Discovery.RunAsync(client, Terminal.IsInteractive ? Terminal.AskWhichAsync : null, cancellation);
            var auto = wish.Node == Discovery.AutoNode;
            var connection = found.Complete(wish) with { Pool = wish.Pool.Length > 0 ? wish.Pool : DefaultPool };
            var kept = cluster.KeptLogin is { Username: BuildUser } login ? login : null;
            secrets.Add(kept?.TokenSecret);
            secrets.Add(kept?.Password);
            var password = !needsPassword ? kept?.Password : await PasswordAsync(wish, kept?.Password, cancellation);
            var bootstrap = new AccessBootstrap(client, log);
            var access = await bootstrap.PlanAsync(
                new AccessRequest
                {
                    User = BuildUser,
                    TokenSecret = kept?.TokenSecret,
                    RotateToken = cluster.RotateToken,
                    Password = password == kept?.Password ? null : password,
                    Scope = AccessScope.Of(connection, []) with
                    {
                        Nodes = auto ? [.. found.Nodes.Select(n => n.Node)] : [connection.Node],
                        AutoNode = auto,
                    },
                },
                cancellation);
            return new Plan(client, bootstrap, access, found, connection, auto ? Discovery.AutoNode : connection.Node, password);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The login for builds is asked whether it may do all that builds need.</summary>
    private async Task<ClusterEnvironment> CheckAsync(CancellationToken cancellation)
    {
        var wish = settings.Cluster.Connection;
        secrets.Add(wish.Credentials.Password);
        secrets.Add(wish.Credentials.TokenSecret);
        wish = await ServerTrust.SettleAsync(settings, wish, mayAccept: true, log, cancellation);
        await BuildLogin.RequireWithoutSecondFactorAsync(wish, Options, cancellation);
        using var first = new ProxmoxClient(wish, Options);
        var ranges = catalogue.Ids().Select(id => catalogue.Load(id).Vmid).ToList();
        await RequirePrivilegesAsync(first, ranges, cancellation);
        var found = await Discovery.RunAsync(first, cancellation);
        var client = new ProxmoxClient(found.Complete(wish), Options);
        try
        {
            var scope = AccessScope.Of(client.Connection, ranges) with { AutoNode = wish.Node == Discovery.AutoNode };
            await PrivilegeCheck.RequireAsync(client, scope, cancellation);
            log.Write(Stage, EventLevel.Info, $"{client.Connection.Credentials} has every privilege that builds need");
            return new ClusterEnvironment(
                client,
                new AccessOutcome(
                    found.Version.Version, found.StorageVm.Type, [], null,
                    [.. scope.Needs(found.Version).Select(n => n.Privilege).Distinct().Order(StringComparer.Ordinal)]),
                GuestRouting.Of(settings, wish.Url, found, log));
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A server shows a login only what it may use, so that a missing privilege looks like a missing bridge or storage.
    /// Where the connection names everything, the privileges are therefore looked at first.
    /// </summary>
    private static async Task RequirePrivilegesAsync(ProxmoxClient client, IEnumerable<VmidRange> ranges, CancellationToken cancellation)
    {
        if (client.Connection is { Node: not ("" or Discovery.AutoNode), StorageVm.Length: > 0, StorageIso.Length: > 0, Bridge.Length: > 0 } named)
        {
            await PrivilegeCheck.RequireAsync(client, AccessScope.Of(named, ranges), cancellation);
        }
    }

    /// <summary>The password that the build's user has, or a new one when that one no longer opens.</summary>
    private async Task<string> PasswordAsync(ProxmoxConnection connection, string? kept, CancellationToken cancellation)
    {
        if (kept is not null && !settings.Cluster.RotateToken)
        {
            try
            {
                var login = new ProxmoxCredentials { Username = BuildUser, Password = kept };
                using var client = new ProxmoxClient(connection with { Credentials = login }, new ProxmoxClientOptions { Secrets = secrets });
                await client.GetVersionAsync(cancellation);
                return kept;
            }
            catch (ProxmoxApiException error) when (error.Status == 401)
            {
                log.Write(Stage, EventLevel.Info, $"The password of {BuildUser} in the env file is no longer the right one");
            }
            catch (ProxmoxApiException error)
            {
                throw ProxmoxFailure.From(error, $"Checking the password of {BuildUser} failed");
            }
        }

        var password = RandomNumberGenerator.GetString("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 40);
        secrets.Add(password);
        return password;
    }

    /// <summary>Who sets access up, or null when the login for builds is to be checked.</summary>
    private async Task<ProxmoxCredentials?> AdministratorAsync(CancellationToken cancellation)
    {
        var cluster = settings.Cluster;
        var name = cluster.GivenUsername;
        if (name is null)
        {
            if (cluster.KeptLogin is not null && !cluster.RotateToken)
            {
                return null;
            }

            name = Terminal.IsInteractive ? await Terminal.AskAsync($"Administrator of {cluster.Url} [root@pam]: ", cancellation) : null;
            name = name is null ? throw NoAdministrator("no name of an administrator was given") : name.Length == 0 ? "root@pam" : name;
        }
        else if (name.Contains('!', StringComparison.Ordinal) || name == BuildUser)
        {
            return cluster.RotateToken
                ? throw NoAdministrator($"{name} is the login for builds, which cannot replace itself")
                : null;
        }

        if (!name.Contains('@', StringComparison.Ordinal))
        {
            throw new FailureException(FailureKind.Usage, $"'{name}' is no user of Proxmox VE", "the realm is missing", $"Write it like {name}@pam");
        }

        var password = cluster.GivenPassword
            ?? (Terminal.IsInteractive ? await Terminal.AskSecretAsync($"Password of {name}: ", cancellation) : throw NoAdministrator($"there is no password for {name}"));
        return new ProxmoxCredentials { Username = name, Password = password };
    }

    private async Task<string?> AskSecondFactorAsync(string user, CancellationToken cancellation) =>
        settings.Cluster.GivenSecondFactor
        ?? (Terminal.IsInteractive ? await Terminal.AskSecretAsync($"Second factor of {user} (code of the authenticator, or recovery:<key>): ", cancellation) : null);

    private static FailureException NoAdministrator(string why) => new(
        FailureKind.Usage, "Access cannot be set up", why,
        "Set PROXMOX_USERNAME (such as root@pam) and PROXMOX_PASSWORD in the environment, or run it at a terminal, where they are asked for");

    private sealed record Plan(
        ProxmoxClient Client, AccessBootstrap Bootstrap, AccessPlan Access, DiscoveredFacts Found, ProxmoxConnection Connection, string Node, string? Password)
        : IDisposable
    {
        public void Dispose() => Client.Dispose();
    }
}
