using System.Diagnostics;
using System.Globalization;

namespace Build.Testing;

/// <summary>
/// The process that compiles all projects of one <c>dotnet build</c> (Roslyn's <c>VBCSCompiler</c>): a new one for each would start
/// and warm up two dozen times. It usually stays for the next compilation. Where the environment wants none that stays
/// (<c>UseSharedCompilation=false</c>, as on CI servers), it is an own one and ended afterwards; <c>build.sh</c> does the same.
/// </summary>
/// <param name="dotnet">The command <c>dotnet</c>, as a path.</param>
/// <param name="root">The checkout.</param>
/// <param name="shared">The environment variable <c>UseSharedCompilation</c>, as MSBuild reads it; <c>null</c> where it is not set.</param>
internal sealed class CompilerServer(string dotnet, string root, string? shared)
{
    private readonly string? name = string.Equals(shared, "false", StringComparison.OrdinalIgnoreCase)
        ? string.Create(CultureInfo.InvariantCulture, $"build-records-{Environment.ProcessId}")
        : null;

    /// <summary>What <c>dotnet build</c> is told about it.</summary>
    public IReadOnlyList<string> Options => name is null ? [] : ["-p:UseSharedCompilation=true", $"-p:SharedCompilationId={name}"];

    /// <summary>Ends it where it is an own one. One that cannot be told to ends by itself, ten minutes after its last work.</summary>
    public async Task EndAsync()
    {
        if (name is null || await VersionAsync() is not { } version)
        {
            return;
        }

        var server = Path.Combine(Path.GetDirectoryName(dotnet)!, "sdk", version, "Roslyn", "bincore", "VBCSCompiler.dll");
        using var process = Start(server, "-shutdown", $"-pipename:{name}");
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
    }

    private async Task<string?> VersionAsync()
    {
        using var process = Start("--version");
        var said = (await process.StandardOutput.ReadToEndAsync()).Trim();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? said : null;
    }

    private Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(dotnet, arguments) { WorkingDirectory = root, RedirectStandardOutput = true })!;
}
