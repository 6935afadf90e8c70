using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Spoq.Tests.Support;

namespace Spoq.Tests.Emulators;

internal enum Fault
{
    /// <summary>The connection breaks before anything was done.</summary>
    DropBefore,

    /// <summary>It is done, then the connection breaks.</summary>
    DropAfter,

    ErrorBefore,

    /// <summary>It is done, then the answer is 500.</summary>
    ErrorAfter,

    /// <summary>It is done, and the answer is a web page with status 200.</summary>
    PageAfter,

    /// <summary>JSON that breaks off in the middle.</summary>
    GarbageAfter,

    TooMany,

    /// <summary>429 that says for how long: 7 s.</summary>
    TooManyWithHeaders,

    /// <summary>No answer until the caller gives up.</summary>
    Hang,
}

/// <summary>
/// A vendor on loopback: one call at a time, each checked against the published contract where that is present, with a ledger of
/// its own and faults on demand.
/// </summary>
internal abstract class VendorEmulator(TimeProvider clock, string contract) : IAsyncDisposable
{
    private static int s_told;

    private readonly SemaphoreSlim _one = new(1);
    private readonly List<(Fault Fault, string Call, int Times)> _faults = [];
    private readonly ContractCheck? _contract = Contracts.Missing is null ? new ContractCheck(Contracts.Read(contract)) : null;
    private WebApplication _app = null!;
    private int? _failFrom;
    private int _callsSince;
    private int _abandoned;
    private Fault[] _each = [];
    private Dictionary<string, int> _met = [];

    public Uri BaseUrl => new(_app.Urls.First() + Prefix);

    /// <summary>What was bought: the vendor's side of the story, in its order.</summary>
    public ConcurrentQueue<string> Bought { get; } = new();

    /// <summary>Method and path of every call.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>How long the way to the vendor takes, and the way back; null: no time.</summary>
    public Func<TimeSpan>? Pace { get; set; }

    /// <summary>Calls whose caller was gone before the answer was.</summary>
    public int Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>What broke the contract, on either side.</summary>
    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>Set when a call hangs.</summary>
    public TaskCompletionSource Hung { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected TimeProvider Clock => clock;

    /// <summary>What stands before the paths of the contract.</summary>
    protected virtual string Prefix => "";

    protected DateTimeOffset Now => clock.GetUtcNow();

    /// <param name="fault">What happens.</param>
    /// <param name="call">Such as <c>POST /v1/apps</c>; a star stands for anything.</param>
    /// <param name="times">How often.</param>
    public void Fail(Fault fault, string call, int times = 1)
    {
        lock (_faults)
        {
            _faults.Add((fault, call, times));
        }
    }

    /// <summary>Every different call goes through all of these, one after the other, before it is served.</summary>
    public void FailEach(params Fault[] faults)
    {
        lock (_faults)
        {
            (_each, _met) = (faults, []);
        }
    }

    /// <summary>What was to fail and has not does not any more.</summary>
    public void Forgive()
    {
        lock (_faults)
        {
            _faults.Clear();
            _each = [];
        }
    }

    /// <summary>Every call from this one on, counted from now, breaks before anything is done; null: none does any more.</summary>
    public void FailFrom(int? call)
    {
        lock (_faults)
        {
            (_failFrom, _callsSince) = (call, 0);
        }
    }

    /// <summary>Looks at the books while no call changes them.</summary>
    public async Task<T> ReadAsync<T>(Func<T> read)
    {
        await _one.WaitAsync();
        try
        {
            return read();
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task StartAsync()
    {
        if (Contracts.Missing is { } reason && Interlocked.Exchange(ref s_told, 1) == 0)
        {
            Console.WriteLine($"Emulators do not check against contracts: {reason}");
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.Use(AnswerAsync);
        Map(_app);
        await _app.StartAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _one.Dispose();
    }

    protected abstract void Map(WebApplication app);

    /// <summary>Null: let in.</summary>
    protected abstract IResult? Refuse(HttpRequest request);

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        request.EnableBuffering();
        var body = await new StreamReader(request.Body, Encoding.UTF8, leaveOpen: true).ReadToEndAsync();
        request.Body.Position = 0;
        var path = request.Path.Value![Prefix.Length..];
        Calls.Enqueue($"{request.Method} {path}");
        var fault = TakeFault($"{request.Method} {path}");
        if (await RefuseAsync(context, fault))
        {
            return;
        }

        await TravelAsync();
        var real = context.Response.Body;
        using var kept = new MemoryStream();
        context.Response.Body = kept;
        await _one.WaitAsync();
        try
        {
            await ServeAsync(context, next, path, body);
        }
        finally
        {
            _one.Release();
            context.Response.Body = real;
        }

        await TravelAsync();
        if (context.RequestAborted.IsCancellationRequested)
        {
            Interlocked.Increment(ref _abandoned);
        }

        await SpoilAsync(context, fault, kept.ToArray());
    }

    /// <summary>Nobody is told when the caller is gone: what was sent arrives.</summary>
    private Task TravelAsync() => Pace is { } pace ? Task.Delay(pace()) : Task.CompletedTask;

    private async Task ServeAsync(HttpContext context, RequestDelegate next, string path, string body)
    {
        var request = context.Request;
        if (_contract?.OfRequest(request, path, body).ToList() is { Count: > 0 } wrong)
        {
            wrong.ForEach(Wrong.Enqueue);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (Refuse(request) is { } no)
        {
            await no.ExecuteAsync(context);
            return;
        }

        await next(context);
        var answer = Encoding.UTF8.GetString(((MemoryStream)context.Response.Body).ToArray());
        foreach (var mistake in _contract?.OfAnswer(request.Method, path, context.Response.StatusCode, answer) ?? [])
        {
            Wrong.Enqueue(mistake);
        }
    }

    private async Task<bool> RefuseAsync(HttpContext context, Fault? fault)
    {
        switch (fault)
        {
            case Fault.DropBefore:
                context.Abort();
                return true;
            case Fault.ErrorBefore:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return true;
            case Fault.TooMany or Fault.TooManyWithHeaders:
                context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                if (fault == Fault.TooManyWithHeaders)
                {
                    context.Response.Headers.RetryAfter = "7";
                }

                return true;
            case Fault.Hang:
                var left = new TaskCompletionSource();
                await using (context.RequestAborted.Register(left.SetResult))
                {
                    Hung.TrySetResult();
                    await left.Task;
                }

                return true;
            default:
                return false;
        }
    }

    private static async Task SpoilAsync(HttpContext context, Fault? fault, byte[] answer)
    {
        switch (fault)
        {
            case Fault.DropAfter:
                context.Abort();
                return;
            case Fault.ErrorAfter:
                context.Response.Clear();
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return;
            case Fault.PageAfter:
                context.Response.Clear();
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<!doctype html><title>Welcome</title>");
                return;
            case Fault.GarbageAfter:
                context.Response.ContentLength = null;
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes("""{"id": 1, "data": [{"""));
                return;
            default:
                if (context.Response.StatusCode != StatusCodes.Status204NoContent)
                {
                    await context.Response.Body.WriteAsync(answer);
                }

                return;
        }
    }

    private Fault? TakeFault(string call)
    {
        lock (_faults)
        {
            if (_callsSince++ >= _failFrom)
            {
                return Fault.DropBefore;
            }

            if (_each.Length > 0 && (_met[call] = _met.GetValueOrDefault(call) + 1) is var met && met <= _each.Length)
            {
                return _each[met - 1];
            }

            var at = _faults.FindIndex(fault => Regex.IsMatch(call, $"^{Regex.Escape(fault.Call).Replace("\\*", ".*", StringComparison.Ordinal)}$"));
            if (at < 0)
            {
                return null;
            }

            var (kind, which, times) = _faults[at];
            if (times > 1)
            {
                _faults[at] = (kind, which, times - 1);
            }
            else
            {
                _faults.RemoveAt(at);
            }

            return kind;
        }
    }
}
