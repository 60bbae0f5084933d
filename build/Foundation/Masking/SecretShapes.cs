using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Foundation.Masking;

/// <summary>
/// Secrets that are known by their shape before anybody could register them: Proxmox login tickets
/// (<c>PVE:user@realm:HEX8::base64</c>) and CSRF tokens (<c>HEX8:base64</c>, named as such), and PEM private keys.
/// </summary>
internal static class SecretShapes
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ISecretPattern> All { get; } = [new Ticket(), new CsrfToken(), new PrivateKey()];

    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789ABCDEFabcdef"u8);
    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    private static uint Anchor(ReadOnlySpan<byte> text) => BinaryPrimitives.ReadUInt32LittleEndian(text);

    // Walks along the bytes; once they are used up before a pattern is complete, the answer is "undecided".
    private ref struct Walk(ReadOnlySpan<byte> data, int at, bool final)
    {
        private readonly ReadOnlySpan<byte> data = data;

        public int At { get; private set; } = at;

        public bool Short { get; private set; }

        public readonly bool Undecided => Short && !final;

        public readonly Verdict Failed => Undecided ? Verdict.Undecided : Verdict.No;

        public bool Take(ReadOnlySpan<byte> text)
        {
            var rest = data[At..];
            if (rest.StartsWith(text))
            {
                At += text.Length;
                return true;
            }

            Short |= rest.Length < text.Length && text.StartsWith(rest);
            return false;
        }

        public bool Separator() => Take(":"u8) || Take("%3A"u8) || Take("%3a"u8);

        public int Run(SearchValues<byte> allowed, int longest, bool escapes = false)
        {
            var from = At;
            while (At - from < longest)
            {
                var rest = data[At..Math.Min(data.Length, from + longest)];
                var other = rest.IndexOfAnyExcept(allowed);
                At += other < 0 ? rest.Length : other;
                if (other < 0 || !escapes || !Escape(data[At..]))
                {
                    break;
                }
            }

            Short |= At == data.Length;
            return At - from;
        }

        // %2B, \/ and \u002b inside base64.
        private bool Escape(ReadOnlySpan<byte> rest)
        {
            var length = rest[0] switch
            {
                (byte)'%' when rest.Length >= 3 && Hex.Contains(rest[1]) && Hex.Contains(rest[2]) && rest[1] != (byte)'0' => 3,
                (byte)'\\' when rest.Length >= 2 && rest[1] == (byte)'/' => 2,
                (byte)'\\' when rest.Length >= 6 && rest[1] == (byte)'u' && rest[2..6].IndexOfAnyExcept(Hex) < 0 => 6,
                _ => 0,
            };
            Short |= length == 0 && rest.Length < 6 && rest[0] is (byte)'%' or (byte)'\\';
            At += length;
            return length > 0;
        }
    }

    private sealed class Ticket : ISecretPattern
    {
        private static readonly SearchValues<byte> User =
            SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@.-_+!%"u8);

        public IEnumerable<uint> Anchors => [Anchor("PVE:"u8), Anchor("PVE%"u8), Anchor("PVEV"u8)];

        public Verdict Judge(ReadOnlySpan<byte> data, int at, bool final, out int start, out int end)
        {
            start = at;
            end = at;
            var walk = new Walk(data, at, final);
            if (!((walk.Take("PVEVNC"u8) || walk.Take("PVE"u8)) && walk.Separator()))
            {
                return walk.Failed;
            }

            // The user may hold an escaped @ (%40); the separator behind it may be escaped as well.
            var from = walk.At;
            walk.Run(User, 160);
            var user = data[from..walk.At];
            var escaped = user.IndexOf("%3A"u8) is >= 0 and var upper ? upper : user.IndexOf("%3a"u8);
            walk = escaped >= 0 ? new Walk(data, from + escaped, final) : walk;
            if (!walk.Separator() || walk.Run(Hex, 8) != 8 || !walk.Separator() || !walk.Separator()
                || walk.Run(Base64, 4096, escapes: true) < 16)
            {
                return walk.Failed;
            }

            end = walk.At;
            return walk.Undecided && end - at < 4096 ? Verdict.Undecided : Verdict.Yes;
        }
    }

    private sealed class CsrfToken : ISecretPattern
    {
        private static readonly SearchValues<byte> Between = SearchValues.Create("\"'\\:=[ "u8);

        public IEnumerable<uint> Anchors => [Anchor("CSRF"u8), Anchor("Csrf"u8)];

        public Verdict Judge(ReadOnlySpan<byte> data, int at, bool final, out int start, out int end)
        {
            start = end = at;
            var walk = new Walk(data, at, final);
            if (!walk.Take("CSRFPreventionToken"u8) && !walk.Take("Csrfpreventiontoken"u8))
            {
                return walk.Failed;
            }

            walk.Run(Between, 16);
            start = walk.At;
            if (walk.Run(Hex, 8) != 8 || !walk.Separator() || walk.Run(Base64, 128, escapes: true) < 16)
            {
                return walk.Failed;
            }

            end = walk.At;
            return walk.Undecided && end - start < 137 ? Verdict.Undecided : Verdict.Yes;
        }
    }

    /// <summary>
    /// From the BEGIN to the END line, whatever a log put between the lines; where no END follows within
    /// <see cref="Longest"/> bytes (a key that was cut off), the lines of base64 that follow.
    /// </summary>
    private sealed class PrivateKey : ISecretPattern
    {
        private const int Longest = 32 * 1024;

        private static readonly SearchValues<byte> Label = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "u8);
        private static readonly SearchValues<byte> Body =
            SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\t \\"u8);

        public IEnumerable<uint> Anchors => [Anchor("----"u8)];

        public Verdict Judge(ReadOnlySpan<byte> data, int at, bool final, out int start, out int end)
        {
            start = end = at;
            var walk = new Walk(data, at, final);
            if (!walk.Take("-----BEGIN "u8))
            {
                return walk.Failed;
            }

            var label = walk.At;
            walk.Run(Label, 40);
            var name = data[label..walk.At];
            if (!walk.Take("-----"u8) || !name.EndsWith("PRIVATE KEY"u8))
            {
                return walk.Failed;
            }

            var close = Encoding.ASCII.GetBytes($"-----END {Encoding.ASCII.GetString(name)}-----");
            var window = data[walk.At..Math.Min(data.Length, walk.At + Longest)];
            var found = window.IndexOf(close);
            if (found >= 0)
            {
                end = walk.At + found + close.Length;
                return Verdict.Yes;
            }

            if (!final && window.Length < Longest)
            {
                return Verdict.Undecided;
            }

            var other = window.IndexOfAnyExcept(Body);
            end = walk.At + (other < 0 ? window.Length : other);
            return Verdict.Yes;
        }
    }
}
