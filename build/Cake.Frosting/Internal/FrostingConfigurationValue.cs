namespace Cake.Frosting.Internal;

/// <summary>A Cake setting that the build itself makes.</summary>
internal sealed record FrostingConfigurationValue(string Key, string Value);
