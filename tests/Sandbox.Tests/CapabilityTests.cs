namespace Sandbox.Tests;

/// <summary>The node lists the processors that a real one lists.</summary>
public sealed class CapabilityTests
{
    [Test]
    public async Task The_CPU_types_are_those_of_a_real_node()
    {
        await using var node = await TestNode.StartAsync();
        var listed = (await node.Root.GetAsync("nodes/pve/capabilities/qemu/cpu")).Data!.AsArray().Select(t => $"{t!["name"]}\t{t["vendor"]}");
        Assert.That(listed, Is.EquivalentTo(File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Data", "cpu-types-9.2.tsv"))));
    }

    [Test]
    public async Task A_server_of_version_8_tells_no_flags()
    {
        await using var node = await TestNode.StartAsync(o => o with { PveVersion = "8.4.1" });
        var answer = await node.Root.GetAsync("nodes/pve/capabilities/qemu/cpu-flags");
        Assert.That((answer.Status, answer.Reason), Is.EqualTo((501, "Method 'GET /nodes/pve/capabilities/qemu/cpu-flags' not implemented")));
    }
}
