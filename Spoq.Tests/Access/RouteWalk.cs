using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>One answer, and how many database commands it took.</summary>
internal sealed record WalkAnswer(int Status, string Code, string Shape, string? Challenge, int Commands)
{
    /// <summary>Anthropic's form has one word for all of a status.</summary>
    public bool Says(string code) => Code == code || (Status, Code) is (401, "authentication_error") or (403, "permission_error");
}

/// <summary>Calls any endpoint of the route table with any token and any ids.</summary>
internal sealed partial class RouteWalk : IDisposable
{
    /// <summary>A body that passes the checks before the one of whose id it is.</summary>
    private static readonly Dictionary<string, object> s_bodies = new()
    {
        ["PATCH /api/devices/{deviceId:guid}"] = new { name = "Taken over" },
        ["PATCH /api/cloud/instances/{instanceId:guid}"] = new { plan = "vps-1" },
        ["POST /api/cloud/instances/{instanceId:guid}/members"] = new { email = "mallory@example.com", role = "operator" },
        ["POST /api/cloud/instances/{instanceId:guid}/resize"] = new { plan = "vps-2" },
    };

    private readonly ApiClient _client;
    private readonly ActivityListener _listener;
    private readonly Dictionary<ActivityTraceId, int> _commands = [];

    public RouteWalk(Uri baseUrl)
    {
        _client = new ApiClient(baseUrl);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                lock (_commands)
                {
                    if (activity.Source.Name == "Npgsql" && _commands.TryGetValue(activity.TraceId, out var count))
                    {
                        _commands[activity.TraceId] = count + 1;
                    }
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _client.Dispose();
    }

    public static string Name(string method, RouteEndpoint endpoint) => $"{method} {Template(endpoint)}";

    public static string Template(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.Trim('/');

    /// <summary>The names of the ids in its path.</summary>
    public static IReadOnlyList<string> IdsOf(RouteEndpoint endpoint) => [.. Id().Matches(Template(endpoint)).Select(match => match.Groups[1].Value)];

    public static string Path(RouteEndpoint endpoint, Func<string, Guid> idOf) =>
        AnyOther().Replace(Id().Replace(Template(endpoint), match => idOf(match.Groups[1].Value).ToString()), "anything");

    public async Task<WalkAnswer> CallAsync(string method, RouteEndpoint endpoint, string? token, Func<string, Guid> idOf)
    {
        var path = Path(endpoint, idOf);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (method is not ("GET" or "DELETE" or "HEAD"))
        {
            request.Content = new StringContent(JsonSerializer.Serialize(s_bodies.GetValueOrDefault(Name(method, endpoint)) ?? new { }), Encoding.UTF8, "application/json");
        }

        using var activity = new Activity("walk").SetIdFormat(ActivityIdFormat.W3C).Start();
        lock (_commands)
        {
            _commands[activity.TraceId] = 0;
        }

        using var answer = await _client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var text = answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await answer.Content.ReadAsStringAsync();
        lock (_commands)
        {
            _commands.Remove(activity.TraceId, out var commands);
            var code = answer.Headers.TryGetValues("X-Spoq-Error", out var ours) ? ours.Single() : CodeOf(text);
            return new WalkAnswer((int)answer.StatusCode, code, RequestIdValue().Replace(text, "…"), answer.Headers.WwwAuthenticate.ToString(), commands);
        }
    }

    private static string CodeOf(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("code", out var code) ? code.GetString()! : json.RootElement.TryGetProperty("error", out var error) ? CodeOf(error) : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    /// <summary>RFC 6749 says a word, OpenAI an object with a code, Anthropic one with a type.</summary>
    private static string CodeOf(JsonElement error) =>
        error.ValueKind == JsonValueKind.String ? error.GetString()!
        : error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString()!
        : error.TryGetProperty("type", out var type) ? type.GetString()! : "";

    [GeneratedRegex(@"\{([a-zA-Z]+):guid\}")]
    private static partial Regex Id();

    [GeneratedRegex(@"\{\*{0,2}[a-zA-Z]+[^}]*\}")]
    private static partial Regex AnyOther();

    [GeneratedRegex("(?<=\"request_id\":\")[^\"]+")]
    private static partial Regex RequestIdValue();
}
