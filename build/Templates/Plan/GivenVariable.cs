namespace Templates;

/// <summary>A value that the user gives for a variable of <c>variables.pkr.hcl</c>.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Text">The value as it was written.</param>
/// <param name="Place">Where: <c>--var=cores=…</c>, or <c>PKR_VAR_cores</c> in the environment. Never with the value, which may be a secret.</param>
public sealed record GivenVariable(string Name, string Text, string Place)
{
    /// <summary>How Packer names variables in the environment.</summary>
    public const string EnvironmentPrefix = "PKR_VAR_";

    /// <summary>One of the command line.</summary>
    public static GivenVariable Argument(string name, string text) => new(name, text, $"--var={name}=…");

    /// <summary>One of the environment.</summary>
    public static GivenVariable Variable(string name, string text) => new(name, text, $"{EnvironmentPrefix}{name} in the environment");

    /// <summary>Says where it was given.</summary>
    public override string ToString() => Place;
}
