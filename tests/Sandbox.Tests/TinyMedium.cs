using System.Diagnostics;

namespace Sandbox.Tests;

/// <summary>A bootable ISO of some dozen bytes of code: it greets, shows each key that is typed, and switches off on q.</summary>
internal static class TinyMedium
{
    //     xor ax,ax · mov ds,ax · mov si,message
    // 1:  lodsb · test al,al · jz 2f · mov ah,0x0e · int 0x10 · jmp 1b
    // 2:  xor ah,ah · int 0x16 · cmp al,'q' · je 3f · mov ah,0x0e · int 0x10 · jmp 2b
    // 3:  mov ax,0x5307 · mov bx,1 · mov cx,3 · int 0x15 (APM: off) · hlt · jmp -3
    private static readonly byte[] Code =
    [
        0x31, 0xC0, 0x8E, 0xD8, 0xBE, 0x30, 0x7C,
        0xAC, 0x84, 0xC0, 0x74, 0x06, 0xB4, 0x0E, 0xCD, 0x10, 0xEB, 0xF5,
        0x30, 0xE4, 0xCD, 0x16, 0x3C, 0x71, 0x74, 0x06, 0xB4, 0x0E, 0xCD, 0x10, 0xEB, 0xF2,
        0xB8, 0x07, 0x53, 0xBB, 0x01, 0x00, 0xB9, 0x03, 0x00, 0xCD, 0x15, 0xF4, 0xEB, 0xFD,
    ];

    public static byte[] Make()
    {
        using var folder = new TempFolder();
        var tree = Directory.CreateDirectory(folder.File("tree")).FullName;
        var boot = new byte[2048];
        Code.CopyTo(boot, 0);
        "The tiny medium has started.\r\n"u8.CopyTo(boot.AsSpan(0x30));
        File.WriteAllBytes(Path.Combine(tree, "boot.img"), boot);
        var start = new ProcessStartInfo("xorriso") { RedirectStandardError = true };
        foreach (var argument in new[] { "-as", "mkisofs", "-quiet", "-b", "boot.img", "-no-emul-boot", "-boot-load-size", "4", "-o", folder.File("tiny.iso"), tree })
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, said);
        return File.ReadAllBytes(folder.File("tiny.iso"));
    }
}
