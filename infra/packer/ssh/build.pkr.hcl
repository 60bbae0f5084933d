build {
  sources = ["source.proxmox-iso.vm"]

  # The last script removes the user that it runs for, so nothing may be left to do as that user: no clean-up of the
  # uploaded scripts (that script does it).
  provisioner "shell" {
    scripts          = var.provision_scripts
    environment_vars = ["BUILD_USER=${var.build_username}"]
    execute_command  = "sudo -n env {{ .Vars }} {{ .Path }}"
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
