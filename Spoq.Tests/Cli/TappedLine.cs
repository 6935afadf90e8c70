using System.Collections.Concurrent;
using System.Net;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

/// <summary>A way to a server that counts what passes, and loses, holds or garbles it when told to.</summary>
internal sealed class TappedLine : IDisposable
{
    private readonly ConcurrentQueue<string> _passed = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly HttpListener _listener;
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<TimeSpan> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TappedLine(Uri target)
    {
        Target = target;
        _listener = Loopback.Listen(out var root);
        Url = root;
        _ = ServeAsync();
    }

    public Uri Url { get; }

    public Uri Target { get; set; }

    /// <summary>A path whose next answer breaks off after the server gave it; null again once it has.</summary>
    public string? LosesNextAnswerTo { get; set; }

    /// <summary>A path whose answer waits for <see cref="Release"/>.</summary>
    public string? Holds { get; set; }

    /// <summary>What is answered in the server's place; null: nothing.</summary>
    public Func<string, (int Status, string Page)?>? Instead { get; set; }

    /// <param name="what">Such as <c>POST /oauth/token</c>.</param>
    public int Count(string what) => _passed.Count(passed => passed == what);

    /// <summary>Until something is held.</summary>
    public Task HeldAsync() => _held.Task.WaitAsync(TimeSpan.FromSeconds(90));

    public void Release(TimeSpan after) => _released.SetResult(after);

    public void Dispose()
    {
        _listener.Close();
        _http.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = PassAsync(await _listener.GetContextAsync());
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(HttpListenerContext call)
    {
        try
        {
            var path = call.Request.Url!.AbsolutePath;
            _passed.Enqueue($"{call.Request.HttpMethod} {path}");
            using var answer = await AnswerAsync(call, path);
            if (LosesNextAnswerTo == path)
            {
                LosesNextAnswerTo = null;
                call.Response.ContentLength64 = 1000;
                await call.Response.OutputStream.WriteAsync("{"u8.ToArray());
                await call.Response.OutputStream.FlushAsync();
                call.Response.Abort();
                return;
            }

            if (Holds == path)
            {
                _held.TrySetResult();
                using var timer = new PeriodicTimer(await _released.Task);
                await timer.WaitForNextTickAsync();
            }

            call.Response.StatusCode = (int)answer.StatusCode;
            call.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await call.Response.OutputStream.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
            call.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or HttpRequestException)
        {
            call.Response.Abort();
        }
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpListenerContext call, string path)
    {
        if (Instead?.Invoke(path) is { } page)
        {
            return new HttpResponseMessage((HttpStatusCode)page.Status) { Content = new StringContent(page.Page, System.Text.Encoding.UTF8, "text/html") };
        }

        using var request = new HttpRequestMessage(new HttpMethod(call.Request.HttpMethod), new Uri(Target, call.Request.RawUrl));
        if (call.Request.HasEntityBody)
        {
            request.Content = new StreamContent(call.Request.InputStream);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", call.Request.ContentType);
        }

        foreach (var name in (string[])["Authorization", "User-Agent", "Accept"])
        {
            request.Headers.TryAddWithoutValidation(name, call.Request.Headers[name]);
        }

        return await _http.SendAsync(request);
    }
}
