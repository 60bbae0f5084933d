# remove-build-user.ps1
# Arms what removes the user of this build, WinRM over HTTPS with its certificate and its firewall rule, and the secret
# of the automatic logon. They carry the session that builds, and sysprep, which comes last, leaves no way to open
# another one: so a task of the system waits for the end of sysprep and of the session. Should the machine stop before
# that, sysprep's answer file does the same at a clone's first start, before anything listens.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not $env:BUILD_USER) {
  throw 'BUILD_USER is set by Packer.'
}

# Not even the listener survives the next start.
Set-Service WinRM -StartupType Manual

$folder = Join-Path $env:SystemRoot 'Setup\Scripts'
New-Item $folder -ItemType Directory -Force | Out-Null
$file = Join-Path $folder 'remove-build-access.ps1'

$values = @"
param([switch] `$Wait)
`$user = '$($env:BUILD_USER.Replace("'", "''"))'
`$done = '$((Join-Path $folder 'sysprep.done').Replace("'", "''"))'
"@
$actions = @'
$ErrorActionPreference = 'Continue'
if ($Wait) {
  # sysprep.ps1 writes its process's number there when the image is generalized.
  $deadline = (Get-Date).AddMinutes(45)
  while (-not (Test-Path $done)) {
    if ((Get-Date) -gt $deadline) {
      exit 1
    }
    Start-Sleep -Seconds 2
  }
  Wait-Process -Id ([int](Get-Content $done -TotalCount 1)) -Timeout 60 -ErrorAction SilentlyContinue
}

Disable-LocalUser $user
Remove-NetFirewallRule -Name PackerBuild
Start-Service WinRM
Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | Remove-Item -Recurse -Force
Set-Item WSMan:\localhost\Service\Auth\Basic $false
Stop-Service WinRM
Set-Service WinRM -StartupType Automatic
Get-ChildItem Cert:\LocalMachine\My | Where-Object FriendlyName -eq 'Packer build' | Remove-Item
Remove-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System -Name LocalAccountTokenFilterPolicy
Remove-Item HKLM:\SECURITY\Policy\Secrets\DefaultPassword -Recurse -Force -ErrorAction SilentlyContinue

$sid = (Get-LocalUser $user).SID.Value
Get-CimInstance Win32_UserProfile | Where-Object SID -eq $sid | Remove-CimInstance
Remove-LocalUser $user
Remove-Item (Join-Path $env:SystemRoot 'Temp\script-*'), (Join-Path $env:SystemRoot 'Temp\packer-*'), $done -Force -ErrorAction SilentlyContinue

Unregister-ScheduledTask -TaskName RemoveBuildAccess -Confirm:$false
if (-not (Get-LocalUser | Where-Object Name -eq $user)) {
  Remove-Item $PSCommandPath
}
'@
Set-Content $file ($values + "`r`n" + $actions) -Encoding UTF8

$action = New-ScheduledTaskAction -Execute powershell.exe `
  -Argument "-NoProfile -ExecutionPolicy Bypass -File $file -Wait"
$principal = New-ScheduledTaskPrincipal -UserId SYSTEM -RunLevel Highest
$settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit (New-TimeSpan -Hours 2)
Register-ScheduledTask -TaskName RemoveBuildAccess -Action $action -Principal $principal -Settings $settings -Force | Out-Null
Start-ScheduledTask -TaskName RemoveBuildAccess

for ($second = 0; (Get-ScheduledTask -TaskName RemoveBuildAccess).State -ne 'Running'; $second++) {
  if ($second -ge 30) {
    throw 'The task RemoveBuildAccess does not run: the user of this build would stay in the template.'
  }
  Start-Sleep -Seconds 1
}
