using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sandbox.Api;

namespace Sandbox.Tests.Verdicts;

/// <summary>Calls a node's dispatcher without a socket, so that thousands of calls take no time.</summary>
internal sealed class InProcessClient(Dispatcher dispatcher)
{
    public Dictionary<string, string> Headers { get; } = [];

    public async Task<ApiAnswer> SendAsync(string method, string path, JsonObject? parameters = null)
    {
        var pairs = (parameters ?? []).Where(p => p.Value is not null and not JsonObject)
            .Select(p => (Name: p.Key, Value: p.Value!.ToString())).ToList();
        var context = new DefaultHttpContext();
        var form = string.Join('&', pairs.Select(p => $"{Uri.EscapeDataString(p.Name)}={Uri.EscapeDataString(p.Value)}"));
        var query = method is "GET" or "DELETE" && form.Length > 0 ? "?" + form : "";
        context.Request.Method = method;
        context.Request.Scheme = "https";
        context.Request.Path = "/api2/json";
        context.Request.QueryString = new QueryString(query);
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = "/api2/json" + path + query;
        foreach (var (name, value) in Headers)
        {
            context.Request.Headers[name] = value;
        }

        if (parameters?["upload"] is JsonObject file)
        {
            Fill(context, "multipart/form-data; boundary=----case", Multipart(pairs, file));
        }
        else if (method is "POST" or "PUT")
        {
            Fill(context, "application/x-www-form-urlencoded", Encoding.ASCII.GetBytes(form));
        }

        var body = new MemoryStream();
        context.Response.Body = body;
        await dispatcher.HandleAsync(context);
        var text = Encoding.UTF8.GetString(body.ToArray());
        return new ApiAnswer(context.Response.StatusCode, context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase ?? "", text.Length == 0 ? null : JsonNode.Parse(text));
    }

    private static void Fill(DefaultHttpContext context, string type, byte[] bytes)
    {
        context.Request.ContentType = type;
        context.Request.ContentLength = bytes.Length;
        context.Request.Body = new MemoryStream(bytes);
    }

    private static byte[] Multipart(List<(string Name, string Value)> fields, JsonObject file)
    {
        var content = (string?)file["content"] == "x.iso" ? VerdictWorld.Iso : [.. Enumerable.Repeat((byte)'z', (int?)file["bytes"] ?? 1)];
        var head = new StringBuilder();
        foreach (var (name, value) in fields)
        {
            head.Append($"------case\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }

        head.Append($"------case\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"{file["name"]}\"\r\nContent-Type: application/octet-stream\r\n\r\n");
        return [.. Encoding.UTF8.GetBytes(head.ToString()), .. content, .. "\r\n------case--\r\n"u8];
    }
}
