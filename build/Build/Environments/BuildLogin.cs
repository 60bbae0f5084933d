using Foundation;
using Proxmox;

namespace Build.Environments;

/// <summary>Logins that Packer cannot use: it logs in by itself, with a name and a password or a token, and has no place for the code of a second factor.</summary>
internal static class BuildLogin
{
    /// <summary>Refuses a login by password of an account that has a second factor. A token needs none.</summary>
    /// <exception cref="FailureException">It has one (validation), or the server does not take the login.</exception>
    public static async Task RequireWithoutSecondFactorAsync(ProxmoxConnection connection, ProxmoxClientOptions options, CancellationToken cancellation)
    {
        if (connection.Credentials.TokenSecret is not null)
        {
            return;
        }

        try
        {
            using var client = new ProxmoxClient(connection, options with { SecondFactor = null });
            await client.GetVersionAsync(cancellation);
        }
        catch (ProxmoxApiException error) when (error.NeedsSecondFactor)
        {
            throw NeedsToken(connection.Credentials);
        }
        catch (ProxmoxApiException error)
        {
            throw ProxmoxFailure.From(error, $"Logging in to {connection.Url} failed");
        }
    }

    /// <summary>The refusal.</summary>
    public static FailureException NeedsToken(ProxmoxCredentials login) => new(
        FailureKind.Validation, $"Packer cannot log in as {login.Username}", "that account has a second factor, and Packer has no place for its code",
        "A build needs an API token: set PROXMOX_USERNAME to the form user@realm!token and PROXMOX_TOKEN, or let --target=Init make one. Packer 1.6 knows no tokens: use 1.11 or later with the proxmox plugin");
}
