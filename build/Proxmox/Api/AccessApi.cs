using Proxmox.Transport;

namespace Proxmox.Api;

/// <summary>The calls below <c>/access</c>. Those that set a state may be repeated; making a token may not.</summary>
public sealed class AccessApi
{
    private readonly ProxmoxClient client;

    internal AccessApi(ProxmoxClient client) => this.client = client;

    /// <summary>The users that the login may see.</summary>
    public Task<IReadOnlyList<UserEntry>> GetUsersAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<UserEntry>(new(HttpMethod.Get, "/access/users"), cancellation);

    /// <summary>Makes a user.</summary>
    public Task CreateUserAsync(string user, string? password, string comment, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Post, "/access/users")
            {
                Parameters = new() { { "userid", user }, { "password", password }, { "comment", comment }, { "enable", true } },
            },
            cancellation);

    /// <summary>Lets a user log in again.</summary>
    public Task EnableUserAsync(string user, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Put, ApiPath.Of("access", "users", user)) { Repeatable = true, Parameters = new() { { "enable", true } } },
            cancellation);

    /// <summary>Sets a user's password. Servers since 8.2 want the password of the one who sets it as well.</summary>
    public Task SetPasswordAsync(string user, string password, string? own, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Put, "/access/password")
            {
                Repeatable = true,
                Parameters = new() { { "userid", user }, { "password", password }, { "confirmation-password", own } },
            },
            cancellation);

    /// <summary>All roles.</summary>
    public Task<IReadOnlyList<RoleEntry>> GetRolesAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<RoleEntry>(new(HttpMethod.Get, "/access/roles"), cancellation);

    /// <summary>Makes a role.</summary>
    public Task CreateRoleAsync(string role, IEnumerable<string> privileges, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Post, "/access/roles") { Parameters = new() { { "roleid", role }, { "privs", string.Join(',', privileges) } } },
            cancellation);

    /// <summary>Gives a role exactly these privileges.</summary>
    public Task SetRoleAsync(string role, IEnumerable<string> privileges, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Put, ApiPath.Of("access", "roles", role))
            {
                Repeatable = true,
                Parameters = new() { { "privs", string.Join(',', privileges) } },
            },
            cancellation);

    /// <summary>The access control list, as far as the login may change it.</summary>
    public Task<IReadOnlyList<AclEntry>> GetAclAsync(CancellationToken cancellation = default) =>
        client.SendListAsync<AclEntry>(new(HttpMethod.Get, "/access/acl"), cancellation);

    /// <summary>Grants a role on a path, or takes it away.</summary>
    public Task SetAclAsync(
        string path, string role, string? user, string? token, bool remove = false, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Put, "/access/acl")
            {
                Repeatable = true,
                Parameters = new()
                {
                    { "path", path }, { "roles", role }, { "users", user }, { "tokens", token }, { "delete", remove ? true : null },
                },
            },
            cancellation);

    /// <summary>
    /// What a user or token may do: path to privilege to whether it holds below the path as well. Without a user: the
    /// login itself.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, Dictionary<string, bool>>> GetPermissionsAsync(
        string? user = null, string? path = null, CancellationToken cancellation = default) =>
        await client.SendAsync<Dictionary<string, Dictionary<string, bool>>>(
            new(HttpMethod.Get, "/access/permissions") { Parameters = new() { { "userid", user }, { "path", path } } }, cancellation);

    /// <summary>A user's tokens.</summary>
    public Task<IReadOnlyList<TokenEntry>> GetTokensAsync(string user, CancellationToken cancellation = default) =>
        client.SendListAsync<TokenEntry>(new(HttpMethod.Get, ApiPath.Of("access", "users", user, "token")), cancellation);

    /// <summary>Makes a token with privileges of its own.</summary>
    public async Task<NewToken> CreateTokenAsync(string user, string token, string comment, CancellationToken cancellation = default)
    {
        var made = await client.SendAsync<NewToken>(
            new(HttpMethod.Post, ApiPath.Of("access", "users", user, "token", token))
            {
                Parameters = new() { { "privsep", true }, { "comment", comment } },
            },
            cancellation);
        client.Options.Secrets?.Add(made.Value);
        return made;
    }

    /// <summary>Gives a token privileges of its own instead of all its user's.</summary>
    public Task SeparateTokenAsync(string user, string token, CancellationToken cancellation = default) =>
        client.SendAsync(
            new(HttpMethod.Put, ApiPath.Of("access", "users", user, "token", token))
            {
                Repeatable = true,
                Parameters = new() { { "privsep", true } },
            },
            cancellation);

    /// <summary>Removes a token.</summary>
    public Task DeleteTokenAsync(string user, string token, CancellationToken cancellation = default) =>
        client.SendAsync(new(HttpMethod.Delete, ApiPath.Of("access", "users", user, "token", token)), cancellation);
}
