using System.Text;

namespace Build.Environments;

/// <summary>Asks the person at the terminal, when there is one.</summary>
internal static class Terminal
{
    /// <summary>Whether there is somebody to ask.</summary>
    public static bool IsInteractive => !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Asks for a line.</summary>
    public static string? Ask(string question)
    {
        Console.Write(question);
        return Console.ReadLine()?.Trim();
    }

    /// <summary>Asks for a secret: what is typed is not shown.</summary>
    public static string AskSecret(string question)
    {
        Console.Write(question);
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
