using Proxmox.Api;

namespace Proxmox.Transport;

/// <summary>
/// How a client proves who it is: the header of an API token, or a ticket that is fetched when first needed and
/// renewed before it expires. Safe for use by several threads.
/// </summary>
internal sealed class LoginSession(
    ProxmoxCredentials credentials, ProxmoxClientOptions options, Func<ApiCall, CancellationToken, Task<TicketAnswer>> send)
    : IDisposable
{
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly string? token = options.PreferPassword && credentials.Password is not null || credentials.TokenSecret is null
        ? null
        : $"PVEAPIToken={credentials.TokenId}={credentials.TokenSecret}";

    private volatile Ticket? ticket;

    /// <summary>Whether a ticket is used, which a 401 may mean has run out.</summary>
    public bool UsesTicket => token is null;

    /// <summary>Adds the login to a request.</summary>
    public async Task AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", token);
            return;
        }

        var current = await CurrentAsync(cancellation);
        request.Headers.TryAddWithoutValidation("Cookie", $"PVEAuthCookie={current.Value}");
        if (request.Method != HttpMethod.Get)
        {
            request.Headers.TryAddWithoutValidation("CSRFPreventionToken", current.Csrf);
        }
    }

    /// <summary>Forgets a ticket that the server refused.</summary>
    public void Forget() => ticket = null;

    public void Dispose() => gate.Dispose();

    private async Task<Ticket> CurrentAsync(CancellationToken cancellation)
    {
        if (ticket is { } valid && Age(valid) < options.TicketRenewal)
        {
            return valid;
        }

        await gate.WaitAsync(cancellation);
        try
        {
            return ticket is { } fresh && Age(fresh) < options.TicketRenewal
                ? fresh
                : ticket = await LogInAsync(ticket, cancellation);
        }
        finally
        {
            gate.Release();
        }
    }

    private TimeSpan Age(Ticket of) => options.Time.GetUtcNow() - of.Obtained;

    private async Task<Ticket> LogInAsync(Ticket? old, CancellationToken cancellation)
    {
        if (old is not null)
        {
            try
            {
                // The server takes a valid ticket for a password, which spares asking for the second factor again.
                return Keep(await SendAsync(old.Value, null, cancellation));
            }
            catch (ProxmoxApiException error) when (error.Status == 401)
            {
                // It has run out (the machine slept): log in afresh.
            }
        }

        if (credentials.Password is not { } password)
        {
            throw new ProxmoxApiException("POST", "/access/ticket", $"there is neither a token nor a password for {credentials.Username}");
        }

        var answer = await SendAsync(password, null, cancellation);
        if (answer.NeedTfa)
        {
            var challenge = answer.Ticket;
            var code = options.SecondFactor is null ? null : await options.SecondFactor(credentials.Username, cancellation);
            if (string.IsNullOrWhiteSpace(code))
            {
                throw new ProxmoxApiException(
                    "POST", "/access/ticket", 401, $"{credentials.Username} needs a second factor", new Dictionary<string, string>())
                {
                    NeedsSecondFactor = true,
                };
            }

            options.Secrets?.Add(challenge);
            // "totp:" is the kind of the code; recovery codes name their own kind.
            code = code.Contains(':', StringComparison.Ordinal) ? code.Trim() : $"totp:{code.Trim()}";
            answer = await SendAsync(code, challenge, cancellation);
        }

        return Keep(answer);
    }

    private Task<TicketAnswer> SendAsync(string password, string? challenge, CancellationToken cancellation) =>
        send(
            new ApiCall(HttpMethod.Post, "/access/ticket")
            {
                Anonymous = true,
                // A code of a second factor is used up by the first try.
                Repeatable = challenge is null,
                Parameters = new() { { "username", credentials.Username }, { "password", password }, { "tfa-challenge", challenge } },
            },
            cancellation);

    private Ticket Keep(TicketAnswer answer)
    {
        if (answer.Ticket is not { Length: > 0 } value || answer.Csrf is not { Length: > 0 } csrf
            || value.Any(c => c is ';' or ',' or ' ' || char.IsControl(c)) || csrf.Any(char.IsControl))
        {
            throw new ProxmoxApiException("POST", "/access/ticket", "the answer holds no usable ticket") { Malformed = true };
        }

        options.Secrets?.Add(value);
        options.Secrets?.Add(csrf);
        return new Ticket(value, csrf, options.Time.GetUtcNow());
    }

    private sealed record Ticket(string Value, string Csrf, DateTimeOffset Obtained);
}
