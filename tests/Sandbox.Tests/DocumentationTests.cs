using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Sandbox.Tests;

/// <summary>The page on the sandbox lists the calls that the node answers: all of them, and no others.</summary>
public sealed class DocumentationTests
{
    [Test]
    public void Every_call_is_listed()
    {
        var listed = File.ReadLines(Page()).Select(l => Regex.Match(l, @"^    ((?:GET|POST|PUT|DELETE)(?:, \w+)*) +(/\S*)$")).Where(m => m.Success)
            .SelectMany(m => m.Groups[1].Value.Split(", ").Select(method => $"{method} {m.Groups[2].Value}"));
        Assert.That(listed, Is.EquivalentTo(SandboxNode.Endpoints.Select(e => $"{e.Method} {e.Path}")));
    }

    private static string Page([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "sandbox.md"));
}
