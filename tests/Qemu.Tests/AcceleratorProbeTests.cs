using System.Diagnostics;
using Qemu.Running;

namespace Qemu.Tests;

/// <summary>The tiny guest by which virtualization is judged.</summary>
internal sealed class AcceleratorProbeTests
{
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);

    // What is not given up is interrupted, which fails the test.
    private CancellationTokenSource patience = null!;
    private DirectoryInfo folder = null!;

    private IEnumerable<string> Running => !OperatingSystem.IsLinux() ? [] : Directory.EnumerateDirectories("/proc").Where(p => Said(p).Contains($"{folder.FullName}/qemu\0-accel", StringComparison.Ordinal));

    [SetUp]
    public void SetUp()
    {
        patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        folder = Directory.CreateTempSubdirectory("probe-tests-");
    }

    [TearDown]
    public void TearDown()
    {
        patience.Dispose();
        Assert.That(Running, Is.Empty, "it runs on");
        folder.Delete(recursive: true);
    }

    [Test, Category("RealMachine")]
    public async Task Emulation_passes_it()
    {
        RealMachine.Require();
        Assert.That(await AcceleratorProbe.RunsAsync(QemuTools.Require(), "tcg", CancellationToken.None), Is.True);
    }

    [Test, Platform("Linux")]
    public async Task A_guest_that_uses_a_processor_and_does_not_end_is_given_up_by_what_it_used() =>
        Assert.That(await RunsAsync("while :; do :; done", Never, Soon, patience.Token), Is.False);

    [Test, Platform("Linux")]
    public async Task A_guest_that_stands_still_is_given_up_by_the_clock() =>
        Assert.That(await RunsAsync("while :; do sleep 1; done", Soon, Never, patience.Token), Is.False);

    [Test, Platform("Linux")]
    public async Task A_QEMU_that_ends_otherwise_has_not_run_it() =>
        Assert.That(await RunsAsync("echo no access to /dev/kvm >&2; exit 1", Never, Never, patience.Token), Is.False);

    [Test, Platform("Linux")]
    public async Task An_interruption_ends_it()
    {
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        var probe = RunsAsync("while :; do sleep 1; done", Never, Never, interruption.Token);
        while (!Running.Any())
        {
            Assert.That(patience.IsCancellationRequested, Is.False, "it never began");
            await Task.Delay(20, CancellationToken.None);
        }

        await interruption.CancelAsync();
        Assert.That(async () => await probe, Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>The probe with a program in QEMU's place.</summary>
    private async Task<bool> RunsAsync(string script, TimeSpan limit, TimeSpan processor, CancellationToken cancellation)
    {
        var program = Path.Combine(folder.FullName, "qemu");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n{script}\n", CancellationToken.None);
        using (var chmod = Process.Start("chmod", ["700", program]))
        {
            await chmod.WaitForExitAsync(CancellationToken.None);
        }

        return await AcceleratorProbe.RunsAsync(new QemuTools(program, "qemu-img", "xorriso"), "kvm", limit, processor, cancellation);
    }

    private static string Said(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
