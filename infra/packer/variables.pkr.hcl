# Every value that a build gets. They come from workspace.auto.pkrvars.json, which Packer loads by itself;
# the two secrets come through the environment (PKR_VAR_winrm_password, PKR_VAR_ssh_private_key_file), and so does
# the login to Proxmox (PROXMOX_USERNAME with PROXMOX_PASSWORD or PROXMOX_TOKEN), which has no variable at all.

# Run

variable "template_id" {
  description = "The template's folder name; goes into the manifest."
  type        = string
}

variable "chain_id" {
  description = "The run's identifier, the same in logs, events and record; goes into the manifest."
  type        = string
  default     = ""
}

variable "manifest_file" {
  description = "Where the manifest post-processor writes what was built."
  type        = string
  default     = "manifest.json"
}

# Connection

variable "proxmox_url" {
  description = "The API with its path, such as https://pve1.example.net:8006/api2/json. Empty: PROXMOX_URL."
  type        = string
  default     = ""
}

variable "insecure_skip_tls_verify" {
  description = "Whether certificate checks are switched off."
  type        = bool
  default     = false
}

variable "node" {
  description = "The node to build on."
  type        = string
}

variable "pool" {
  description = "The resource pool of the VM, or empty."
  type        = string
  default     = ""
}

variable "task_timeout" {
  description = "How long one task of the node may take (Packer 1.11 and later)."
  type        = string
  default     = "10m"
}

# Identity

variable "vm_id" {
  description = "The VMID, from the template's range."
  type        = number
  validation {
    condition     = var.vm_id >= 100 && var.vm_id <= 999999999
    error_message = "The vm_id must be between 100 and 999999999."
  }
}

variable "vm_name" {
  description = "The VM's name while it is being built: a DNS name."
  type        = string
}

variable "template_name" {
  description = "The name of the finished template: a DNS name."
  type        = string
}

variable "template_description" {
  description = "The notes of the finished template."
  type        = string
  default     = ""
}

# Hardware

variable "os_type" {
  description = "Proxmox's ostype: l26, win11, ..."
  type        = string
}

variable "sockets" {
  description = "Sockets."
  type        = number
  default     = 1
}

variable "cores" {
  description = "Cores for each socket."
  type        = number
}

variable "cpu_type" {
  description = "Proxmox's CPU type, such as host or x86-64-v2-AES."
  type        = string
  default     = "host"
}

variable "memory_mb" {
  description = "Memory in MiB."
  type        = number
}

variable "bios" {
  description = "The firmware: seabios, or ovmf (Packer 1.11 and later)."
  type        = string
  default     = "seabios"
}

variable "tpm" {
  description = "Whether the VM has a TPM 2.0 (Packer 1.11 and later)."
  type        = bool
  default     = false
}

variable "pre_enrolled_keys" {
  description = "Whether the firmware's store holds the keys of Secure Boot (with ovmf)."
  type        = bool
  default     = true
}

variable "machine" {
  description = "Proxmox's machine type, such as q35; empty for the server's default (Packer 1.11 and later)."
  type        = string
  default     = ""
}

variable "numa" {
  description = "Whether the guest sees NUMA nodes (Packer 1.11 and later)."
  type        = bool
  default     = false
}

variable "vga" {
  description = "The display, or none for the server's default: its type, and its memory in MiB or 0."
  type = list(object({
    type   = string
    memory = number
  }))
  default = []
}

variable "serials" {
  description = "Serial ports: socket, or a device of the host (Packer 1.11 and later)."
  type        = list(string)
  default     = []
}

variable "rng0" {
  description = "A source of random numbers for the guest, or none (Packer 1.11 and later): so many bytes in so many milliseconds."
  type = list(object({
    source    = string
    max_bytes = number
    period    = number
  }))
  default = []
}

variable "scsi_controller" {
  description = "Proxmox's scsihw."
  type        = string
  default     = "virtio-scsi-single"
}

variable "disk_type" {
  description = "The bus of the system disk: scsi, virtio, sata or ide."
  type        = string
  default     = "scsi"
}

variable "disk_size" {
  description = "The size of the system disk with its unit, such as 20G."
  type        = string
}

variable "disk_format" {
  description = "The format of the system disk: raw on block storages, raw or qcow2 on directories."
  type        = string
  default     = "raw"
}

variable "disk_io_thread" {
  description = "Whether the disk has its own thread: needs virtio-scsi-single and a scsi or virtio disk."
  type        = bool
  default     = true
}

variable "disk_cache_mode" {
  description = "How the host caches the disk."
  type        = string
  default     = "none"
}

variable "disk_discard" {
  description = "Whether blocks that the guest frees go back to the storage (Packer 1.11 and later)."
  type        = bool
  default     = true
}

variable "disk_ssd" {
  description = "Whether the guest sees a solid-state disk (Packer 1.11 and later)."
  type        = bool
  default     = false
}

variable "disk_asyncio" {
  description = "How the host reads and writes: io_uring, native or threads; empty for the default (Packer 1.11 and later)."
  type        = string
  default     = ""
}

variable "storage_pool" {
  description = "The storage for disks."
  type        = string
}

variable "storage_pool_type" {
  description = "That storage's type as Packer 1.6 wants to know it: lvm-thin, lvm, zfspool, rbd, directory, ..."
  type        = string
  default     = "lvm-thin"
}

variable "network_model" {
  description = "The model of the network card."
  type        = string
  default     = "virtio"
}

variable "bridge" {
  description = "The network bridge."
  type        = string
}

variable "vlan_tag" {
  description = "The VLAN of the network card, or empty."
  type        = string
  default     = ""
}

variable "network_firewall" {
  description = "Whether the server's firewall filters the network card."
  type        = bool
  default     = false
}

variable "network_mtu" {
  description = "The largest packet of the network card in bytes; 1 for the bridge's, 0 for the default (Packer 1.11 and later)."
  type        = number
  default     = 0
}

variable "network_packet_queues" {
  description = "How many queues the network card has; 0 for the default."
  type        = number
  default     = 0
}

variable "further_network_adapters" {
  description = "The network cards behind the first one."
  type = list(object({
    model         = string
    bridge        = string
    vlan_tag      = string
    firewall      = bool
    mtu           = number
    packet_queues = number
  }))
  default = []
}

variable "vm_interface" {
  description = "The guest's network interface whose address Packer takes; empty for the first IPv4 address."
  type        = string
  default     = ""
}

# Media

variable "iso_file" {
  description = "The installation medium on its storage, such as local:iso/Rocky-9.6-x86_64-minimal.iso."
  type        = string
}

variable "additional_iso_files" {
  description = "Further media: the device, and either a file on a storage or a local file to upload with its checksum."
  type = list(object({
    device           = string
    iso_file         = string
    iso_url          = string
    iso_checksum     = string
    iso_storage_pool = string
    unmount          = bool
  }))
  default = []
}

# Boot

variable "boot_wait" {
  description = "How long the firmware needs before keys can be typed."
  type        = string
}

variable "boot_command" {
  description = "What is typed."
  type        = list(string)
}

variable "boot_key_interval" {
  description = "The pause after each key."
  type        = string
  default     = "5ms"
}

# HTTP server

variable "http_directory" {
  description = "The folder that Packer serves to the installer, or empty for no server."
  type        = string
  default     = ""
}

variable "http_bind_address" {
  description = "The IPv4 address that the server listens on and that the guest is told, or empty for all."
  type        = string
  default     = ""
}

variable "http_interface" {
  description = "Instead of an address: the network interface whose address the guest is told (Packer 1.11 and later)."
  type        = string
  default     = ""
}

variable "http_port_min" {
  description = "The lowest port of the server."
  type        = number
  default     = 8000
}

variable "http_port_max" {
  description = "The highest port of the server."
  type        = number
  default     = 9000
}

# Login

variable "communicator" {
  description = "How Packer logs in: ssh or winrm."
  type        = string
  default     = "ssh"
  validation {
    condition     = var.communicator == "ssh" || var.communicator == "winrm"
    error_message = "The communicator must be ssh or winrm."
  }
}

variable "build_username" {
  description = "The user that the unattended installation creates for this build only."
  type        = string
}

variable "login_timeout" {
  description = "How long to wait for the login after the installation was started."
  type        = string
  default     = "30m"
}

variable "ssh_private_key_file" {
  description = "The private key of this run. From the environment."
  type        = string
  default     = ""
}

variable "ssh_proxy_host" {
  description = "A SOCKS5 proxy on the way to the guest, or empty."
  type        = string
  default     = ""
}

variable "ssh_proxy_port" {
  description = "The proxy's port."
  type        = number
  default     = 1080
}

variable "winrm_password" {
  description = "The build user's password. From the environment."
  type        = string
  default     = ""
  sensitive   = true
}

variable "winrm_port" {
  description = "The port of WinRM over HTTPS."
  type        = number
  default     = 5986
}

# Provisioning

variable "provision_scripts" {
  description = "The provisioning scripts in the order in which they run."
  type        = list(string)
}

# Finish

variable "cloud_init" {
  description = "Whether the finished template gets a cloud-init drive."
  type        = bool
  default     = false
}

variable "cloud_init_disk_type" {
  description = "The bus of that drive: ide, scsi or sata (Packer 1.11 and later)."
  type        = string
  default     = "ide"
}
