namespace Guest.Tests;

/// <summary>Which uploaded file a command line would execute.</summary>
public sealed class ScriptFinderTests
{
    [TestCase("/tmp/s.sh", true)]
    [TestCase("chmod +x /tmp/s.sh; A='b c' PACKER_BUILD_NAME='x'  /tmp/s.sh", true)]
    [TestCase("A=1 sudo -E sh -c '/tmp/s.sh'", true)]
    [TestCase("A=1 sudo -E bash '/tmp/s.sh'", true)]
    [TestCase("sudo -E sh -eux -c 'cd / && /tmp/s.sh --flag'", true)]
    [TestCase("{ sh /tmp/s.sh; } 2>&1 | tee log", true)]
    [TestCase("echo 'x' | sudo -S env A=1 /tmp/s.sh", true)]
    [TestCase("powershell -file \"/tmp/s.sh\"", true)]
    [TestCase("chmod 0755 /tmp/s.sh", false)]
    [TestCase("rm -f /tmp/s.sh", false)]
    [TestCase("sudo /tmp/other.sh", false)]
    [TestCase("", false)]
    public void Finds(string command, bool found)
    {
        var files = new GuestFiles();
        files.Store(new GuestFile("/tmp/s.sh", 3, "", "abc"u8.ToArray()));

        Assert.That(ScriptFinder.Find(command, files), Has.Count.EqualTo(found ? 1 : 0));
    }

    [TestCase("#!/bin/sh\n\n# clean up.sh: x\n", "clean up.sh: x")]
    [TestCase("# a.ps1\r\n", "a.ps1")]
    [TestCase(":: b.bat", "b.bat")]
    [TestCase("REM b.bat", "b.bat")]
    [TestCase("#!/bin/sh\necho\n# late", "")]
    [TestCase("", "")]
    public void TitleIsTheFirstComment(string text, string title) =>
        Assert.That(new GuestFile("/x", 0, "", System.Text.Encoding.UTF8.GetBytes(text)).Title, Is.EqualTo(title));

    [TestCase("cleanup.sh", true)]
    [TestCase("CLEAN*", true)]
    [TestCase("script_*.sh", true)]
    [TestCase("other*", false)]
    public void CommandsAreMatchedByNameOrTitle(string pattern, bool matches)
    {
        var script = new GuestFile("/tmp/script_1.sh", 0, "", "#!/bin/sh\n# cleanup.sh: x\n"u8.ToArray());

        Assert.That(new GuestCommand("u", "x", [script]).Executes(pattern), Is.EqualTo(matches));
    }
}
