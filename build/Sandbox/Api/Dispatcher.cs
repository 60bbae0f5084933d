using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Sandbox.Access;
using Sandbox.Machines;

namespace Sandbox.Api;

/// <summary>
/// Takes every request through the same gates in the order of the real server: path, credentials, privileges, node,
/// parameters, and only then the endpoint's handler. What is refused is said in the reason phrase, as clients expect.
/// </summary>
internal sealed class Dispatcher(NodeServices node, Router router)
{
    private const string Base = "/api2/json";

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (node.Options.Latency > TimeSpan.Zero)
        {
            await Task.Delay(node.Options.Latency, node.Time, context.RequestAborted);
        }

        try
        {
            var data = await AnswerAsync(context);
            await WriteAsync(context, 200, "OK", new JsonObject { ["data"] = data });
        }
        catch (ApiException e)
        {
            await FailAsync(context, e);
        }
        catch (DroppedConnectionException)
        {
            context.Abort();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (BadHttpRequestException e)
        {
            await FailAsync(context, new ApiException(e.StatusCode, e.Message));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await FailAsync(context, ApiException.Failed(e.Message));
        }
    }

    private async Task<JsonNode?> AnswerAsync(HttpContext context)
    {
        var (method, path) = (context.Request.Method, PathOf(context));
        var found = router.Find(method, path);
        var caller = found?.Endpoint.Permission.Test == PermissionTest.World
            ? Identity.Nobody
            : node.Credentials.Identify(context.Request, node.Version, found?.Endpoint.Path.EndsWith("/upload", StringComparison.Ordinal) == true);
        if (found is not var (endpoint, parameters))
        {
            throw new ApiException(501, $"Method '{method} /{path}' not implemented");
        }

        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        UploadedFile? file = null;
        try
        {
            file = await RequestReader.ReadAsync(context.Request, given, node.Paths.Incoming);
            if (node.Faults.Api(method, path) is { } fault)
            {
                throw new ApiException(fault.Status, fault.Message);
            }

            foreach (var (name, value) in given.OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                // Clients repeat in the form what is in the path; only another value is a mistake.
                if (!parameters.TryAdd(name, value) && parameters[name] != value)
                {
                    throw ApiException.Parameter(name, "duplicate parameter (already defined in URI) with conflicting values!");
                }
            }

            if (!endpoint.AllowsTokens && (caller.TokenName is not null || Access.Credentials.HasToken(context.Request)))
            {
                throw ApiException.Forbidden($"URI '/{path}' not available with API token, need proper ticket.\n");
            }

            var call = new ApiCall(node, caller, parameters, context.RequestAborted)
            {
                File = file,
                Upgrade = context.WebSockets.IsWebSocketRequest ? () => context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault()) : null,
            };
            var dropped = node.Faults.Drops(method, path);
            var answer = await RunAsync(endpoint, call);
            return dropped ? throw new DroppedConnectionException() : answer;
        }
        finally
        {
            if (file is { IsTaken: false })
            {
                File.Delete(file.Path);
            }
        }
    }

    private async Task<JsonNode?> RunAsync(Endpoint endpoint, ApiCall call)
    {
        lock (node.Gate)
        {
            if (endpoint.Method != "GET" && call.Caller is { AuthId: not AccessControl.Root } caller && caller != Identity.Nobody)
            {
                node.Faults.Revoke();
            }

            var permission = node.Version.Before9 ? endpoint.PermissionBefore9 ?? endpoint.Permission : endpoint.Permission;
            node.Access.Check(permission, call);
            if (endpoint.Path.Contains("{node}", StringComparison.Ordinal) && call.TextOrNull("node") is { } name && !node.NodeNames.Contains(name) && name != "localhost")
            {
                throw ApiException.Failed($"hostname lookup '{name}' failed - failed to get address info for: {name}: Name or service not known");
            }

            // As on the real server, what a parameter is worth is looked at last: who may not call learns nothing.
            var errors = ParameterCheck.Errors(endpoint.Parameters, call.Parameters, node.Version);
            if (errors.Count > 0)
            {
                throw ApiException.Parameters(errors);
            }

            if (endpoint is { Run: { } run, LocksConfig: false })
            {
                var answer = run(call);
                SaveAfter(endpoint);
                return answer;
            }
        }

        using var held = endpoint.LocksConfig ? await node.ConfigLocks.TakeAsync(ConfigLock.Of(call.VmId), call.Cancellation) : null;
        try
        {
            if (endpoint.RunAsync is { } slow)
            {
                return await slow(call);
            }

            lock (node.Gate)
            {
                return endpoint.Run!(call);
            }
        }
        finally
        {
            SaveAfter(endpoint);
        }
    }

    private void SaveAfter(Endpoint endpoint)
    {
        if (endpoint.Method != "GET" && !endpoint.KeepsState)
        {
            node.Save();
        }
    }

    /// <summary>The decoded path below the base. The server decodes it whole before it looks at the slashes.</summary>
    private static string PathOf(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var end = raw.IndexOf('?', StringComparison.Ordinal);
        var path = Uri.UnescapeDataString(end < 0 ? raw : raw[..end]);
        return path.StartsWith(Base + "/", StringComparison.Ordinal)
            ? path[(Base.Length + 1)..].TrimEnd('/')
            : throw new ApiException(path == Base ? 501 : 404, $"no such file '{path}'");
    }

    private static Task FailAsync(HttpContext context, ApiException failure)
    {
        var body = new JsonObject { ["data"] = null, ["message"] = failure.Message.TrimEnd('\n') + "\n" };
        if (failure.Errors.Count > 0)
        {
            body["errors"] = new JsonObject(failure.Errors.Select(e => KeyValuePair.Create(e.Key, (JsonNode?)JsonValue.Create(e.Value))));
        }

        return WriteAsync(context, failure.Status, failure.Message, body);
    }

    private static async Task WriteAsync(HttpContext context, int status, string reason, JsonObject body)
    {
        if (context.Response.HasStarted)
        {
            return;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(body, Json);
        context.Response.StatusCode = status;
        context.Features.Get<IHttpResponseFeature>()!.ReasonPhrase = Phrase(reason);
        context.Response.ContentType = "application/json;charset=UTF-8";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    // A reason phrase is the first line of the message, in ASCII.
    private static string Phrase(string message) =>
        string.Create(Math.Min(message.AsSpan().IndexOf('\n') is >= 0 and var end ? end : message.Length, 500), message, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
            }
        });
}

/// <summary>The fault <c>drop</c>: the call was done, and its answer is lost on the way.</summary>
internal sealed class DroppedConnectionException : Exception;
