# cloudbase-init.ps1
# Optional: lets a clone configure itself from Proxmox's cloud-init drive (name, network, user, password, keys), which
# for Windows is of the type configdrive2. Before cleanup.ps1, with "cloud_init": true.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$installer = Get-PSDrive -PSProvider FileSystem |
  ForEach-Object { Join-Path $_.Root 'CloudbaseInitSetup_x64.msi' } |
  Where-Object { Test-Path $_ } |
  Select-Object -First 1
if (-not $installer) {
  $installer = Join-Path $env:SystemRoot 'Temp\CloudbaseInitSetup_x64.msi'
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  Invoke-WebRequest https://www.cloudbase.it/downloads/CloudbaseInitSetup_Stable_x64.msi -OutFile $installer -UseBasicParsing
}

# What is installed is its maker's, wherever it came from.
$signature = Get-AuthenticodeSignature $installer
if ($signature.Status -ne 'Valid' -or $signature.SignerCertificate.Subject -notlike '*Cloudbase Solutions*') {
  throw "$installer is not signed by Cloudbase Solutions: $($signature.Status)"
}

$process = Start-Process msiexec.exe -ArgumentList '/i', "`"$installer`"", '/qn', '/norestart', 'RUN_SERVICE_AS_LOCAL_SYSTEM=1' -Wait -PassThru
# 3010: done, a restart is wanted.
if ($process.ExitCode -notin 0, 3010) {
  throw "msiexec ended with $($process.ExitCode) for $installer"
}

$root = Join-Path $env:ProgramFiles 'Cloudbase Solutions\Cloudbase-Init'
$common = @"
[DEFAULT]
username=Administrator
groups=Administrators
inject_user_password=true
first_logon_behaviour=no
config_drive_cdrom=true
config_drive_vfat=false
metadata_services=cloudbaseinit.metadata.services.configdrive.ConfigDriveService
check_latest_version=false
logdir=$root\log\
bsdtar_path=$root\bin\bsdtar.exe
mtools_path=$root\bin\
"@
Set-Content (Join-Path $root 'conf\cloudbase-init.conf') ($common + "`r`n" + @'
logfile=cloudbase-init.log
plugins=cloudbaseinit.plugins.common.networkconfig.NetworkConfigPlugin,cloudbaseinit.plugins.windows.createuser.CreateUserPlugin,cloudbaseinit.plugins.common.setuserpassword.SetUserPasswordPlugin,cloudbaseinit.plugins.common.sshpublickeys.SetUserSSHPublicKeysPlugin,cloudbaseinit.plugins.windows.extendvolumes.ExtendVolumesPlugin,cloudbaseinit.plugins.common.userdata.UserDataPlugin
'@) -Encoding ASCII
Set-Content (Join-Path $root 'conf\cloudbase-init-unattend.conf') ($common + "`r`n" + @'
logfile=cloudbase-init-unattend.log
plugins=cloudbaseinit.plugins.common.sethostname.SetHostNamePlugin
allow_reboot=false
stop_service_on_exit=false
'@) -Encoding ASCII

# It must not take the build for a clone's first start.
Stop-Service cloudbase-init -ErrorAction SilentlyContinue
Set-Service cloudbase-init -StartupType Automatic
