using System.Net;
using System.Net.Http.Headers;
using Spoq.Core.Access;
using Spoq.Core.Wire;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>A Conductor that reports home and is told who is who.</summary>
public sealed class ReportingFixture : ConductorFixture
{
    private int _revision;

    internal Guid MemberId { get; } = Guid.NewGuid();

    internal string StateFile => Path.Combine(DataDirectory, "desired.json");

    internal override Task<ConductorConfig> ConfigureAsync(ConductorConfig config)
    {
        Desired = NewState();
        return Task.FromResult(config with { ProvisioningToken = "once" });
    }

    /// <param name="ended">Sessions and grants that ended.</param>
    internal DesiredState NewState(params Guid[] ended) => new()
    {
        Revision = $"r{Interlocked.Increment(ref _revision)}",
        AsOf = DateTimeOffset.UtcNow,
        InstanceId = InstanceId,
        Hostname = "alice.spoq.test",
        Profiles = [],
        Members = [new DesiredMember(OwnerId, "owner"), new DesiredMember(MemberId, "viewer")],
        Ended = ended,
    };

    internal TokenClaims MemberClaims(string role) => Claims with { Subject = MemberId.ToString(), Role = role };

    internal TokenClaims PokeClaims => Claims with { Subject = InstanceId.ToString(), Role = null };

    internal async Task<HttpStatusCode> PokeAsync(string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/poke");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await Http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>As after a change: the Conductor is poked and has asked.</summary>
    internal async Task WantAsync(DesiredState state)
    {
        Desired = state;
        Assert.Equal(HttpStatusCode.Accepted, await PokeAsync(Forge.Sign(PokeClaims, type: TokenTypes.Poke)));
        await HeardAsync();
    }

    internal Task HeardAsync() => Eventually.TrueAsync(
        () => File.Exists(StateFile) && File.ReadAllText(StateFile).Contains($"\"{Desired!.Revision}\"", StringComparison.Ordinal), "the Conductor to hear what is wanted");
}
