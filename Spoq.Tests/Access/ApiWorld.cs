using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Core.Accounts;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>A server with somebody who owns one of everything, and somebody else who owns nothing.</summary>
public sealed class ApiWorld : SpoqHost, IAsyncLifetime
{
    private static readonly Caller s_test = new(IPAddress.Loopback, "test");

    internal ApiClient Owner { get; private set; } = null!;

    internal ApiClient Stranger { get; private set; } = null!;

    /// <summary>What the owner owns, by the name that routes give it.</summary>
    internal Dictionary<string, Guid> Ids { get; } = new(StringComparer.OrdinalIgnoreCase);

    public new async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Owner = await ApiClient.SignedUpAsync(BaseUrl);
        Stranger = await ApiClient.SignedUpAsync(BaseUrl);
        Ids["profileId"] = await IdAsync(Owner, "/api/setup/subdomain", new { subdomain = $"w{Guid.NewGuid():n}"[..12] }, null)
            ?? await IdAsync(Owner, "/api/setup/profile", new { username = "ada" }, "profile_id") ?? Guid.Empty;
        Ids["deviceId"] = (await AddDeviceAsync("laptop"))!.Value;
        using var ordered = await Owner.PostAsync("/v1/billing/subscribe", new { plan = "cloud", interval = "month" });
        var order = await ApiClient.JsonAsync(ordered, HttpStatusCode.OK);
        Ids["instanceId"] = order.GetProperty("instance_id").GetGuid();
        await Owner.PayAsync(order);
        await Eventually.TrueAsync(
            async () => (await Owner.ReadAsync($"/api/cloud/instances/{Ids["instanceId"]}")).GetProperty("status").GetString() == "running", "the computer to run", TimeSpan.FromSeconds(120));
        Ids["appId"] = await AppAsync();
        Ids["sessionId"] = await SessionAsync();
        Ids["memberId"] = (await InviteAsync())!.Value;
        Ids["id"] = (await IdAsync(Owner, "/v1/api-keys", new { name = "A key", scopes = new[] { "ai" } }, "id"))!.Value;
    }

    public new async Task DisposeAsync()
    {
        Owner.Dispose();
        Stranger.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>A browser that is signed in to the owner's account.</summary>
    internal Task<Guid> SessionAsync() => Services.GetRequiredService<SessionService>().OpenAsync(Owner.AccountId, SignInMethod.Password, null, isNewBrowser: false, s_test, CancellationToken.None);

    /// <summary>A program that the owner let in.</summary>
    internal async Task<Guid> AppAsync()
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContextAsync();
        var grant = Services.GetRequiredService<Grants>().Open(db, Owner.AccountId, $"app-{Guid.NewGuid():n}", Scopes.Profile, "A test", s_test);
        await db.SaveChangesAsync();
        return grant.Id;
    }

    internal Task<Guid?> AddDeviceAsync(string name) => AddDeviceAsync(Owner, Ids["profileId"], name);

    internal static async Task<Guid?> AddDeviceAsync(ApiClient client, Guid profileId, string name) =>
        await IdAsync(client, "/api/devices/add", new { profile_id = profileId, ssh_public_key = await SshKeygen.NewPublicKeyAsync(name), name }, "device_id");

    internal Task<Guid?> InviteAsync(string? email = null) =>
        IdAsync(Owner, $"/api/cloud/instances/{Ids["instanceId"]}/members", new { email = email ?? $"{Guid.NewGuid():n}@example.com" }, "id");

    /// <summary>A token of the stranger's that holds this scope only.</summary>
    internal async Task<string> TokenAsync(string scope) => (await IssueAsync("somebody-elses-program", scope)).AccessToken;

    /// <summary>What a program was let in with by the stranger.</summary>
    internal async Task<IssuedTokens> IssueAsync(string clientId, string scope)
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContextAsync();
        var grant = Services.GetRequiredService<Grants>().Open(db, Stranger.AccountId, clientId, scope, "A test", s_test);
        var issued = await Services.GetRequiredService<TokenService>().IssueAsync(db, grant, CancellationToken.None);
        await db.SaveChangesAsync();
        return issued;
    }

    /// <summary>Right in everything but its time.</summary>
    internal async Task<string> ExpiredTokenAsync()
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContextAsync();
        var grant = await db.Set<Grant>().AsNoTracking().FirstAsync(row => row.AccountId == Owner.AccountId && row.RevokedAt == null);
        var issuer = RuntimeTokens.IssuerOf(Services.GetRequiredService<IOptions<SpoqOptions>>().Value);
        var claims = new TokenClaims
        {
            Issuer = issuer,
            Subject = Owner.AccountId.ToString(),
            Audience = issuer,
            IssuedAt = DateTimeOffset.UtcNow.AddHours(-2),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(-1),
            Id = Guid.NewGuid().ToString("n"),
            ClientId = grant.ClientId,
            Scope = grant.Scope,
            GrantId = grant.Id.ToString(),
        };
        return await Services.GetRequiredService<SigningKeys>().SignAsync(claims, TokenTypes.AccessToken, CancellationToken.None);
    }

    /// <summary>Good at the owner's computer, and there only.</summary>
    internal async Task<string> RuntimeTokenAsync()
    {
        var instance = await Services.GetRequiredService<Infrastructure.Instances.MemberService>().FindAsync(Owner.AccountId, Ids["instanceId"], CancellationToken.None);
        return await Services.GetRequiredService<RuntimeTokens>().IssueAsync(Owner.AccountId, Ids["instanceId"], instance!.Instance.Hostname, nameof(InstanceRole.Owner).ToLowerInvariant(), null, CancellationToken.None);
    }

    internal async Task<string> UnconfirmedTokenAsync()
    {
        using var client = new ApiClient(BaseUrl);
        await client.RegisterAsync();
        return client.Token!;
    }

    private static async Task<Guid?> IdAsync(ApiClient client, string path, object body, string? member)
    {
        using var answer = await client.PostAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} for {path}: {text}");
        using var json = JsonDocument.Parse(text);
        return member is null ? null : json.RootElement.GetProperty(member).GetGuid();
    }
}
