using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>
/// Three upstreams on one port, which keep their own count: what they answer is in the <see cref="LedgerCall"/> whose
/// number stands in the prompt. A token is a word that begins with <c>#</c>.
/// </summary>
internal sealed class LedgerUpstream : IAsyncDisposable
{
    public const string Key = "sk-ledger";

    private readonly Func<int, LedgerCall> _find;
    private readonly Func<bool> _isDown;
    private readonly WebApplication _app;

    private LedgerUpstream(Func<int, LedgerCall> find, Func<bool> isDown)
    {
        (_find, _isDown) = (find, isDown);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.Run(ServeAsync);
    }

    public string BaseUrl => _app.Urls.First();

    /// <param name="find">By its number.</param>
    /// <param name="isDown">The proxy is dead for sure: nothing reaches it.</param>
    public static async Task<LedgerUpstream> StartAsync(Func<int, LedgerCall> find, Func<bool> isDown)
    {
        var upstream = new LedgerUpstream(find, isDown);
        await upstream._app.StartAsync();
        return upstream;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext http)
    {
        var body = new byte[(int)http.Request.ContentLength!];
        await http.Request.Body.ReadExactlyAsync(body);
        var call = _find(NumberIn(body));
        call.Arrived++;
        var fault = call.OnlyFirst && !http.Request.Path.StartsWithSegments("/first") && call.Fault is "429" or "500" or "drop_head" ? "" : call.Fault;
        try
        {
            if (await RefusesAsync(http, fault))
            {
                return;
            }

            if (fault == "left_head")
            {
                await call.Leaving.CancelAsync();
            }

            (call.Taken, call.Sent, call.ToldUsage) = (call.Taken + 1, 0, false);
            var answer = new LedgerAnswer(http, call, fault, _isDown);
            await (fault == "garbage" ? GarbageAsync(http) : call.Stream ? answer.StreamAsync(body.AsSpan().IndexOf("include_usage"u8) >= 0) : answer.WholeAsync());
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            http.Abort();
        }
    }

    private static int NumberIn(ReadOnlySpan<byte> body)
    {
        var at = body.IndexOf("[["u8);
        return Utf8Parser.TryParse(body[(at + 2)..], out int number, out _) ? number : throw new InvalidOperationException(Encoding.UTF8.GetString(body));
    }

    private static async Task<bool> RefusesAsync(HttpContext http, string fault)
    {
        switch (fault)
        {
            case "429" or "500" or "400":
                http.Response.StatusCode = int.Parse(fault, null);
                await http.Response.WriteAsync("""{"error":{"message":"no","type":"x","param":null,"code":null}}""");
                return true;
            case "drop_head":
                http.Abort();
                return true;
            default:
                return false;
        }
    }

    private static Task GarbageAsync(HttpContext http)
    {
        http.Response.ContentType = "text/html";
        return http.Response.WriteAsync("<html>this is no answer</html>");
    }
}
