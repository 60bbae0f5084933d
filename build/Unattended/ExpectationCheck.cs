namespace Unattended;

/// <summary>Compares what a file leads to with what the build relies on.</summary>
internal static class ExpectationCheck
{
    internal static IReadOnlyList<Finding> Check(UnattendedPlan plan, UnattendedExpectations expected, string file)
    {
        var findings = new FindingList(file);
        if (expected.NeedsGuestAgent && !plan.GuestAgent)
        {
            findings.Useless("no-guest-agent", 0, plan.Format == UnattendedFormat.Unattend
                ? "no command installs the guest agent (guest-agent\\qemu-ga-x86_64.msi or virtio-win-guest-tools.exe of the virtio-win medium): Packer would never learn the address"
                : "the guest agent is not installed (package qemu-guest-agent): Packer would never learn the address");
        }

        if (expected.NeedsCloudInit && plan.Format != UnattendedFormat.Unattend && !plan.CloudInit)
        {
            findings.Useless("no-cloud-init", 0, "cloud-init is not installed: clones of the template would not take their user and keys from the cloud-init drive");
        }

        if (!plan.Reboots)
        {
            findings.Useless("no-reboot", 0, "the machine does not restart after the installation: Packer would wait for the login until its time-out");
        }

        if (expected.Communicator == "winrm")
        {
            CheckWinRm(plan, expected, findings);
        }
        else if (!plan.Ssh)
        {
            findings.Useless("no-ssh", 0, "no SSH server is installed, started and let through the firewall: Packer's login would find nobody until ssh_timeout");
        }

        if (expected.UserName is { } name)
        {
            CheckAccount(plan, expected, name, findings);
        }

        return findings.InOrder();
    }

    private static void CheckWinRm(UnattendedPlan plan, UnattendedExpectations expected, FindingList findings)
    {
        if (plan.WinRm is not { } winRm)
        {
            findings.Useless("no-winrm", 0, $"WinRM cannot be reached on port {expected.WinRmPort}: no command makes a listener and opens the port; Packer would wait until winrm_timeout");
        }
        else if (winRm.Https != (expected.WinRmPort == 5986))
        {
            findings.Useless("no-winrm", 0, $"WinRM listens with {(winRm.Https ? "HTTPS on port 5986" : "HTTP on port 5985")}, but Packer asks port {expected.WinRmPort}: it would wait until winrm_timeout");
        }
        else if (!winRm.Basic)
        {
            findings.Useless("winrm-basic", 0, "no command lets WinRM admit basic authentication: Packer's login would be refused until winrm_timeout");
        }
        else if (!winRm.Https && !winRm.AllowUnencrypted)
        {
            findings.Useless("winrm-unencrypted", 0, "WinRM over HTTP refuses messages without encryption: Packer's login would be refused until winrm_timeout");
        }
    }

    private static void CheckAccount(UnattendedPlan plan, UnattendedExpectations expected, string name, FindingList findings)
    {
        var windows = plan.Format == UnattendedFormat.Unattend;
        var comparison = windows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var account = plan.Accounts.FirstOrDefault(a => a.Name.Equals(name, comparison));
        var timeout = expected.Communicator == "winrm" ? "winrm_timeout" : "ssh_timeout";
        if (account is null)
        {
            findings.JudgeUseless(!plan.LoginUnclear, "no-such-user", 0, $"the file creates no user {name}: Packer's login would be refused until {timeout}");
            return;
        }

        if (expected.PublicKey is { } key)
        {
            if (account.AuthorizedKeys.Count == 0)
            {
                findings.JudgeUseless(!plan.LoginUnclear, "no-ssh-key", 0, plan.Format == UnattendedFormat.Kickstart
                    ? $"the file creates the user {name} but has no sshkey for it: Packer's login would be refused until {timeout}"
                    : $"the file creates the user {name} but gives it no public key: Packer's login would be refused until {timeout}");
            }
            else if (!account.AuthorizedKeys.Any(k => PublicKey.Same(k, key)))
            {
                findings.Useless("wrong-ssh-key", 0, $"the public key of {name} is not the one with which Packer logs in: its login would be refused until {timeout}");
            }
        }

        if (expected.Password is { } password)
        {
            if (!account.HasPassword)
            {
                findings.JudgeUseless(!plan.LoginUnclear, "no-password", 0, $"{name} has no password: Packer's login would be refused until {timeout}");
            }
            else if (account.Password is { } real && real != password)
            {
                findings.Useless("wrong-password", 0, $"the password of {name} is not the one with which Packer logs in: its login would be refused until {timeout}");
            }
            else if (expected.Communicator == "ssh" && !plan.SshPasswords)
            {
                findings.Useless("ssh-passwords-refused", 0, $"the SSH server admits no passwords: Packer's login would be refused until {timeout}");
            }
        }

        if (expected.NeedsAdministrator && !account.Administrator)
        {
            findings.JudgeUseless(!plan.SudoUnclear, "not-administrator", 0, windows
                ? $"{name} is not in the group Administrators: the provisioning scripts would be refused"
                : $"{name} may not become root without a password (no sudo rule with NOPASSWD): the provisioning scripts would fail");
        }
    }
}
