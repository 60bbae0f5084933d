namespace Guest;

/// <summary>Paths within a guest, with slashes forward.</summary>
internal static class GuestPath
{
    /// <summary>An absolute path without <c>.</c> and <c>..</c>; relative ones start at the account's home.</summary>
    public static string Absolute(string path, GuestAccount account, GuestSystem system)
    {
        path = path.Replace('\\', '/');
        var home = system.IsWindows ? "C:/Users/" + account.Name : account.Name == "root" ? "/root" : "/home/" + account.Name;
        path = path is "~" or "" ? home : path.StartsWith("~/", StringComparison.Ordinal) ? home + path[1..] : path;
        if (system.IsWindows)
        {
            path = path.Length > 2 && path[0] == '/' && path[2] == ':' ? path[1..] : path;
        }

        var drive = path.Length > 1 && path[1] == ':';
        path = path[0] == '/' || drive ? path : home + "/" + path;
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        var joined = string.Join('/', parts);
        return drive || (system.IsWindows && joined.Length > 1 && joined[1] == ':') ? joined : "/" + joined;
    }
}
