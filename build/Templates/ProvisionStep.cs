using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Templates;

/// <summary>
/// A provisioning step: the name of a script, or <c>{"script": …, "reboot": true}</c> for one with which the machine
/// restarts. Packer fails on a lost connection unless it is told to expect it.
/// </summary>
/// <param name="Script">The script, found as assets are.</param>
/// <param name="Reboot">
/// Whether the machine restarts. Over SSH the script restarts it, and Packer waits for the next login; over WinRM Packer
/// itself restarts it when the script has ended.
/// </param>
[JsonConverter(typeof(ProvisionStepConverter))]
public sealed record ProvisionStep(string Script, bool Reboot = false)
{
    /// <summary>A step that is a script and nothing else.</summary>
    public static implicit operator ProvisionStep(string script) => new(script);

    /// <inheritdoc/>
    public override string ToString() => Script;
}

/// <summary>Reads both forms of a step.</summary>
internal sealed class ProvisionStepConverter : JsonConverter<ProvisionStep>
{
    public override ProvisionStep ReadJson(JsonReader reader, Type objectType, ProvisionStep? existingValue, bool hasExistingValue, JsonSerializer serializer) =>
        JToken.ReadFrom(reader) switch
        {
            JValue { Type: JTokenType.String } name => new ProvisionStep((string)name!),
            JObject step when step["script"] is JValue { Type: JTokenType.String } script =>
                new ProvisionStep((string)script!, step["reboot"] is JValue { Type: JTokenType.Boolean } reboot && (bool)reboot),
            _ => throw new JsonSerializationException("A step of provision is a script's name, or an object with script and reboot."),
        };

    public override void WriteJson(JsonWriter writer, ProvisionStep? value, JsonSerializer serializer)
    {
        if (value is { Reboot: true })
        {
            new JObject { ["script"] = value.Script, ["reboot"] = true }.WriteTo(writer);
        }
        else
        {
            writer.WriteValue(value?.Script);
        }
    }
}
