using Foundation;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>
/// A template as it is to be built: <c>template.json</c>, changed by what the user gave for single variables. What a value
/// given stands for in the file it changes there, before anything is checked or computed.
/// </summary>
public sealed class ChosenTemplate
{
    /// <summary>What is given like a variable of Packer, which never gets it: the program sets tags itself.</summary>
    public const string TagsVariable = "tags";

    private const string AddressField = "network.address";

    private readonly string? guestAddress;

    private ChosenTemplate(TemplateDocument document, IReadOnlyList<GivenVariable> given, IReadOnlyDictionary<string, JToken> values, string? guestAddress)
    {
        this.guestAddress = guestAddress;
        Document = document;
        Given = given;
        Values = values;
    }

    /// <summary>The template, changed.</summary>
    public Template Template => Document.Template;

    /// <summary>What the user gave, each variable once, sorted by name.</summary>
    public IReadOnlyList<GivenVariable> Given { get; }

    /// <summary>What of that is for Packer alone, by the variables' names.</summary>
    public IReadOnlyDictionary<string, JToken> Values { get; }

    /// <summary>The file, changed, with the positions of what is not changed.</summary>
    internal TemplateDocument Document { get; }

    /// <summary>Whether something of the file was changed.</summary>
    internal bool IsChanged => guestAddress is not null || Given.Any(g => VariableRules.Of(g.Name).Use == VariableUse.Field);

    /// <summary>What was given that changes the file, as messages name it.</summary>
    internal IEnumerable<string> Changes => guestAddress is null ? Given.Select(g => g.Place) : Given.Select(g => g.Place).Append($"--guest-address={guestAddress}");

    /// <summary>Whether the user gave a value for a variable.</summary>
    public bool Gives(string variable) => Given.Any(g => g.Name == variable);

    /// <summary>Reads a template and changes it.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="id">The template's id.</param>
    /// <param name="given">What the user gave; of several for one variable the last counts.</param>
    /// <param name="guestAddress">The guest's address instead of the file's, or null.</param>
    /// <exception cref="FailureException">
    /// Usage: a variable that does not exist, that the program sets itself, or a value that it cannot have. Validation:
    /// <c>template.json</c> cannot be read.
    /// </exception>
    public static ChosenTemplate Of(TemplateCatalogue catalogue, string id, IReadOnlyList<GivenVariable>? given = null, string? guestAddress = null)
    {
        var document = catalogue.Document(id);
        if (guestAddress is not null)
        {
            if (document.Find("network") is not JObject)
            {
                throw new FailureException(
                    FailureKind.Usage, $"--guest-address={guestAddress} is not enough for {id}", "its template.json has no network with the gateway and the name servers",
                    "Write it into template.json, like \"network\": { \"address\": \"192.0.2.50/24\", \"gateway\": \"192.0.2.1\", \"dns\": [\"192.0.2.53\"] }");
            }

            document.Set(AddressField, guestAddress);
        }

        if (given is not { Count: > 0 })
        {
            _ = document.Template;
            return new ChosenTemplate(document, [], new Dictionary<string, JToken>(), guestAddress);
        }

        var declared = PackerVariables.Read(catalogue);
        var last = given.GroupBy(g => g.Name, StringComparer.Ordinal).Select(g => g.Last()).OrderBy(g => g.Name, StringComparer.Ordinal).ToList();
        var values = new SortedDictionary<string, JToken>(StringComparer.Ordinal);
        foreach (var one in last)
        {
            var rule = VariableRules.Of(one.Name);
            if (rule.Use == VariableUse.Option)
            {
                continue;
            }

            var value = Value(declared, one, rule);
            if (rule.Use == VariableUse.Field)
            {
                document.Remove(rule.Instead);
                document.Set(rule.Field, rule.ToField(value, document.Find(rule.Field))!);
            }
            else if (rule.Use == VariableUse.Packer)
            {
                values[one.Name] = value;
            }
        }

        var chosen = new ChosenTemplate(document, last, values, guestAddress);
        chosen.RequireTemplate(catalogue, id);
        chosen.RequirePorts(declared);
        return chosen;
    }

    private static JToken Value(PackerVariables declared, GivenVariable given, VariableRule rule)
    {
        var variable = declared.Require(given);
        if (rule.Use == VariableUse.Program)
        {
            throw new FailureException(FailureKind.Usage, $"{given.Place} is not possible", "the program itself sets this variable for each run", rule.Remedy);
        }

        var (value, problem) = VariableValue.Read(variable, given.Text);
        return (problem ?? rule.Objection(value!)) is { } why
            ? throw new FailureException(FailureKind.Usage, $"{given.Place} cannot be used", why, variable.Description.TrimEnd('.'))
            : value!;
    }

    // A value of the right type may still not fit into the field: it is the command line that is wrong then, not the file.
    private void RequireTemplate(TemplateCatalogue catalogue, string id)
    {
        try
        {
            _ = Template;
        }
        catch (FailureException e)
        {
            _ = catalogue.Load(id);
            throw new FailureException(FailureKind.Usage, $"{string.Join(", ", Given)} cannot be used for the template {id}", e.Why, cause: e);
        }
    }

    private void RequirePorts(PackerVariables declared)
    {
        if (!Gives("http_port_min") && !Gives("http_port_max"))
        {
            return;
        }

        long Port(string name) => (long)(Values.GetValueOrDefault(name) ?? declared.All[name].Default!);
        if (Port("http_port_min") > Port("http_port_max"))
        {
            throw new FailureException(
                FailureKind.Usage, $"{string.Join(", ", Given.Where(g => g.Name.StartsWith("http_port_", StringComparison.Ordinal)))} cannot be used",
                $"there is no port from {Port("http_port_min")} to {Port("http_port_max")}", "Give http_port_min and http_port_max");
        }
    }
}
