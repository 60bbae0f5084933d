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
