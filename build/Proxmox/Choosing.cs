using Foundation;

namespace Proxmox;

/// <summary>Asks a person which of several things is meant.</summary>
/// <param name="kind">What is to be chosen, such as <c>storage for disks on pve1</c>.</param>
/// <param name="candidates">The names, each with what is known of it.</param>
/// <param name="cancellation">Stops it.</param>
/// <returns>One of the names.</returns>
public delegate Task<string> AskWhich(string kind, IReadOnlyList<(string Name, string Description)> candidates, CancellationToken cancellation);

/// <summary>The choices that a look at a server leads to. What stays open is told all at once.</summary>
/// <param name="ask">Asks which; null where nobody can be asked.</param>
/// <param name="cancellation">Stops it.</param>
internal sealed class Choosing(AskWhich? ask, CancellationToken cancellation)
{
    private readonly List<(FailureException Failure, string Argument)> open = [];

    /// <summary>Chooses, now or never: what comes later depends on it.</summary>
    public async Task<T> AtOnceAsync<T>(string kind, string argument, string wish, IReadOnlyList<T> candidates, Func<T, string> name, Func<T, string> describe)
        where T : class
    {
        var chosen = await AmongAsync(kind, argument, wish, candidates, name, describe);
        RequireAll();
        return chosen!;
    }

    /// <summary>Chooses; null where that stays open, see <see cref="RequireAll"/>.</summary>
    /// <param name="kind">What is chosen.</param>
    /// <param name="argument">The option that names it.</param>
    /// <param name="wish">What was named, or empty.</param>
    /// <param name="candidates">What there is.</param>
    /// <param name="name">A candidate's name.</param>
    /// <param name="describe">A candidate's name with what helps to choose.</param>
    /// <exception cref="FailureException">There is none, or not the one that was named.</exception>
    public async Task<T?> AmongAsync<T>(string kind, string argument, string wish, IReadOnlyList<T> candidates, Func<T, string> name, Func<T, string> describe)
        where T : class
    {
        var listed = string.Join(", ", candidates.Select(describe));
        if (wish.Length > 0)
        {
            return candidates.FirstOrDefault(c => name(c) == wish) ?? throw new FailureException(
                FailureKind.Validation, $"There is no usable {kind} '{wish}'",
                candidates.Count == 0 ? "there is none at all, or the login may not see it" : $"there is {listed}", $"Choose with {argument}=<name>; the target Init says which privileges a login lacks");
        }

        switch (candidates.Count)
        {
            case 0:
                throw new FailureException(FailureKind.Validation, $"There is no usable {kind}", "none is up, or the login may not see it", "Run the target Init as an administrator");
            case 1:
                return candidates[0];
        }

        if (ask is not null)
        {
            var chosen = await ask(kind, [.. candidates.Select(c => (name(c), describe(c)))], cancellation);
            return candidates.First(c => name(c) == chosen);
        }

        open.Add((new FailureException(FailureKind.Usage, $"There are several candidates for the {kind}", listed, $"Choose with {argument}=<name>"), argument));
        return null;
    }

    /// <summary>Fails when a choice stays open, with all that do.</summary>
    /// <exception cref="FailureException">Usage: names what there is and the options to choose with.</exception>
    public void RequireAll()
    {
        switch (open)
        {
            case []:
                return;
            case [var only]:
                throw only.Failure;
            default:
                throw new FailureException(
                    FailureKind.Usage, "Several things are to be chosen", string.Join("; ", open.Select(o => $"{o.Failure.What} ({o.Failure.Why})")),
                    $"Choose with {string.Join(", ", open.Select(o => $"{o.Argument}=<name>"))}");
        }
    }
}
