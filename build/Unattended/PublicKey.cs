using System.Buffers.Binary;
using System.Text;

namespace Unattended;

/// <summary>A line of <c>authorized_keys</c>, taken apart as sshd(8) describes the format.</summary>
/// <param name="Type">The key's type, such as <c>ecdsa-sha2-nistp256</c>.</param>
/// <param name="Data">The key in base64.</param>
internal sealed record PublicKey(string Type, string Data)
{
    private static readonly string[] Types =
    [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ];

    /// <summary>
    /// Reads a line; null when sshd would skip it. Options in front of the type are allowed, as sshd does. A DSA key
    /// is none: OpenSSH no longer admits them.
    /// </summary>
    internal static PublicKey? Parse(string line)
    {
        var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var at = Array.FindIndex(words, w => Types.Contains(w));
        if (at < 0 || at + 1 >= words.Length)
        {
            return null;
        }

        var blob = new byte[words[at + 1].Length];
        if (!Convert.TryFromBase64String(words[at + 1], blob, out var length) || length < 4)
        {
            return null;
        }

        // RFC 4253 §6.6: the blob starts with the type's name as a string with a 32-bit length.
        var name = BinaryPrimitives.ReadUInt32BigEndian(blob);
        return name <= length - 4 && Encoding.ASCII.GetString(blob, 4, (int)name) == words[at]
            ? new PublicKey(words[at], words[at + 1].TrimEnd('='))
            : null;
    }

    /// <summary>Whether two lines are the same key, whatever their options and comments.</summary>
    internal static bool Same(string left, string right) => Parse(left) is { } key && key == Parse(right);
}
