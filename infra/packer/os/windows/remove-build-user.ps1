# remove-build-user.ps1
# The last step: the user of this build, WinRM over HTTPS, its certificate and its firewall rule go. They carry the
# session that runs this, so that a task of the system does it as soon as this script has ended; should the machine
# stop before that, sysprep's answer file does it at a clone's first start, before anything listens.
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
`$user = '$($env:BUILD_USER.Replace("'", "''"))'
`$session = $PID
"@
$actions = @'
$ErrorActionPreference = 'Continue'
Wait-Process -Id $session -Timeout 30 -ErrorAction SilentlyContinue

Disable-LocalUser $user
Remove-NetFirewallRule -Name PackerBuild
Start-Service WinRM
Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | Remove-Item -Recurse -Force
Set-Item WSMan:\localhost\Service\Auth\Basic $false
Stop-Service WinRM
Set-Service WinRM -StartupType Automatic
Get-ChildItem Cert:\LocalMachine\My | Where-Object FriendlyName -eq 'Packer build' | Remove-Item
Remove-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System -Name LocalAccountTokenFilterPolicy

$sid = (Get-LocalUser $user).SID.Value
Get-CimInstance Win32_UserProfile | Where-Object SID -eq $sid | Remove-CimInstance
Remove-LocalUser $user
Remove-Item (Join-Path $env:SystemRoot 'Temp\script-*'), (Join-Path $env:SystemRoot 'Temp\packer-*') -Force

Unregister-ScheduledTask -TaskName RemoveBuildAccess -Confirm:$false
if (-not (Get-LocalUser | Where-Object Name -eq $user)) {
  Remove-Item $PSCommandPath
}
'@
Set-Content $file ($values + "`r`n" + $actions) -Encoding UTF8

$action = New-ScheduledTaskAction -Execute powershell.exe `
  -Argument "-NoProfile -ExecutionPolicy Bypass -File $file"
$principal = New-ScheduledTaskPrincipal -UserId SYSTEM -RunLevel Highest
Register-ScheduledTask -TaskName RemoveBuildAccess -Action $action -Principal $principal -Force | Out-Null
Start-ScheduledTask -TaskName RemoveBuildAccess
