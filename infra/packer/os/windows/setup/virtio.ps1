# Installs all VirtIO drivers and the guest agent from the VirtIO medium, whatever its drive letter is.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Install-Package([string] $Path) {
  $process = Start-Process msiexec.exe -ArgumentList '/i', "`"$Path`"", '/qn', '/norestart' -Wait -PassThru
  # 3010: done, a restart is wanted.
  if ($process.ExitCode -notin 0, 3010) {
    throw "msiexec ended with $($process.ExitCode) for $Path"
  }
}

$root = Get-PSDrive -PSProvider FileSystem |
  ForEach-Object { $_.Root } |
  Where-Object { Test-Path (Join-Path $_ 'virtio-win-gt-x64.msi') } |
  Select-Object -First 1
if (-not $root) {
  throw 'No drive has virtio-win-gt-x64.msi: the VirtIO medium is not attached.'
}

Install-Package (Join-Path $root 'virtio-win-gt-x64.msi')
Install-Package (Join-Path $root 'guest-agent\qemu-ga-x86_64.msi')
Set-Service QEMU-GA -StartupType Automatic
Start-Service QEMU-GA
