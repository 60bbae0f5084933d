# Opens WinRM over HTTPS, with a certificate that the machine signs itself, for this build only.
# The task of remove-build-user.ps1 takes all of it away again.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

Get-NetConnectionProfile | Set-NetConnectionProfile -NetworkCategory Private

Set-Service WinRM -StartupType Automatic
Start-Service WinRM

$certificate = New-SelfSignedCertificate -DnsName $env:COMPUTERNAME -CertStoreLocation Cert:\LocalMachine\My `
  -FriendlyName 'Packer build'
New-Item WSMan:\localhost\Listener -Transport HTTPS -Address * -CertificateThumbPrint $certificate.Thumbprint -Force |
  Out-Null
Set-Item WSMan:\localhost\Service\AllowUnencrypted $false
Set-Item WSMan:\localhost\Service\Auth\Basic $true

# A local administrator other than Administrator has his rights over the network only with this.
New-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System `
  -Name LocalAccountTokenFilterPolicy -Value 1 -PropertyType DWord -Force | Out-Null

New-NetFirewallRule -Name PackerBuild -DisplayName 'Packer build (WinRM over HTTPS)' -Direction Inbound `
  -Protocol TCP -LocalPort 5986 -Action Allow | Out-Null
