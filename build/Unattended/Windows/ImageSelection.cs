using System.Globalization;
using System.Xml.Linq;
using Foundation;
using static Unattended.Windows.AnswerFile;

namespace Unattended.Windows;

/// <summary>
/// Which image of the medium is installed, and with which product key. The names of images are those of <c>install.wim</c>
/// (<c>dism /Get-WimInfo</c>), in <c>windows-editions.tsv</c>.
/// </summary>
internal static class ImageSelection
{
    private static readonly ILookup<string, string> Editions = DataTable.Read("windows-editions.tsv").ToLookup(r => r[0], r => r[1]);

    internal static void Check(XElement setup, UnattendedContext context, FindingList findings)
    {
        var key = Text(setup, "UserData/ProductKey/Key") is { Length: > 0 } text ? text : null;
        if (key is not null && context.MediumName.Contains("eval", StringComparison.OrdinalIgnoreCase))
        {
            findings.Error("unattend-product-key", Line(At(setup, "UserData/ProductKey/Key")!),
                "evaluation media take no product key: \"The product key entered does not match any of the Windows images available for installation\"");
        }

        if (At(setup, "ImageInstall/OSImage/InstallFrom/MetaData") is { } selection)
        {
            CheckChoice(selection, WindowsProduct.Of(context), findings);
        }
        else if (key is null)
        {
            var several = context.OsId.Length > 0 && WindowsProduct.Of(context) is not { IsClient: true };
            findings.Judge(several, "unattend-image", Line(setup), "neither InstallFrom/MetaData (/IMAGE/NAME or /IMAGE/INDEX) nor a product key: Setup asks which edition to install");
        }
    }

    private static void CheckChoice(XElement selection, WindowsProduct? product, FindingList findings)
    {
        var value = Text(selection, "Value") ?? "";
        var line = Line(At(selection, "Value") ?? selection);
        switch (Text(selection, "Key")?.ToUpperInvariant())
        {
            case "/IMAGE/INDEX":
                // An evaluation has one or two editions, Windows Server four, what is sold of the clients up to eleven.
                var most = product is { IsClient: false, Number: >= 2012 } ? 4 : 11;
                if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index < 1 || index > most)
                {
                    findings.Error("unattend-image", line, $"/IMAGE/INDEX {value}: the medium has the images 1 to {most}; Setup stops because it cannot find the image");
                }

                break;
            case "/IMAGE/NAME" when value.Length == 0:
                findings.Error("unattend-image", line, "/IMAGE/NAME without a name: Setup stops because it cannot find the image");
                break;
            case "/IMAGE/NAME":
                CheckName(value, line, product, findings);
                break;
            case "/IMAGE/DESCRIPTION":
                break;
            case "/IMAGE/EDITIONID" or "/IMAGE/FLAGS" or "/IMAGE/DISPLAYNAME" or "/IMAGE/DISPLAYDESCRIPTION":
                findings.Warn("unattend-image", Line(selection), "MetaData has a key that install.wim has; Microsoft documents /IMAGE/NAME, /IMAGE/INDEX and /IMAGE/DESCRIPTION only");
                break;
            default:
                findings.Error("unattend-image", Line(At(selection, "Key") ?? selection), $"MetaData has the key '{Text(selection, "Key")}' instead of /IMAGE/NAME, /IMAGE/INDEX or /IMAGE/DESCRIPTION: Setup cannot find the image");
                break;
        }
    }

    private static void CheckName(string name, int line, WindowsProduct? product, FindingList findings)
    {
        const string Stops = "Setup stops because it cannot find the image";
        if (product is null)
        {
            return;
        }

        var example = product.IsClient ? $"{product.Name} Pro" : $"{product.Name} SERVERSTANDARD";
        var rest = name.StartsWith(product.Name, StringComparison.OrdinalIgnoreCase) ? name[product.Name.Length..] : null;
        if (rest is null || (rest.Length > 0 && rest[0] != ' ') || rest.StartsWith(" R2", StringComparison.OrdinalIgnoreCase))
        {
            // A preview, a semi-annual channel and Hyper-V Server have names of their own.
            var other = Other(name);
            findings.Judge(other, "unattend-image", line, $"no image on the medium is named '{name}' (such as {example}): {Stops}");
            return;
        }

        var editions = Editions[product.IsClient ? "client" : "server"].ToList();
        var edition = rest.Trim();
        if (editions.Contains(edition, StringComparer.OrdinalIgnoreCase))
        {
            return;
        }

        // Editions of clients come and go, but of few words; of Windows Server they are known.
        var near = NearMiss.Find(edition, editions);
        var words = editions.SelectMany(e => e.Split(' ')).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var strange = Array.Find(edition.Split(' ', StringSplitOptions.RemoveEmptyEntries), w => !words.Contains(w) && !w.All(char.IsAsciiDigit));
        findings.Judge(!product.IsClient || (strange is not null && NearMiss.Find(strange, words).Count > 0), "unattend-image", line,
            $"no image on the medium is named '{name}' ({(near.Count > 0 ? $"is {product.Name} {near[0]} meant?" : $"such as {example}")}): {Stops}");
    }

    // Whether it names another Windows for sure, or none at all.
    private static bool Other(string name)
    {
        string[] own = ["Windows Server vNext", "Windows Server SERVER", "Hyper-V Server", "Azure Stack HCI", "Windows Server Insider"];
        return !Array.Exists(own, o => name.StartsWith(o, StringComparison.OrdinalIgnoreCase));
    }
}
