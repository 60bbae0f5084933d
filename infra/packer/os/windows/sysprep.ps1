# sysprep.ps1
# Generalizes the system with its own answer file. Sysprep only quits: Packer shuts the VM down through Proxmox.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$source = Get-PSDrive -PSProvider FileSystem |
  ForEach-Object { Join-Path $_.Root 'setup\sysprep.xml' } |
  Where-Object { Test-Path $_ } |
  Select-Object -First 1
if (-not $source) {
  throw 'No drive has setup\sysprep.xml: the medium with the answer files is not attached.'
}

$folder = Join-Path $env:SystemRoot 'Setup\Scripts'
New-Item $folder -ItemType Directory -Force | Out-Null
$answer = Join-Path $folder 'sysprep.xml'
Copy-Item $source $answer -Force
Set-ItemProperty $answer IsReadOnly $false

$sysprep = Join-Path $env:SystemRoot 'System32\Sysprep\Sysprep.exe'
$process = Start-Process $sysprep -ArgumentList '/generalize', '/oobe', '/quit', '/quiet', "/unattend:$answer" -Wait -PassThru
if ($process.ExitCode -ne 0) {
  throw "Sysprep ended with $($process.ExitCode); see C:\Windows\System32\Sysprep\Panther\setuperr.log"
}

# Sysprep can end early and say nothing; the state is what counts.
$state = (Get-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State).ImageState
if ($state -ne 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') {
  throw "After sysprep the image's state is $state; see C:\Windows\System32\Sysprep\Panther\setuperr.log"
}
