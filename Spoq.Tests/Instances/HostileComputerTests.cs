using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances;

/// <summary>A computer is its owner's: what it answers may be written to harm whoever asks.</summary>
public sealed class HostileComputerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private const int Endless = 64 * 1024 * 1024;

    private readonly WebApplication _computer = Build();
    private int _elsewhere;

    [Fact]
    public async Task It_cannot_send_the_check_elsewhere()
    {
        _computer.MapGet("/health", () => Results.Redirect("/elsewhere"));
        _computer.MapGet("/elsewhere", () => Interlocked.Increment(ref _elsewhere));

        var outcome = await fixture.Get<VerifyStep>().AttemptAsync(await StartAsync(), CancellationToken.None);

        Assert.Equal("The computer answers, but says 302.", Assert.IsType<StepOutcome.NotYet>(outcome).Reason);
        Assert.Equal(0, _elsewhere);
    }

    [Fact]
    public async Task An_endless_status_is_not_read()
    {
        _computer.MapGet("/api/status", (HttpContext context) => SendAsync(context, "application/json", "{\"version\":\""));

        var instance = await StartAsync();
        var end = await Assert.ThrowsAsync<ConductorUnreachableException>(() => fixture.Get<ConductorClient>().StatusAsync(instance, CancellationToken.None));

        Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, Assert.IsType<HttpRequestException>(end.InnerException).HttpRequestError);
    }

    [Fact]
    public async Task An_endless_event_breaks_the_stream_off()
    {
        _computer.MapPost("/api/run", (HttpContext context) => SendAsync(context, "text/event-stream", "data: "));

        var end = await BreaksOffAsync();

        Assert.StartsWith("An event is longer than", Assert.IsType<IOException>(end.InnerException).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("not json")]
    [InlineData("""{"type":"of_a_newer_version"}""")]
    public async Task An_event_that_is_not_known_is_passed_over(string data)
    {
        _computer.MapPost("/api/run", () => Results.Text($"data: {data}\n\ndata: {{\"type\":\"stdout\",\"text\":\"x\"}}\n\n", "text/event-stream"));
        var events = new List<RunEvent>();

        await BreaksOffAsync(events.Add);

        Assert.IsType<RunStdout>(Assert.Single(events));
    }

    [Fact]
    public async Task Many_small_events_may_be_as_many_as_they_like()
    {
        const int Lines = 3000;
        _computer.MapPost("/api/run", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < Lines; i++)
            {
                await context.Response.WriteAsync($"data: {{\"unknown\":\"{new string('x', 1000)}\"}}\r\n\r\n");
            }
        });

        var end = await BreaksOffAsync();

        // The stream came to its end without a last event, and was not cut short.
        Assert.Null(end.InnerException);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _computer.DisposeAsync();

    private static async Task SendAsync(HttpContext context, string type, string start)
    {
        context.Response.ContentType = type;
        await context.Response.WriteAsync(start);
        var part = Enumerable.Repeat((byte)'x', 64 * 1024).ToArray();
        for (var sent = 0; sent < Endless && !context.RequestAborted.IsCancellationRequested; sent += part.Length)
        {
            await context.Response.Body.WriteAsync(part, context.RequestAborted);
        }
    }

    private async Task<ConductorUnreachableException> BreaksOffAsync(Action<RunEvent>? happened = null)
    {
        var instance = await StartAsync();
        return await Assert.ThrowsAsync<ConductorUnreachableException>(async () =>
        {
            await foreach (var each in fixture.Get<ConductorClient>().RunAsync(new InstanceAccess(instance, InstanceRole.Owner, instance.AccountId), new RunRequest("true"), CancellationToken.None))
            {
                happened?.Invoke(each);
            }
        });
    }

    private async Task<Instance> StartAsync()
    {
        await _computer.StartAsync();
        var instance = new Instance(Guid.CreateVersion7(), Guid.CreateVersion7(), "mallory", "mallory.localhost", "mallory", "cloud", "local", "local", fixture.Clock.Now);
        instance.Learn(new Server("1", ServerPower.Running, _computer.Urls.First(), "127.0.0.1", null));
        return instance;
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        return builder.Build();
    }
}
