using Qemu;
using Qemu.Disks;
using Sandbox.Api;
using Sandbox.Storage;

namespace Sandbox.Machines.Real;

/// <summary>Does the work on disks' files one after the other, so that the API answers meanwhile.</summary>
internal sealed class QemuDiskFiles(QemuTools tools) : IDiskFiles, IAsyncDisposable
{
    private readonly DiskImages images = new(tools);
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private string? failure;

    public void Create(Volume volume, string file, string? source, bool linked) => Enqueue(() => (volume.Purpose, source) switch
    {
        // Made anew at each start.
        (VolumePurpose.CloudInit, _) => Task.CompletedTask,
        (VolumePurpose.TpmState, null) => DiskImages.CreateTpmAsync(file),
        (VolumePurpose.TpmState, { } from) => DiskImages.CopyRawAsync(file, from),
        (_, { } from) => linked ? images.LinkAsync(file, from, stopping.Token) : images.CopyAsync(file, from, stopping.Token),
        (VolumePurpose.Firmware or VolumePurpose.FirmwareKeys, null) => images.CreateVariablesAsync(file, volume.Purpose == VolumePurpose.FirmwareKeys, stopping.Token),
        _ => images.CreateAsync(file, volume.SizeBytes, stopping.Token),
    });

    public void Resize(Volume volume, string file)
    {
        var bytes = volume.SizeBytes;
        Enqueue(() => volume.Purpose == VolumePurpose.Disk ? images.ResizeAsync(file, bytes, stopping.Token) : Task.CompletedTask);
    }

    public void MakeBase(Volume volume, string file, string baseFile) => Enqueue(() => DiskImages.MakeBaseAsync(file, baseFile));

    public void Delete(string file) => Enqueue(() => DiskImages.DeleteAsync(file));

    public async Task SettledAsync()
    {
        Task all;
        lock (gate)
        {
            all = last;
        }

        await all;
        if (Interlocked.Exchange(ref failure, null) is { } why)
        {
            throw ApiException.Failed(why);
        }
    }

    /// <summary>Does something after what was asked for before.</summary>
    public void Enqueue(Func<Task> work)
    {
        lock (gate)
        {
            last = AfterAsync(last, work);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await last;
        stopping.Dispose();
    }

    private async Task AfterAsync(Task before, Func<Task> work)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await work();
        }
        catch (Exception e) when (e is QemuException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            Interlocked.CompareExchange(ref failure, e.Message, null);
        }
    }
}
