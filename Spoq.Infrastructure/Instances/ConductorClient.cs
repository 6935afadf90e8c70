using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Core.Instances;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances;

/// <summary>The Conductor did not answer, broke off, or would not have us. The message is for people.</summary>
public sealed class ConductorUnreachableException(string message, Exception? inner) : Exception(message, inner);

/// <summary>Speaks to an instance's Conductor as its owner or a member, with a fresh token for each call.</summary>
public sealed class ConductorClient(RuntimeTokens tokens) : IDisposable
{
    /// <summary>What a computer sends is its owner's: no answer of it may fill our memory.</summary>
    private const int LargestAnswer = 1024 * 1024;

    private static readonly TimeSpan s_firstAnswer = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_poke = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(4),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        UseCookies = false,
        UseProxy = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <exception cref="ConductorUnreachableException"/>
    public async Task<ConductorStatus> StatusAsync(Instance instance, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(new InstanceAccess(instance, InstanceRole.Owner, instance.AccountId), HttpMethod.Get, "/api/status", null, cancellationToken);
        try
        {
            return answer.IsSuccessStatusCode && await ReadAsync(answer, WireJson.Default.ConductorStatus, cancellationToken) is { } status ? status : throw Refused(answer);
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            throw BrokenOff(e);
        }
    }

    /// <summary>Ends with <see cref="AskDone"/> or <see cref="AskFailed"/>; leaving early stops the turn.</summary>
    /// <exception cref="ConductorUnreachableException"/>
    public IAsyncEnumerable<AskEvent> AskAsync(InstanceAccess access, AskRequest request, CancellationToken cancellationToken) => StreamAsync(
        access, "/api/ask", JsonContent.Create(request, WireJson.Default.AskRequest), WireJson.Default.AskEvent,
        problem => new AskFailed(problem.Code ?? "refused", problem.Detail ?? problem.Title), last => last is AskDone or AskFailed, cancellationToken);

    /// <summary>Ends with <see cref="RunExit"/> or <see cref="RunFailed"/>; leaving early kills the command.</summary>
    /// <exception cref="ConductorUnreachableException"/>
    public IAsyncEnumerable<RunEvent> RunAsync(InstanceAccess access, RunRequest request, CancellationToken cancellationToken) => StreamAsync(
        access, "/api/run", JsonContent.Create(request, WireJson.Default.RunRequest), WireJson.Default.RunEvent,
        problem => new RunFailed(problem.Code ?? "refused", problem.Detail ?? problem.Title), last => last is RunExit or RunFailed, cancellationToken);

    /// <summary>Tells it to ask what is new. False: it did not hear.</summary>
    public async Task<bool> PokeAsync(Instance instance, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, instance.Endpoint!.TrimEnd('/') + "/api/poke");
        request.Headers.Host = instance.Hostname;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.PokeAsync(instance.Id, instance.Hostname, cancellationToken));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_poke);
        try
        {
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<T> StreamAsync<T>(
        InstanceAccess access, string path, HttpContent body, JsonTypeInfo<T> type, Func<Problem, T> refuse, Func<T, bool> isLast,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await SendAsync(access, HttpMethod.Post, path, body, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            yield return refuse(await ProblemOfAsync(answer, cancellationToken) ?? throw Refused(answer));
            yield break;
        }

        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await using var events = SseParser.Create(new EventSizeLimit(stream, LargestAnswer), (_, data) => Parse(data, type)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events))
        {
            if (events.Current.Data is { } happened)
            {
                yield return happened;
                if (isLast(happened))
                {
                    yield break;
                }
            }
        }

        throw BrokenOff(null);
    }

    private static async Task<bool> NextAsync<T>(IAsyncEnumerator<SseItem<T>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw BrokenOff(e);
        }
    }

    /// <summary>Null for an event this version does not know: a newer Conductor may send more.</summary>
    private static T? Parse<T>(ReadOnlySpan<byte> data, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(data, type);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // The second where it says no type at all.
            return null;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(InstanceAccess access, HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        var instance = access.Instance;
        if (instance.Endpoint is not { } endpoint)
        {
            throw new ConductorUnreachableException("Your computer has no address yet. Wait until it is ready.", null);
        }

        var token = await tokens.IssueAsync(access.AccountId, instance.Id, instance.Hostname, SnakeCase.Of(access.Role.ToString()), access.SessionId, cancellationToken);
        using var request = new HttpRequestMessage(method, endpoint.TrimEnd('/') + path) { Content = body };
        request.Headers.Host = instance.Hostname;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_firstAnswer);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ConductorUnreachableException("Your computer does not answer. It may be starting or stopped; look at its state, then try again.", e);
        }
    }

    /// <summary>A whole answer, small enough and in time.</summary>
    private static async Task<T?> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_firstAnswer);
        await answer.Content.LoadIntoBufferAsync(LargestAnswer, limit.Token);
        return await answer.Content.ReadFromJsonAsync(type, limit.Token);
    }

    private static bool IsBroken(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>A "no" to this request, in words; null where the trouble is not the request.</summary>
    private static async Task<Problem?> ProblemOfAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if ((int)answer.StatusCode is not (400 or 409 or 413 or 415 or 422 or 429))
        {
            return null;
        }

        try
        {
            return await ReadAsync(answer, WireJson.Default.Problem, cancellationToken);
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            return null;
        }
    }

    private static ConductorUnreachableException Refused(HttpResponseMessage answer) => new((int)answer.StatusCode switch
    {
        401 or 403 => "Your computer did not accept our token. Restart it; if that does not help, contact support.",
        503 => "Your computer cannot check who is asking right now. Try again in a few seconds.",
        _ => $"Your computer answered with an error ({(int)answer.StatusCode}). Try again; if it stays, restart it.",
    }, null);

    private static ConductorUnreachableException BrokenOff(Exception? e) =>
        new("The connection to your computer broke off. Try again when it is back.", e);
}
