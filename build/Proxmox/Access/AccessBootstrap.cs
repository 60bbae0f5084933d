using Foundation;
using Proxmox.Api;

namespace Proxmox.Access;

/// <summary>
/// Sets up the login of builds with the least rights that suffice, over the API alone: a user, two roles, a token with
/// privileges of its own, and entries in the access control list for both the user and the token (a token has at most
/// its user's). Planned first, so that it can be shown without being done, and so that nothing is done twice.
/// </summary>
/// <param name="client">Logged in as an administrator.</param>
/// <param name="log">Told of each change.</param>
public sealed class AccessBootstrap(ProxmoxClient client, IRunLog log)
{
    private const string Comment = "Packer template builds";

    /// <summary>Compares what is there with what is needed. Changes nothing.</summary>
    /// <exception cref="FailureException">The administrator may not do this, or a token is there whose secret is not known.</exception>
    public async Task<AccessPlan> PlanAsync(AccessRequest request, CancellationToken cancellation = default)
    {
        try
        {
            var version = await client.GetVersionAsync(cancellation);
            var needs = request.Scope.Needs(version);
            var token = new TokenHolder { Secret = request.TokenSecret };
            var user = (await client.Access.GetUsersAsync(cancellation)).FirstOrDefault(u => u.UserId == request.User);
            List<AccessChange> changes =
            [
                .. await PoolChangesAsync(request.Scope.Pool, cancellation),
                .. UserChanges(request, user),
                .. await RoleChangesAsync(request, version, cancellation),
                .. await TokenChangesAsync(request, user, token, cancellation),
                .. await AclChangesAsync(request, cancellation),
            ];
            return new AccessPlan(request, changes, needs, token);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, "Reading the server's users and roles failed", remedy: "Log in as an administrator");
        }
    }

    /// <summary>Carries a plan out, then asks the server as the token itself whether it may do all that a build needs.</summary>
    /// <param name="plan">What to change.</param>
    /// <param name="keep">
    /// Told the login as soon as its token is made. The server shows the secret this once, and what comes after may be
    /// refused or interrupted.
    /// </param>
    /// <param name="cancellation">Stops it; never between the making of the token and <paramref name="keep"/>.</param>
    /// <exception cref="FailureException">A change was refused, or the token lacks a privilege all the same.</exception>
    public async Task<AccessResult> ApplyAsync(AccessPlan plan, Action<ProxmoxCredentials>? keep = null, CancellationToken cancellation = default)
    {
        var known = plan.Token.Secret;
        foreach (var change in plan.Changes)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await change.ApplyAsync(cancellation);
            }
            catch (ProxmoxApiException error)
            {
                throw ProxmoxFailure.From(error, $"Could not {change.Description}", remedy: "Log in as an administrator");
            }

            log.Write("init", EventLevel.Info, $"Done: {change.Description}");
            if (plan.Token.Secret != known)
            {
                known = plan.Token.Secret;
                keep?.Invoke(Login(plan));
            }
        }

        var credentials = Login(plan);
        await ProveAsync(plan, credentials, cancellation);
        return new AccessResult
        {
            Changes = [.. plan.Changes.Select(c => c.Description)],
            Credentials = credentials,
            Role = PrivilegeTable.BuildRole,
            Privileges = [.. plan.Needs.Select(n => n.Privilege).Distinct().Order(StringComparer.Ordinal)],
        };
    }

    private static ProxmoxCredentials Login(AccessPlan plan) => new()
    {
        Username = plan.Request.User,
        Password = plan.Request.Password,
        TokenName = plan.Request.TokenName,
        TokenSecret = plan.Token.Secret,
    };

    private async Task<IEnumerable<AccessChange>> PoolChangesAsync(string pool, CancellationToken cancellation) =>
        pool.Length == 0 || (await client.Pools.GetAsync(cancellation)).Any(p => p.PoolId == pool)
            ? []
            : [Change($"create the pool {pool}", c => client.Pools.CreateAsync(pool, Comment, c))];

    private List<AccessChange> UserChanges(AccessRequest request, UserEntry? user)
    {
        var access = client.Access;
        if (user is null)
        {
            return [Change($"create the user {request.User}", c => access.CreateUserAsync(request.User, request.Password, Comment, c))];
        }

        var changes = new List<AccessChange>();
        if (!user.Enabled)
        {
            changes.Add(Change($"enable the user {request.User}", c => access.EnableUserAsync(request.User, c)));
        }

        if (request.Password is { } password)
        {
            var own = client.Connection.Credentials.Password;
            changes.Add(Change($"set the password of {request.User}", c => access.SetPasswordAsync(request.User, password, own, c), isRenewal: true));
        }

        return changes;
    }

    private async Task<IEnumerable<AccessChange>> RoleChangesAsync(AccessRequest request, PveVersion version, CancellationToken cancellation)
    {
        var roles = (await client.Access.GetRolesAsync(cancellation)).ToDictionary(r => r.RoleId);
        var changes = new List<AccessChange>();
        foreach (var group in PrivilegeTable.For(version, request.Scope).GroupBy(n => PrivilegeTable.RoleOf(n.Scope)))
        {
            var role = group.Key;
            var wanted = group.Select(n => n.Privilege).Distinct().Order(StringComparer.Ordinal).ToList();
            if (!roles.TryGetValue(role, out var found))
            {
                changes.Add(Change($"create the role {role} with {string.Join(", ", wanted)}", c => client.Access.CreateRoleAsync(role, wanted, c)));
                continue;
            }

            var differences = wanted.Except(found.PrivilegeList).Select(p => "+" + p)
                .Concat(found.PrivilegeList.Except(wanted).Select(p => "-" + p)).ToList();
            if (differences.Count > 0)
            {
                changes.Add(Change($"change the role {role}: {string.Join(", ", differences)}", c => client.Access.SetRoleAsync(role, wanted, c)));
            }
        }

        return changes;
    }

    private async Task<IEnumerable<AccessChange>> TokenChangesAsync(
        AccessRequest request, UserEntry? owner, TokenHolder holder, CancellationToken cancellation)
    {
        var access = client.Access;
        var (user, name) = (request.User, request.TokenName);
        // Asking for the tokens of a user that is not there is an error.
        var found = owner is null ? null : (await access.GetTokensAsync(user, cancellation)).FirstOrDefault(t => t.TokenId == name);
        // Once it is asked for, the answer is waited for: the server tells the secret this once.
        async Task MakeAsync() => holder.Secret = (await access.CreateTokenAsync(user, name, Comment, CancellationToken.None)).Value;
        if (found is null)
        {
            return [Change($"create the token {user}!{name}", _ => MakeAsync())];
        }

        if (request.RotateToken)
        {
            return
            [
                Change(
                    $"replace the token {user}!{name} by one with a new secret",
                    async c =>
                    {
                        await access.DeleteTokenAsync(user, name, c);
                        await MakeAsync();
                    },
                    isRenewal: found.PrivilegeSeparated),
            ];
        }

        if (holder.Secret is null)
        {
            throw new FailureException(
                FailureKind.Task, $"The token {user}!{name} exists, but its secret is not known here", "a server shows a secret only once",
                "Put it into PROXMOX_TOKEN, or make a new one with --rotate-token");
        }

        return found.PrivilegeSeparated
            ? []
            : [Change($"give the token {user}!{name} privileges of its own", c => access.SeparateTokenAsync(user, name, c))];
    }

    private async Task<IEnumerable<AccessChange>> AclChangesAsync(AccessRequest request, CancellationToken cancellation)
    {
        var access = client.Access;
        var (user, token) = (request.User, $"{request.User}!{request.TokenName}");
        var entries = (await access.GetAclAsync(cancellation)).Where(e => e.Subject == user || e.Subject == token).ToList();
        var wanted = request.Scope.Grants();
        var changes = new List<AccessChange>();
        foreach (var (path, role) in wanted)
        {
            bool Has(string subject) => entries.Any(e => e.Path == path && e.RoleId == role && e.Subject == subject && e.Propagate);
            // The entries of a token that is replaced go with it on some versions: setting them again does no harm.
            var (needsUser, lacksToken) = (!Has(user), !Has(token));
            var needsToken = lacksToken || request.RotateToken;
            if (needsUser || needsToken)
            {
                var whom = needsUser && needsToken ? $"{user} and its token" : needsUser ? user : token;
                changes.Add(Change(
                    $"grant {role} on {path} to {whom}",
                    c => access.SetAclAsync(path, role, needsUser ? user : null, needsToken ? token : null, cancellation: c),
                    isRenewal: !needsUser && !lacksToken));
            }
        }

        foreach (var old in entries.Where(e =>
            e.RoleId is PrivilegeTable.BuildRole or PrivilegeTable.MediaRole && !wanted.Contains((e.Path, e.RoleId))))
        {
            var ofUser = old.Subject == user;
            changes.Add(Change(
                $"take {old.RoleId} on {old.Path} away from {old.Subject}",
                c => access.SetAclAsync(old.Path, old.RoleId, ofUser ? user : null, ofUser ? null : token, remove: true, c)));
        }

        return changes;
    }

    private async Task ProveAsync(AccessPlan plan, ProxmoxCredentials credentials, CancellationToken cancellation)
    {
        const string What = "Checking the new login failed";
        try
        {
            using var asToken = new ProxmoxClient(client.Connection with { Credentials = credentials }, client.Options);
            var ofToken = new PermissionTree(await asToken.Access.GetPermissionsAsync(cancellation: cancellation));
            var ofUser = new PermissionTree(await client.Access.GetPermissionsAsync(plan.Request.User, cancellation: cancellation));
            foreach (var (who, tree) in new[] { (credentials.TokenId!, ofToken), (plan.Request.User, ofUser) })
            {
                if (tree.Missing(plan.Needs) is { Count: > 0 } missing)
                {
                    throw new FailureException(FailureKind.Validation, $"{who} still lacks privileges", PrivilegeCheck.Listed(missing));
                }
            }
        }
        catch (ProxmoxApiException error) when (error.Status == 401)
        {
            throw new FailureException(
                FailureKind.Task, What, $"the server refuses the token {credentials.TokenId}: {error.Reason}",
                "Make a new one with --rotate-token", cause: error);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, What);
        }
    }

    private static AccessChange Change(string description, Func<CancellationToken, Task> apply, bool isRenewal = false) => new(description, apply, isRenewal);
}
