using System.Net;
using System.Text;
using Spoq.Core.Access;
using Spoq.Core.Wire;
using Spoq.Tests.Access;

namespace Spoq.Tests.Conductor;

/// <summary>What a Conductor makes of what it is told, against a control plane that says what the test wants.</summary>
public sealed class DesiredStateTests(ReportingFixture conductor) : IClassFixture<ReportingFixture>, IAsyncLifetime
{
    public Task InitializeAsync() => conductor.HeardAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_token_of_an_ended_session_is_refused_and_what_it_had_running_breaks_off()
    {
        var session = Guid.NewGuid();
        var token = conductor.Forge.Sign(conductor.Claims with { GrantId = session.ToString() });
        using var before = await conductor.StatusAsync(token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/run") { Content = new StringContent("""{"command":"echo begun; sleep 600"}""", Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", token);
        using var running = await conductor.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        await conductor.WantAsync(conductor.NewState(session));

        using var after = await conductor.StatusAsync(token);
        using var another = await conductor.StatusAsync(conductor.Forge.Sign(conductor.Claims with { GrantId = Guid.NewGuid().ToString() }));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.OK), (before.StatusCode, after.StatusCode, another.StatusCode));
        Assert.IsNotType<TimeoutException>(await Assert.ThrowsAnyAsync<Exception>(() => running.Content.ReadAsStringAsync().WaitAsync(TimeSpan.FromSeconds(60))));
    }

    [Fact]
    public async Task Who_is_who_is_told_by_the_control_plane_unless_a_token_is_newer()
    {
        var old = conductor.MemberClaims("operator") with { IssuedAt = DateTimeOffset.UtcNow.AddMinutes(-1) };
        await conductor.WantAsync(conductor.NewState());

        // A viewer now, whatever the token from before says.
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(conductor.Forge.Sign(old)));
        Assert.Equal(HttpStatusCode.Forbidden, await RunStatusOfAsync(conductor.Forge.Sign(old)));
        Assert.Equal(HttpStatusCode.OK, await RunStatusOfAsync(conductor.Forge.Sign(conductor.MemberClaims("operator") with { IssuedAt = DateTimeOffset.UtcNow.AddSeconds(20) })));

        await conductor.WantAsync(conductor.NewState() with { Members = [new DesiredMember(conductor.OwnerId, "owner")] });
        Assert.Equal(HttpStatusCode.Forbidden, await StatusOfAsync(conductor.Forge.Sign(old)));
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(conductor.Forge.Sign(conductor.Claims)));

        // Suspended.
        var owners = conductor.Forge.Sign(conductor.Claims);
        await conductor.WantAsync(conductor.NewState() with { Members = [] });
        Assert.Equal(HttpStatusCode.Forbidden, await StatusOfAsync(owners));
        await conductor.WantAsync(conductor.NewState());
    }

    [Fact]
    public async Task A_forged_poke_does_nothing()
    {
        using var stranger = new Forge();
        var pokes = conductor.PokeClaims;
        var asked = Pulls();

        foreach (var token in new[]
        {
            null,
            "nonsense",
            conductor.Forge.Sign(conductor.Claims),
            conductor.Forge.Sign(pokes),
            conductor.Forge.Sign(pokes, type: TokenTypes.AccessToken),
            conductor.Forge.Sign(pokes with { Audience = "bob.spoq.test" }, type: TokenTypes.Poke),
            conductor.Forge.Sign(pokes with { InstanceId = Guid.NewGuid().ToString() }, type: TokenTypes.Poke),
            conductor.Forge.Sign(pokes with { ExpiresAt = DateTimeOffset.UtcNow.AddMinutes(-1), IssuedAt = DateTimeOffset.UtcNow.AddMinutes(-2) }, type: TokenTypes.Poke),
            stranger.Sign(pokes, conductor.Forge.Kid, TokenTypes.Poke),
        })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await conductor.PokeAsync(token));
        }

        // Nothing was asked on account of them, and a poke that is meant opens nothing else.
        await conductor.WantAsync(conductor.NewState());
        Assert.Equal(asked + 1, Pulls());
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(conductor.Forge.Sign(pokes, type: TokenTypes.Poke)));
    }

    [Fact]
    public async Task What_was_heard_holds_after_a_kill_while_the_control_plane_is_away()
    {
        var session = Guid.NewGuid();
        await conductor.WantAsync(conductor.NewState(session));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(conductor.StateFile));

        conductor.IsControlPlaneAway = true;
        await conductor.KillAsync();
        await conductor.StartAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(conductor.Forge.Sign(conductor.Claims)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(conductor.Forge.Sign(conductor.Claims with { GrantId = session.ToString() })));

        // It asks again by itself in a while: heard now, that disturbs nobody who counts how often it asks.
        conductor.IsControlPlaneAway = false;
        await conductor.WantAsync(conductor.NewState());
    }

    private int Pulls() => conductor.Asked.Count(what => what == "desired-state");

    private async Task<HttpStatusCode> StatusOfAsync(string token)
    {
        using var answer = await conductor.StatusAsync(token);
        return answer.StatusCode;
    }

    private async Task<HttpStatusCode> RunStatusOfAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/run") { Content = new StringContent("""{"command":"true"}""", Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await conductor.Http.SendAsync(request);
        return answer.StatusCode;
    }
}
