# guest-agent.ps1
# Proxmox asks the guest agent for a clone's address and shuts it down through it.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$agent = Get-Service QEMU-GA
if ($agent.Status -ne 'Running' -or $agent.StartType -ne 'Automatic') {
  throw "The guest agent is $($agent.Status), start type $($agent.StartType)."
}
