# sysprep.ps1
# The last step: generalizes the system with its own answer file. Afterwards nobody can log in any more, and the task of
# remove-build-user.ps1 removes what the build used. Sysprep only quits: Packer shuts the VM down through Proxmox.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

# The VM of a failed build is destroyed, and its logs with it.
function Stop-Build([string] $Reason) {
  foreach ($log in 'setuperr.log', 'setupact.log') {
    $path = Join-Path $env:SystemRoot "System32\Sysprep\Panther\$log"
    if (Test-Path $path) {
      Write-Output "--- the end of $path"
      Get-Content $path -Tail 40
    }
  }
  throw $Reason
}

$source = Get-PSDrive -PSProvider FileSystem |
  ForEach-Object { Join-Path $_.Root 'setup\sysprep.xml' } |
  Where-Object { Test-Path $_ } |
  Select-Object -First 1
if (-not $source) {
  throw 'No drive has setup\sysprep.xml: the medium with the answer files is not attached.'
}

$task = Get-ScheduledTask -TaskName RemoveBuildAccess -ErrorAction SilentlyContinue
if (-not $task -or $task.State -ne 'Running') {
  throw 'The task RemoveBuildAccess does not run: remove-build-user.ps1 comes before sysprep.ps1.'
}

$folder = Join-Path $env:SystemRoot 'Setup\Scripts'
New-Item $folder -ItemType Directory -Force | Out-Null
$answer = Join-Path $folder 'sysprep.xml'
Copy-Item $source $answer -Force
Set-ItemProperty $answer IsReadOnly $false

$sysprep = Join-Path $env:SystemRoot 'System32\Sysprep\Sysprep.exe'
$process = Start-Process $sysprep -ArgumentList '/generalize', '/oobe', '/quit', '/quiet', "/unattend:$answer" -PassThru
# Without its handle Windows PowerShell does not learn how a process ended.
$null = $process.Handle

# Sysprep can end early and say nothing, and go on in another process; the state is what counts.
$deadline = (Get-Date).AddMinutes(30)
while ($true) {
  $state = (Get-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State).ImageState
  if ($state -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') {
    break
  }
  if ($process.HasExited -and $process.ExitCode -ne 0) {
    Stop-Build "Sysprep ended with $($process.ExitCode); the image's state is $state"
  }
  if ((Get-Date) -gt $deadline) {
    Stop-Build "30 minutes after sysprep began the image's state is $state"
  }
  Start-Sleep -Seconds 5
}

Set-Content (Join-Path $folder 'sysprep.done') $PID
