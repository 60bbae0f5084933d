namespace Sandbox.Api;

/// <summary>How a <see cref="Permission"/> is checked; the names are those of the schema's <c>check</c> expressions.</summary>
internal enum PermissionTest
{
    World,
    AnyUser,
    Perm,
    And,
    Or,
    UserIdSelf,
    UserIdRealm,
    UserIdGroup,
    PermModify,
}

/// <summary>
/// Who may call an endpoint, as data: the dispatcher evaluates it before the handler runs, and the tests compare it
/// with the published schema.
/// </summary>
internal sealed record Permission(PermissionTest Test)
{
    /// <summary>Nobody needs to be logged in.</summary>
    public static readonly Permission World = new(PermissionTest.World);

    /// <summary>Everybody who is logged in; the handler filters what it answers.</summary>
    public static readonly Permission AnyUser = new(PermissionTest.AnyUser);

    /// <summary>The path with parameters in braces, such as <c>/vms/{vmid}</c>.</summary>
    public string Path { get; init; } = "";

    public IReadOnlyList<string> Privileges { get; init; } = [];

    /// <summary>Whether one of the privileges is enough.</summary>
    public bool Any { get; init; }

    /// <summary>A parameter without which the test is not passed.</summary>
    public string? RequireParameter { get; init; }

    /// <summary><c>create</c> or <c>update</c>: the test also looks at the parameter <c>groups</c>.</summary>
    public string? GroupsParameter { get; init; }

    public IReadOnlyList<Permission> Parts { get; init; } = [];

    public static Permission All(string path, params string[] privileges) =>
        new(PermissionTest.Perm) { Path = path, Privileges = privileges };

    public static Permission AnyOf(string path, params string[] privileges) => All(path, privileges) with { Any = true };

    public static Permission Both(params Permission[] parts) => new(PermissionTest.And) { Parts = parts };

    public static Permission Either(params Permission[] parts) => new(PermissionTest.Or) { Parts = parts };

    public static Permission UserGroup(string? groupsParameter, params string[] privileges) =>
        new(PermissionTest.UserIdGroup) { Privileges = privileges, GroupsParameter = groupsParameter };
}
