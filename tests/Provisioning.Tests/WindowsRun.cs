using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Provisioning.Tests;

/// <summary>
/// PowerShell with stand-ins for the cmdlets and programs of Windows, which write down their calls. Everything else of a
/// script is run by PowerShell itself, on a temporary folder that stands for <c>C:\Windows</c>.
/// </summary>
internal sealed class WindowsRun : IDisposable
{
    // Functions go before cmdlets, so that none of Windows' own is needed. Registry, WSMan and certificates are tables.
    private const string StandIns = """
        $global:Calls = [Collections.Generic.List[string]]::new()
        $global:Clock = [datetime]'2026-11-22T19:16:27Z'
        $global:Registry = @{}
        $global:ImageStates = [Collections.Generic.Queue[string]]::new()
        $global:Task = $null
        $global:TaskState = 'Running'
        $global:Users = @('Administrator', 'build-abcdefgh')
        $global:Service = [pscustomobject]@{ Status = 'Running'; StartType = 'Automatic' }
        $global:ProcessExit = 0
        $global:ProcessEnds = $true
        $global:OptimizeFails = $false
        $global:LogFails = $false
        $global:Drives = @()
        $global:Signature = 'Valid'
        $global:OnProcess = $null
        function global:Note([string] $name, $arguments) { $global:Calls.Add((@($name) + @($arguments | ForEach-Object { "$_" })) -join ' ') }
        foreach ($name in 'Set-Service', 'Start-Service', 'Stop-Service', 'Disable-LocalUser', 'Remove-NetFirewallRule', 'New-NetFirewallRule',
            'Set-NetConnectionProfile', 'Clear-DnsClientCache', 'Unregister-ScheduledTask', 'Wait-Process', 'Remove-CimInstance', 'Invoke-WebRequest') {
          Set-Item "function:global:$name" ([scriptblock]::Create("Note '$name' `$args; `$null = @(`$input)"))
        }
        function global:Get-Service { Note Get-Service $args; $global:Service }
        function global:Get-Date { $global:Clock }
        function global:Start-Sleep { param($Seconds) $global:Clock = $global:Clock.AddSeconds($Seconds) }
        function global:Get-NetConnectionProfile { [pscustomobject]@{ Name = 'Network' } }
        function global:New-SelfSignedCertificate { Note New-SelfSignedCertificate $args; [pscustomobject]@{ Thumbprint = 'ABCD' } }
        function global:New-ScheduledTaskAction { param($Execute, $Argument) "$Execute $Argument" }
        function global:New-ScheduledTaskPrincipal { param($UserId, $RunLevel) $UserId }
        function global:New-ScheduledTaskSettingsSet { param($ExecutionTimeLimit) 'settings' }
        function global:Register-ScheduledTask { param($TaskName, $Action, $Principal, $Settings, [switch] $Force) Note Register-ScheduledTask $TaskName, $Action, $Principal; $global:Task = $TaskName }
        function global:Start-ScheduledTask { param($TaskName) Note Start-ScheduledTask $TaskName }
        function global:Get-ScheduledTask { param($TaskName) if ($global:Task -eq $TaskName) { [pscustomobject]@{ State = $global:TaskState } } }
        function global:Get-LocalUser { param($Name) $global:Users | Where-Object { -not $Name -or $_ -eq $Name } | ForEach-Object { [pscustomobject]@{ Name = $_; SID = [pscustomobject]@{ Value = 'S-1-5-21' } } } }
        function global:Remove-LocalUser { param($Name) Note Remove-LocalUser $Name; $global:Users = @($global:Users | Where-Object { $_ -ne $Name }) }
        function global:Get-CimInstance { [pscustomobject]@{ SID = 'S-1-5-21' } }
        function global:wevtutil.exe { Note wevtutil.exe $args; $global:LASTEXITCODE = if ($global:LogFails) { 5 } else { 0 } }
        function global:Optimize-Volume { Note Optimize-Volume $args; if ($global:OptimizeFails) { throw 'The operation is not supported' } }
        function global:Get-PSDrive { $global:Drives | ForEach-Object { [pscustomobject]@{ Root = $_ } } }
        function global:Get-AuthenticodeSignature { [pscustomobject]@{ Status = $global:Signature; SignerCertificate = [pscustomobject]@{ Subject = 'CN=Cloudbase Solutions Srl' } } }
        function global:Start-Process {
          param($FilePath, $ArgumentList, [switch] $Wait, [switch] $PassThru)
          Note Start-Process (@($FilePath) + $ArgumentList)
          if ($global:OnProcess) { & $global:OnProcess }
          [pscustomobject]@{ ExitCode = $global:ProcessExit; HasExited = $global:ProcessEnds; Handle = 1 }
        }
        function global:Foreign([string] $path) { $path -match '^(HKLM|WSMan|Cert):' }
        function global:Set-ItemProperty { param($Path, $Name, $Value) Note Set-ItemProperty $Path, $Name, $Value }
        function global:New-ItemProperty { param($Path, $Name, $Value, $PropertyType, [switch] $Force) Note New-ItemProperty $Path, $Name, $Value }
        function global:Remove-ItemProperty { param($Path, $Name) Note Remove-ItemProperty $Path, $Name }
        function global:Get-ItemProperty { param($Path)
          if ($global:ImageStates.Count -gt 1) { $state = $global:ImageStates.Dequeue() } else { $state = $global:ImageStates.Peek() }
          [pscustomobject]@{ ImageState = $state } }
        function global:Set-Item { param($Path, $Value) Note Set-Item $Path, $Value }
        function global:New-Item { param($Path, $ItemType, $Transport, $Address, $CertificateThumbPrint, [switch] $Force)
          if (Foreign $Path) { Note New-Item $Path, $Transport, $CertificateThumbPrint } else { Microsoft.PowerShell.Management\New-Item -Path $Path -ItemType $ItemType -Force:$Force } }
        function global:Get-ChildItem { param($Path, [switch] $Force)
          if ($Path -like 'WSMan:*') { [pscustomobject]@{ Keys = @('Transport=HTTPS', 'Address=*'); Kind = 'listener' } }
          elseif ($Path -like 'Cert:*') { [pscustomobject]@{ FriendlyName = 'Packer build'; Kind = 'certificate' } }
          else { Microsoft.PowerShell.Management\Get-ChildItem -Path $Path -Force:$Force } }
        function global:Remove-Item { [CmdletBinding()] param([Parameter(Position = 0)] $Path, [switch] $Recurse, [switch] $Force, [Parameter(ValueFromPipeline)] $InputObject)
          process {
            if ($InputObject -and $InputObject.PSObject.Properties['Kind']) { Note Remove-Item $InputObject.Kind }
            elseif ($InputObject) { $InputObject | Microsoft.PowerShell.Management\Remove-Item -Recurse:$Recurse -Force:$Force }
            elseif (Foreign $Path) { Note Remove-Item $Path }
            else { $Path | Where-Object { $_ } | ForEach-Object { Microsoft.PowerShell.Management\Remove-Item -Path $_ -Recurse:$Recurse -Force:$Force -ErrorAction SilentlyContinue } }
          } }
        """;

    private readonly Runspace runspace;

    internal WindowsRun()
    {
        Root = Directory.CreateTempSubdirectory("provisioning-tests-").FullName;
        SystemRoot = Directory.CreateDirectory(Path.Combine(Root, "Windows")).FullName;
        Directory.CreateDirectory(Path.Combine(SystemRoot, "Temp"));
        runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        Invoke("$env:SystemRoot = '" + SystemRoot + "'; $env:ProgramFiles = '" + Root + "'; $env:COMPUTERNAME = 'WIN'; $env:BUILD_USER = 'build-abcdefgh'\n" + StandIns);
    }

    internal string Root { get; }

    internal string SystemRoot { get; }

    internal IReadOnlyList<string> Calls => [.. ((IEnumerable)Value("Calls")!).Cast<string>()];

    /// <summary>Sets what the stand-ins answer.</summary>
    internal WindowsRun Given(string statements)
    {
        Invoke(statements);
        return this;
    }

    /// <summary>A file below the folder that stands for <c>C:\Windows</c>.</summary>
    internal string InWindows(string path) => Path.Combine(SystemRoot, path.Replace('\\', Path.DirectorySeparatorChar));

    /// <summary>Runs a shipped script.</summary>
    internal (string? Error, string Output, IReadOnlyList<string> Warnings) Run(string script) => RunFile(Path.Combine(Assets.Root, script));

    internal (string? Error, string Output, IReadOnlyList<string> Warnings) RunFile(string file, string arguments = "")
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddScript($"& '{file}' {arguments}");
        string? error = null;
        var output = new List<PSObject>();
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException e)
        {
            error = e.Message;
        }

        return (error, string.Join('\n', output.Select(o => o?.ToString())), [.. shell.Streams.Warning.Select(w => w.Message)]);
    }

    public void Dispose()
    {
        runspace.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private object? Value(string name) => runspace.SessionStateProxy.GetVariable(name);

    private void Invoke(string statements)
    {
        using var shell = PowerShell.Create(runspace);
        shell.AddScript(statements).Invoke();
        Assert.That(shell.Streams.Error, Is.Empty);
    }
}
