namespace Build.Output;

/// <summary>How a path is shown: as somebody would type it where they are.</summary>
internal static class UserPath
{
    /// <summary>Relative to the user's folder where it lies below it, otherwise whole.</summary>
    public static string Of(string path, string workingDirectory)
    {
        var relative = Path.GetRelativePath(workingDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : relative;
    }
}
