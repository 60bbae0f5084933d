# cleanup.ps1
# Answer files with passwords, the automatic logon, logs, caches: nothing of the build is of use in a clone.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$answers = 'Panther\unattend.xml', 'Panther\unattend-original.xml', 'Panther\Unattend\unattend.xml',
  'System32\Sysprep\unattend.xml', 'System32\Sysprep\Panther\unattend.xml'
foreach ($answer in $answers) {
  Remove-Item (Join-Path $env:SystemRoot $answer) -Force -ErrorAction SilentlyContinue
}

$logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
Set-ItemProperty $logon AutoAdminLogon '0'
foreach ($value in 'DefaultPassword', 'DefaultUserName', 'AutoLogonCount') {
  Remove-ItemProperty $logon $value -ErrorAction SilentlyContinue
}

Clear-DnsClientCache
foreach ($log in 'Application', 'Security', 'Setup', 'System') {
  wevtutil.exe clear-log $log
  if ($LASTEXITCODE -ne 0) {
    throw "wevtutil ended with $LASTEXITCODE for the log $log"
  }
}

# Packer's own uploads lie in Windows\Temp and are still needed.
Get-ChildItem (Join-Path $env:SystemRoot 'Temp') -Force |
  Where-Object { $_.Name -notlike 'script-*' -and $_.Name -notlike 'packer-*' } |
  Remove-Item -Recurse -Force -ErrorAction SilentlyContinue

# Freed blocks go back to the storage. Some versions of the VirtIO drivers cannot do that; the template is only larger.
try {
  Optimize-Volume -DriveLetter C -ReTrim
} catch {
  Write-Warning "The volume C cannot be trimmed: $($_.Exception.Message)"
}
