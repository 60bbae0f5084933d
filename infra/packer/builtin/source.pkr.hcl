# For Packer 1.6, which has the builder inside and knows no `packer` block. It cannot take further media from HCL
# (it rejects two fields that it adds to them itself); the program attaches them while Packer waits for the boot.

source "proxmox-iso" "vm" {
  # Connection
  proxmox_url              = var.proxmox_url
  insecure_skip_tls_verify = var.insecure_skip_tls_verify
  node                     = var.node
  pool                     = var.pool

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
  dynamic "vga" {
    for_each = var.vga
    content {
      type   = vga.value.type
      memory = vga.value.memory
    }
  }

  # Disk
  disks {
    type              = var.disk_type
    disk_size         = var.disk_size
    format            = var.disk_format
    io_thread         = var.disk_io_thread
    cache_mode        = var.disk_cache_mode
    storage_pool      = var.storage_pool
    storage_pool_type = var.storage_pool_type
  }

  # Network
  network_adapters {
    model         = var.network_model
    bridge        = var.bridge
    vlan_tag      = var.vlan_tag
    firewall      = var.network_firewall
    packet_queues = var.network_packet_queues
  }
  dynamic "network_adapters" {
    for_each = var.further_network_adapters
    content {
      model         = network_adapters.value.model
      bridge        = network_adapters.value.bridge
      vlan_tag      = network_adapters.value.vlan_tag
      firewall      = network_adapters.value.firewall
      packet_queues = network_adapters.value.packet_queues
    }
  }
  vm_interface = var.vm_interface

  # Media
  iso_file = var.iso_file

  # Boot
  boot_wait         = var.boot_wait
  boot_command      = var.boot_command
  boot_key_interval = var.boot_key_interval

  # HTTP server
  http_directory    = var.http_directory
  http_bind_address = var.http_bind_address
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
}
