using System.Management.Automation.Language;

namespace Provisioning.Tests;

/// <summary>
/// Finds in a script what Windows PowerShell 5.1 lacks, on the syntax tree of PowerShell's own parser: the language of
/// PowerShell 6 and 7 (about_Operators, about_Pipeline_Chain_Operators, about_Functions_Advanced_Methods, about_Special_Characters), and
/// commands and parameters that came with them.
/// </summary>
internal static class WindowsPowerShellSyntax
{
    private static readonly HashSet<string> Commands = new(StringComparer.OrdinalIgnoreCase)
    {
        "Get-Error", "Test-Json", "Remove-Service", "Start-ThreadJob", "Get-Uptime", "ConvertFrom-Markdown", "Show-Markdown", "Get-PSSubsystem",
        "Switch-Process", "Get-SecureRandom", "ConvertTo-CliXml", "ConvertFrom-CliXml", "Join-String", "Enable-ExperimentalFeature", "Get-ExperimentalFeature", "Remove-Alias",
    };

    private static readonly HashSet<string> Variables = new(StringComparer.OrdinalIgnoreCase)
    {
        "IsWindows", "IsLinux", "IsMacOS", "IsCoreCLR", "PSStyle", "PSNativeCommandUseErrorActionPreference", "PSNativeCommandArgumentPassing", "EnabledExperimentalFeatures", "ErrorView7",
    };

    private static readonly Dictionary<string, string[]> Parameters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ForEach-Object"] = ["Parallel", "ThrottleLimit", "AsJob", "TimeoutSeconds", "UseNewRunspace"],
        ["Join-Path"] = ["AdditionalChildPath", "Extension"],
        ["Split-Path"] = ["LeafBase", "Extension"],
        ["Get-Content"] = ["AsByteStream"],
        ["Set-Content"] = ["AsByteStream"],
        ["Add-Content"] = ["AsByteStream"],
        ["ConvertFrom-Json"] = ["AsHashtable", "Depth", "NoEnumerate", "DateKind"],
        ["ConvertTo-Json"] = ["AsArray", "EnumsAsStrings", "EscapeHandling"],
        ["Invoke-WebRequest"] = ["SkipCertificateCheck", "Authentication", "Token", "MaximumRetryCount", "RetryIntervalSec", "NoProxy", "Form", "SslProtocol", "Resume", "SkipHttpErrorCheck", "AllowUnencryptedAuthentication", "SkipHeaderValidation", "StatusCodeVariable", "ConnectionTimeoutSeconds"],
        ["Invoke-RestMethod"] = ["SkipCertificateCheck", "Authentication", "Token", "MaximumRetryCount", "RetryIntervalSec", "NoProxy", "Form", "SslProtocol", "FollowRelLink", "SkipHttpErrorCheck", "StatusCodeVariable"],
        ["Select-String"] = ["Raw", "NoEmphasis", "Culture"],
        ["Sort-Object"] = ["Top", "Bottom", "Stable"],
        ["Start-Process"] = ["Environment"],
        ["Start-Sleep"] = ["Duration"],
        ["Get-Date"] = ["AsUTC", "UnixTimeSeconds"],
        ["Get-ChildItem"] = ["FollowSymlink"],
        ["Export-Csv"] = ["QuoteFields", "UseQuotes", "IncludeTypeInformation", "NoHeader"],
        ["ConvertTo-Csv"] = ["QuoteFields", "UseQuotes", "IncludeTypeInformation", "NoHeader"],
        ["Test-Connection"] = ["TargetName", "Ping", "Repeat", "Traceroute", "MtuSize", "TcpPort", "TimeoutSeconds", "IPv4", "IPv6"],
        ["Test-Path"] = [],
        ["Set-Service"] = ["Credential", "Force", "SecurityDescriptorSddl"],
        ["Wait-Process"] = ["PassThru", "Any"],
    };

    // The encodings' names of Windows PowerShell are fewer, and utf8 has a byte order mark there.
    private static readonly HashSet<string> Encodings = new(StringComparer.OrdinalIgnoreCase) { "utf8NoBOM", "utf8BOM", "bigendianutf32", "ansi", "oem7" };

    /// <summary>What is wrong, each with its line; nothing for a script that Windows PowerShell 5.1 understands.</summary>
    internal static IReadOnlyList<string> Findings(string text)
    {
        var tree = Parser.ParseInput(text, out var tokens, out var errors);
        var findings = errors.Select(e => Said(e.Extent, e.Message)).ToList();
        foreach (var node in tree.FindAll(_ => true, searchNestedScriptBlocks: true))
        {
            if (Lacking(node) is { } what)
            {
                findings.Add(Said(node.Extent, what));
            }
        }

        findings.AddRange(tokens.Where(t => Escape(t) is not null).Select(t => Said(t.Extent, Escape(t)!)));
        return findings;
    }

    private static string Said(IScriptExtent extent, string what) => $"{extent.StartLineNumber}: {what}";

    private static string? Lacking(Ast node) => node switch
    {
        TernaryExpressionAst => "the operator ? : came with PowerShell 7",
        PipelineChainAst { Operator: var op } => $"the operator {(op == TokenKind.AndAnd ? "&&" : "||")} came with PowerShell 7",
        PipelineBaseAst and PipelineAst { Background: true } => "the operator & at a pipeline's end came with PowerShell 6",
        BinaryExpressionAst { Operator: TokenKind.QuestionQuestion } => "the operator ?? came with PowerShell 7",
        AssignmentStatementAst { Operator: TokenKind.QuestionQuestionEquals } => "the operator ??= came with PowerShell 7",
        MemberExpressionAst { NullConditional: true } or IndexExpressionAst { NullConditional: true } => "?. and ?[] came with PowerShell 7.1",
        ScriptBlockAst { CleanBlock: not null } => "the block clean came with PowerShell 7.3",
        ScriptBlockAst { ScriptRequirements.RequiredPSVersion: { Major: > 5 } version } => $"#Requires -Version {version}",
        ScriptBlockAst { ScriptRequirements.RequiredPSEditions: { Count: > 0 } editions } when editions.Contains("Core") => "#Requires -PSEdition Core",
        VariableExpressionAst { VariablePath.UserPath: var name } when Variables.Contains(name) => $"${name} is not there in Windows PowerShell",
        CommandAst command => Lacking(command),
        _ => null,
    };

    private static string? Lacking(CommandAst command)
    {
        var name = command.GetCommandName();
        if (name is null)
        {
            return null;
        }

        if (Commands.Contains(name))
        {
            return $"{name} is not there in Windows PowerShell";
        }

        var given = command.CommandElements.OfType<CommandParameterAst>().ToList();
        if (Parameters.TryGetValue(name, out var newer) && given.FirstOrDefault(p => newer.Any(n => n.Equals(p.ParameterName, StringComparison.OrdinalIgnoreCase))) is { } parameter)
        {
            return $"{name} has no parameter -{parameter.ParameterName} in Windows PowerShell";
        }

        var positional = command.CommandElements.Skip(1).Where((e, i) => e is not CommandParameterAst && command.CommandElements[i] is not CommandParameterAst).Count();
        if (name.Equals("Join-Path", StringComparison.OrdinalIgnoreCase) && positional > 2)
        {
            return "Join-Path takes two paths in Windows PowerShell";
        }

        for (var i = 1; i < command.CommandElements.Count; i++)
        {
            if (command.CommandElements[i - 1] is CommandParameterAst { ParameterName: var p } && p.Equals("Encoding", StringComparison.OrdinalIgnoreCase)
                && command.CommandElements[i] is StringConstantExpressionAst { Value: var encoding } && Encodings.Contains(encoding))
            {
                return $"the encoding {encoding} is not there in Windows PowerShell";
            }
        }

        return null;
    }

    private static string? Escape(Token token) => token switch
    {
        StringExpandableToken { Text: var text } when text.Contains("`e", StringComparison.Ordinal) => "the escape `e came with PowerShell 6",
        StringExpandableToken { Text: var text } when text.Contains("`u{", StringComparison.Ordinal) => "the escape `u{} came with PowerShell 6",
        NumberToken { Text: var number } when number.Length > 1 && !number.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && (number.EndsWith('u') || number.EndsWith('y') || number.EndsWith('n') || number.StartsWith("0b", StringComparison.OrdinalIgnoreCase))
            => $"the form of the number {number} came with PowerShell 6",
        _ => null,
    };
}
