namespace Proxmox.Access;

/// <summary>One change on the server: what it is, and how it is made.</summary>
public sealed class AccessChange
{
    internal AccessChange(string description, Func<CancellationToken, Task> apply, bool isRenewal)
    {
        Description = description;
        ApplyAsync = apply;
        IsRenewal = isRenewal;
    }

    /// <summary>What changes, for people: <c>create the role PackerBuild with …</c>.</summary>
    public string Description { get; }

    /// <summary>Whether it only renews a secret: who may do what stays as it is.</summary>
    public bool IsRenewal { get; }

    internal Func<CancellationToken, Task> ApplyAsync { get; }

    /// <inheritdoc/>
    public override string ToString() => Description;
}

/// <summary>What is to be set up.</summary>
public sealed record AccessRequest
{
    /// <summary>The objects that builds touch.</summary>
    public required AccessScope Scope { get; init; }

    /// <summary>The user to make, with its realm.</summary>
    public string User { get; init; } = "packer@pve";

    /// <summary>The name of the user's token.</summary>
    public string TokenName { get; init; } = "build";

    /// <summary>The token's secret where it is known from an earlier run, or null.</summary>
    public string? TokenSecret { get; init; }

    /// <summary>Whether to replace the token, so that the old secret is worth nothing.</summary>
    public bool RotateToken { get; init; }

    /// <summary>
    /// The password to give to the user, or null to leave it as it is (a new user then has none and cannot log in with
    /// one). Packer 1.6 logs in with a password only.
    /// </summary>
    public string? Password { get; init; }
}

/// <summary>What is to change on the server.</summary>
public sealed class AccessPlan
{
    internal AccessPlan(AccessRequest request, IReadOnlyList<AccessChange> changes, IReadOnlyList<NeededPrivilege> needs, TokenHolder token)
    {
        Request = request;
        Changes = changes;
        Needs = needs;
        Token = token;
    }

    /// <summary>The changes in their order; none when everything is in place.</summary>
    public IReadOnlyList<AccessChange> Changes { get; }

    /// <summary>The privileges that come of it.</summary>
    public IReadOnlyList<NeededPrivilege> Needs { get; }

    internal AccessRequest Request { get; }

    internal TokenHolder Token { get; }
}

/// <summary>Takes the secret of a token that is made while a plan is carried out.</summary>
internal sealed class TokenHolder
{
    public string? Secret { get; set; }
}

/// <summary>How access stands after Init.</summary>
public sealed record AccessResult
{
    /// <summary>What was changed, in order; none when everything was in place.</summary>
    public required IReadOnlyList<string> Changes { get; init; }

    /// <summary>The login for builds, with the token's secret.</summary>
    public required ProxmoxCredentials Credentials { get; init; }

    /// <summary>The role for builds. The second one, for the ISO storage alone, is <see cref="PrivilegeTable.MediaRole"/>.</summary>
    public required string Role { get; init; }

    /// <summary>The privileges of both roles, sorted.</summary>
    public required IReadOnlyList<string> Privileges { get; init; }
}
