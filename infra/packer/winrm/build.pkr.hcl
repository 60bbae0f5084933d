build {
  sources = ["source.proxmox-iso.vm"]

  # The last script locks the user that it runs for, so nothing may be left to do as that user: no clean-up of the
  # uploaded scripts (that script does it).
  provisioner "powershell" {
    scripts          = var.provision_scripts
    environment_vars = ["BUILD_USER=${var.build_username}"]
    skip_clean       = true
  }

  post-processor "manifest" {
    output     = var.manifest_file
    strip_path = true
    custom_data = {
      template = var.template_id
      chain_id = var.chain_id
    }
  }
}
