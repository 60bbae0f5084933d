namespace Installer;

/// <summary>A machine that is switched on with an installation medium in its drive.</summary>
public sealed record InstallationRequest
{
    /// <summary>The attached media, those that are booted first in front.</summary>
    public required IReadOnlyList<InstallationMedium> Media { get; init; }

    /// <summary>The attached disks, all empty, the first in boot order in front.</summary>
    public required IReadOnlyList<InstallationDisk> Disks { get; init; }

    /// <summary>The firmware.</summary>
    public Firmware Firmware { get; init; }

    /// <summary>The memory in MiB.</summary>
    public required int MemoryMb { get; init; }

    /// <summary>Proxmox's CPU type (<c>host</c>, <c>x86-64-v2-AES</c>, …), or null when it does not matter.</summary>
    public string? CpuType { get; init; }

    /// <summary>The model of the first network card that is on a bridge (<c>virtio</c>, <c>e1000</c>, …), or null without one.</summary>
    public string? NetworkModel { get; init; }

    /// <summary>Fetches an address, or null for plain HTTP with time-outs of three seconds.</summary>
    public Fetch? Fetch { get; init; }

    /// <summary>Is told each line of the installation's log as it happens. Called by any thread, one at a time.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Whether the answers are read and installed with; otherwise the installation ends when they were found.</summary>
    public bool ReadsAnswers { get; init; } = true;

    /// <summary>The clock of the boot loader's time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How long the boot loader waits for a first key before it boots its default entry.</summary>
    public TimeSpan FirstKeyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After how long without a key an unfinished boot line is taken to be all that will come.</summary>
    public TimeSpan KeyIdle { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>Fetches an address as the installer does.</summary>
public delegate Task<FetchResult> Fetch(Uri address, CancellationToken cancellation);

/// <summary>What fetching an address gave.</summary>
/// <param name="Status">The HTTP status, or 0 when there was no answer.</param>
/// <param name="Body">The body as text, empty without one.</param>
/// <param name="Error">Why there was no answer, or null.</param>
public sealed record FetchResult(int Status, string Body, string? Error = null)
{
    /// <summary>Whether the body is what was asked for.</summary>
    public bool Succeeded => Error is null && Status is >= 200 and < 300;
}

/// <summary>An empty disk.</summary>
/// <param name="Bus">The bus: <c>scsi</c>, <c>virtio</c>, <c>sata</c>, <c>ide</c>.</param>
/// <param name="SizeBytes">The size in bytes.</param>
/// <param name="ScsiController">Proxmox's <c>scsihw</c> for a <c>scsi</c> disk, or null for its default.</param>
public sealed record InstallationDisk(string Bus, long SizeBytes, string? ScsiController = null);
