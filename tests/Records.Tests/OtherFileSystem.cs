namespace Records.Tests;

/// <summary>A folder on another file system than the tests' temporary ones, where this machine has one.</summary>
internal sealed class OtherFileSystem : IDisposable
{
    public OtherFileSystem()
    {
        var other = Path.GetTempPath().StartsWith("/dev/shm", StringComparison.Ordinal) ? "/var/tmp" : "/dev/shm";
        Assume.That(Directory.Exists(other), "there is another file system");
        Folder = Directory.CreateDirectory(Path.Combine(other, $"records-test-{Guid.NewGuid():N}")).FullName;
    }

    public string Folder { get; }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
