using System.Text.Json;

namespace Build.Output;

/// <summary>The matrix that GitHub Actions reads with <c>fromJSON</c>, and other CI systems with any JSON reader.</summary>
internal static class CiMatrix
{
    public static string Of(IReadOnlyList<string> templates) =>
        $"{{\"template\":[{string.Join(',', templates.Select(t => $"\"{JsonEncodedText.Encode(t)}\""))}]}}";
}
