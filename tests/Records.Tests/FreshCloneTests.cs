using System.Text.RegularExpressions;
using Records.Views;

namespace Records.Tests;

/// <summary>What a clone that has built nothing shows its reader.</summary>
public sealed class FreshCloneTests
{
    [Test]
    public void Every_link_of_the_empty_index_leads_to_a_file()
    {
        var folder = Directory.CreateTempSubdirectory("fresh-").FullName;
        try
        {
            var root = RecordRoot.For(folder, "proxmox");
            RecordIndex.Regenerate(root);
            var links = Regex.Matches(File.ReadAllText(root.Index), @"\]\(([^)#:]+)\)").Select(m => m.Groups[1].Value).ToList();
            Assert.That(links.Where(l => !File.Exists(Path.Combine(folder, l))), Is.Empty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
