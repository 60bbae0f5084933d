#!/usr/bin/env pwsh
# Start here on Windows: installs the .NET SDK when it is missing, compiles the program when its sources changed, runs it.
# Every argument goes to the program; try .\build.ps1 --help
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 2

$root = $PSScriptRoot
$apps = Join-Path $root '.artifacts/app'
$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_TieredPGO = '0'
$env:DOTNET_TC_CallCountingDelayMs = '3E8' # as build.sh says
# The program runs where the user is, and finds its templates, records and settings through this.
if (-not $env:BUILD_RECORDS_ROOT) { $env:BUILD_RECORDS_ROOT = $root }
$onWindows = [IO.Path]::DirectorySeparatorChar -eq '\'

# Standard output belongs to the program: what is printed there may be read by another one.
function Write-Note([string] $Line) { [Console]::Error.WriteLine($Line) }

function Use-LocalSdk {
  $env:DOTNET_ROOT = Join-Path $root '.dotnet'
  $env:PATH = $env:DOTNET_ROOT + [IO.Path]::PathSeparator + $env:PATH
}

function Install-Sdk {
  Write-Note 'No .NET SDK that satisfies global.json was found: installing one into .dotnet/ (about 250 MB, once) ...'
  $name = if ($onWindows) { 'dotnet-install.ps1' } else { 'dotnet-install.sh' }
  $script = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName() + '-' + $name)
  try {
    Invoke-WebRequest -UseBasicParsing -Uri "https://dot.net/v1/$name" -OutFile $script
    $target = Join-Path $root '.dotnet'
    if ($onWindows) { & $script -Channel 10.0 -InstallDir $target -NoPath 6>&1 | ForEach-Object { Write-Note "$_" } }
    else { & bash $script --channel 10.0 --install-dir $target --no-path | ForEach-Object { Write-Note "$_" } }
  }
  catch {
    Write-Note "The .NET SDK could not be installed ($($_.Exception.Message)). Install the .NET 10 SDK yourself: https://dotnet.microsoft.com/download"
    exit 1
  }
  finally { Remove-Item -Force -ErrorAction SilentlyContinue $script }
  Use-LocalSdk
}

function Test-Sdk {
  if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) { return $false }
  Push-Location $root
  try { & dotnet --version *> $null; return $LASTEXITCODE -eq 0 } finally { Pop-Location }
}

# What the program is compiled from, by content: a checkout back and forth finds the program it had before.
# What editors and file managers leave is no part of it.
function Get-SourcesHash {
  $files = @(Get-ChildItem -Recurse -File -LiteralPath (Join-Path $root 'build') |
      Where-Object { $_.FullName -notmatch '[\\/](bin|obj)[\\/]' -and $_.Name -notmatch '^\..*\.sw.$|^\.#|~$|^\.DS_Store$' } | ForEach-Object { $_.FullName })
  $files += 'global.json', 'Directory.Build.props', 'Directory.Packages.props', 'records/run.schema.json', 'records/run.schema.v1.json', 'records/destroyed.schema.json' | ForEach-Object { Join-Path $root $_ }
  $sha = [Security.Cryptography.SHA256]::Create()
  [Array]::Sort($files, [StringComparer]::Ordinal)
  $lines = foreach ($file in $files) {
    $hash = [BitConverter]::ToString($sha.ComputeHash([IO.File]::ReadAllBytes($file)))
    $hash + ' ' + $file.Substring($root.Length)
  }
  $all = $sha.ComputeHash([Text.Encoding]::UTF8.GetBytes($lines -join "`n"))
  return [BitConverter]::ToString($all).Replace('-', '').ToLowerInvariant().Substring(0, 16)
}

if (Test-Path (Join-Path $root '.dotnet')) { Use-LocalSdk }
$app = Join-Path $apps (Get-SourcesHash)
if (-not (Test-Path (Join-Path $app 'Build.dll'))) {
  if (-not (Test-Sdk)) { Install-Sdk }
  [IO.Directory]::CreateDirectory($apps) | Out-Null
  # Compiling uses folders that all share: one at a time. The system lets go of the file with the process.
  $lock = $null
  $beside = Join-Path $apps ".$PID"
  try {
    for ($tries = 0; $null -eq $lock; $tries++) {
      try { $lock = [IO.File]::Open((Join-Path $apps '.compiling.lock'), 'OpenOrCreate', 'ReadWrite', 'None') }
      catch [IO.IOException] {
        if ($tries -eq 0) { Write-Note 'Another build.ps1 is compiling the build program; waiting for it ...' }
        if ($tries -gt 3000) { throw }
        Start-Sleep -Milliseconds 200
      }
    }

    # Another may have compiled it while this one waited.
    if (-not (Test-Path (Join-Path $app 'Build.dll'))) {
      Write-Note 'Compiling the build program (once; again only when its sources change) ...'
      # Which file is newer proves nothing: a tool may have given a changed source an old time.
      foreach ($kind in 'obj', 'bin') {
        $earlier = Join-Path $root ".artifacts/$kind/*/app"
        if (Test-Path $earlier) { Remove-Item -Recurse -Force $earlier }
      }
      Push-Location $root
      try {
        # The folders called app are its own. The analyzers judge the code for its developers, in every other compilation.
        & dotnet publish build/Build/Build.csproj -c Release -o $beside --nologo -v quiet -clp:ErrorsOnly -p:ArtifactsPivots=app -p:DebugType=embedded -p:RunAnalyzers=false -p:NuGetAudit=false -p:GenerateDocumentationFile=false | ForEach-Object { Write-Note "$_" }
        if ($LASTEXITCODE -ne 0) { Write-Note 'The build program does not compile; see above.'; exit 1 }
      }
      finally { Pop-Location }
      Move-Item -LiteralPath $beside -Destination $app
    }
  }
  finally {
    Remove-Item -Recurse -Force -LiteralPath $beside -ErrorAction SilentlyContinue
    if ($lock) { $lock.Dispose() }
  }
}

# It may have been compiled with an SDK that has gone.
if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) { Install-Sdk }

& dotnet (Join-Path $app 'Build.dll') @args
exit $LASTEXITCODE
