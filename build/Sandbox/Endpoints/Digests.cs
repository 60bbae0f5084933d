using System.Security.Cryptography;
using System.Text;

namespace Sandbox.Endpoints;

/// <summary>The SHA-1 sums with which the API marks versions of a configuration; they guard against mix-ups, not against attackers.</summary>
internal static class Digests
{
#pragma warning disable CA5350
    public static string Of(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
}
