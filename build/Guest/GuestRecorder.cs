namespace Guest;

/// <summary>
/// Where a guest tells what clients did to it, and asks how their commands end. Passwords of the guest's accounts
/// are masked before a line is told. Both callbacks may be called by several threads at once.
/// </summary>
/// <param name="log">Takes one line for people: logins, uploads with size and SHA-256, commands with exit code.</param>
/// <param name="exitCode">Says with which exit code a command ends; null when all succeed.</param>
public sealed class GuestRecorder(Action<string> log, Func<GuestCommand, int>? exitCode = null)
{
    internal void Log(string line) => log(line);

    internal int ExitCode(GuestCommand command) => exitCode?.Invoke(command) ?? 0;
}
