using System.Text;

namespace Build.Environments;

/// <summary>
/// Asks the person at the terminal, when there is one. The console's own reading cannot be cancelled: it is left to a
/// thread that nobody waits for, and the terminal is put right when the program ends.
/// </summary>
internal static class Terminal
{
    /// <summary>Whether there is somebody to ask.</summary>
    public static bool IsInteractive => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Asks for a line.</summary>
    /// <exception cref="OperationCanceledException">The run is being interrupted.</exception>
    public static async Task<string?> AskAsync(string question, CancellationToken cancellation) =>
        (await AnswerAsync(question, Console.ReadLine, cancellation))?.Trim();

    /// <summary>Asks for a secret: what is typed is not shown.</summary>
    /// <exception cref="OperationCanceledException">The run is being interrupted.</exception>
    public static Task<string> AskSecretAsync(string question, CancellationToken cancellation) =>
        AnswerAsync(question, ReadSecret, cancellation);

    /// <summary>Asks which of several is meant, by its number or name, until one of them is said.</summary>
    /// <exception cref="OperationCanceledException">The run is being interrupted.</exception>
    /// <exception cref="Foundation.FailureException">Usage: nobody answers.</exception>
    public static async Task<string> AskWhichAsync(string kind, IReadOnlyList<(string Name, string Description)> candidates, CancellationToken cancellation)
    {
        Console.WriteLine($"There are several candidates for the {kind}:");
        for (var i = 0; i < candidates.Count; i++)
        {
            Console.WriteLine($"  {i + 1}  {candidates[i].Description}");
        }

        while (true)
        {
            var answer = await AskAsync("Which? Type its number or name: ", cancellation)
                ?? throw new Foundation.FailureException(Foundation.FailureKind.Usage, $"The {kind} was not chosen", "nobody answers");
            if (int.TryParse(answer, out var number) && number >= 1 && number <= candidates.Count)
            {
                return candidates[number - 1].Name;
            }

            if (candidates.Any(c => c.Name == answer))
            {
                return answer;
            }
        }
    }

    private static async Task<T> AnswerAsync<T>(string question, Func<T> read, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Console.Write(question);
        try
        {
            return await Task.Run(read, CancellationToken.None).WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // What follows is not to stand behind the question.
            Console.WriteLine();
            throw;
        }
    }

    private static string ReadSecret()
    {
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    Console.WriteLine();
                    return typed.ToString();
                case ConsoleKey.Backspace:
                    typed.Length = Math.Max(0, typed.Length - 1);
                    break;
                default:
                    if (!char.IsControl(key.KeyChar))
                    {
                        typed.Append(key.KeyChar);
                    }

                    break;
            }
        }
    }
}
