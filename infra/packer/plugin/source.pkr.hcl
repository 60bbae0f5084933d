# For Packer 1.11 and later with the proxmox plugin.

packer {
  required_version = ">= 1.11.0"
  required_plugins {
    proxmox = {
      version = ">= 1.2.2"
      source  = "github.com/hashicorp/proxmox"
    }
  }
}

source "proxmox-iso" "vm" {
  # Connection
  proxmox_url              = var.proxmox_url
  insecure_skip_tls_verify = var.insecure_skip_tls_verify
  node                     = var.node
  pool                     = var.pool
  task_timeout             = var.task_timeout

  # Identity
  vm_id                = var.vm_id
  vm_name              = var.vm_name
  template_name        = var.template_name
  template_description = var.template_description

  # Hardware
  os              = var.os_type
  sockets         = var.sockets
  cores           = var.cores
  cpu_type        = var.cpu_type
  memory          = var.memory_mb
  qemu_agent      = true
  scsi_controller = var.scsi_controller
  numa            = var.numa
  serials         = var.serials
  dynamic "vga" {
    for_each = var.vga
    content {
      type   = vga.value.type
      memory = vga.value.memory
    }
  }
  dynamic "rng0" {
    for_each = var.rng0
    content {
      source    = rng0.value.source
      max_bytes = rng0.value.max_bytes
      period    = rng0.value.period
    }
  }

  # Firmware
  bios    = var.bios
  machine = var.machine
  dynamic "efi_config" {
    for_each = var.bios == "ovmf" ? [var.storage_pool] : []
    content {
      efi_storage_pool  = efi_config.value
      efi_type          = "4m"
      pre_enrolled_keys = var.pre_enrolled_keys
    }
  }
  dynamic "tpm_config" {
    for_each = var.tpm ? [var.storage_pool] : []
    content {
      tpm_storage_pool = tpm_config.value
      tpm_version      = "v2.0"
    }
  }

  # Disk
  disks {
    type         = var.disk_type
    disk_size    = var.disk_size
    format       = var.disk_format
    io_thread    = var.disk_io_thread
    cache_mode   = var.disk_cache_mode
    discard      = var.disk_discard
    ssd          = var.disk_ssd
    asyncio      = var.disk_asyncio
    storage_pool = var.storage_pool
  }

  # Network
  network_adapters {
    model         = var.network_model
    bridge        = var.bridge
    vlan_tag      = var.vlan_tag
    firewall      = var.network_firewall
    mtu           = var.network_mtu
    packet_queues = var.network_packet_queues
  }
  dynamic "network_adapters" {
    for_each = var.further_network_adapters
    content {
      model         = network_adapters.value.model
      bridge        = network_adapters.value.bridge
      vlan_tag      = network_adapters.value.vlan_tag
      firewall      = network_adapters.value.firewall
      mtu           = network_adapters.value.mtu
      packet_queues = network_adapters.value.packet_queues
    }
  }
  vm_interface = var.vm_interface

  # Media
  boot_iso {
    type     = "ide"
    index    = 2
    iso_file = var.iso_file
    unmount  = true
  }
  dynamic "additional_iso_files" {
    for_each = var.additional_iso_files
    content {
      type             = regex("^[a-z]+", additional_iso_files.value.device)
      index            = regex("[0-9]+$", additional_iso_files.value.device)
      iso_file         = additional_iso_files.value.iso_file
      iso_url          = additional_iso_files.value.iso_url
      iso_checksum     = additional_iso_files.value.iso_checksum
      iso_storage_pool = additional_iso_files.value.iso_storage_pool
      unmount          = additional_iso_files.value.unmount
    }
  }

  # Boot
  boot_wait         = var.boot_wait
  boot_command      = var.boot_command
  boot_key_interval = var.boot_key_interval

  # HTTP server
  http_directory    = var.http_directory
  http_bind_address = var.http_bind_address
  http_interface    = var.http_interface
  http_port_min     = var.http_port_min
  http_port_max     = var.http_port_max

  # Login: the keys of a guest that is still settling may be refused for a while
  communicator           = var.communicator
  ssh_username           = var.build_username
  ssh_private_key_file   = var.ssh_private_key_file
  ssh_timeout            = var.login_timeout
  ssh_handshake_attempts = 20
  ssh_proxy_host         = var.ssh_proxy_host
  ssh_proxy_port         = var.ssh_proxy_port
  winrm_username         = var.build_username
  winrm_password         = var.winrm_password
  winrm_timeout          = var.login_timeout
  winrm_port             = var.winrm_port
  winrm_use_ssl          = true
  winrm_insecure         = true # the guest signs its own certificate

  # Finish
  cloud_init              = var.cloud_init
  cloud_init_storage_pool = var.storage_pool
  cloud_init_disk_type    = var.cloud_init_disk_type
}
