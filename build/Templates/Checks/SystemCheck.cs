namespace Templates;

/// <summary>Whether the fields that say which system a template has say the same.</summary>
internal static class SystemCheck
{
    internal static IEnumerable<TemplateFinding> Check(Subject subject)
    {
        if (SystemAgreement.WithMedium(subject.Template) is { } version)
        {
            yield return subject.Error("os-version", "os_version", version, "Set os_version to the medium's, or name the other medium");
        }

        if (SystemAgreement.OfSources(subject.Template) is { } release)
        {
            yield return subject.Error("os-release", "vars.release", release, "Set vars.release to the medium's");
        }
    }
}
