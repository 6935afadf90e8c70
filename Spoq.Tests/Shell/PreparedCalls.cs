using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Tests.Access;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>For every operation: once as nobody, once with an empty body, and once as it is meant.</summary>
internal sealed partial class PreparedCalls(ApiWorld world)
{
    private readonly PreparedAccess _access = new(world);
    private ApiClient? _administrator;

    public async Task<IReadOnlyList<PreparedCall>> ForAsync(DocumentedOperation operation)
    {
        var nobody = new ApiClient(world.BaseUrl);
        var empty = operation.Body() is null ? null : "{}";
        var path = Fill(operation.Path, world.Ids);
        var calls = new List<PreparedCall> { new(nobody, operation.Method, path, empty) };
        var canonical = $"{operation.Method} {operation.AliasOf ?? operation.Path}";
        if (await _access.ForAsync(canonical, operation.Path) is { Count: > 0 } access)
        {
            calls.AddRange(access.Select(call => call with { Method = operation.Method }));
        }
        else if (await MeantAsync(canonical, operation.Path) is { } meant)
        {
            calls.Add(new PreparedCall(world.Stranger, operation.Method, Missing().Replace(operation.Path, _ => Guid.CreateVersion7().ToString()), empty));
            calls.Add(meant with { Method = operation.Method });
        }
        else
        {
            calls.Add(new PreparedCall(world.Owner, operation.Method, path, empty));
        }

        return calls;
    }

    /// <summary>Signs in after the role was given, so that the token knows of it.</summary>
    private async Task<ApiClient> AdministratorAsync()
    {
        if (_administrator is null)
        {
            var client = await ApiClient.SignedUpAsync(world.BaseUrl);
            await using (var db = await world.Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContextAsync())
            {
                db.UserRoles.Add(new IdentityUserRole<Guid> { UserId = client.AccountId, RoleId = UserTable.AdminRoleId });
                await db.SaveChangesAsync();
            }

            using var login = await client.PostAsync("/api/auth/login", new { email = client.Email, password = ApiClient.Password });
            client.Keep(await ApiClient.JsonAsync(login, HttpStatusCode.OK));
            _administrator = client;
        }

        return _administrator;
    }

    /// <summary>The call that succeeds; what it uses up is made for it.</summary>
    private async Task<PreparedCall?> MeantAsync(string operation, string path)
    {
        var instance = world.Ids["instanceId"];
        if (path.StartsWith("/v1/admin/", StringComparison.Ordinal))
        {
            return new PreparedCall(await AdministratorAsync(), "", Fill(path, world.Ids), operation.StartsWith("POST", StringComparison.Ordinal) ? PreparedCall.Text(new { action = "retry" }) : null);
        }

        switch (operation)
        {
            case "POST /api/auth/register":
                return Anonymous(path, new { email = $"{Guid.NewGuid():n}@example.com", password = ApiClient.Password, name = "Grace" });
            case "POST /api/auth/login":
                return Anonymous(path, new { email = world.Stranger.Email, password = ApiClient.Password });
            case "POST /api/auth/refresh":
                return Anonymous(path, new { refresh_token = (await SignedInAsync()).RefreshToken });
            case "POST /api/auth/logout" or "POST /auth/revoke":
                return new PreparedCall(await SignedInAsync(), "POST", path, null);
            case "POST /api/auth/forgot-password" or "POST /api/auth/resend-verification":
                return Anonymous(path, new { email = "nobody@example.com" });
            case "POST /api/auth/verify-email":
                var fresh = new ApiClient(world.BaseUrl);
                await fresh.RegisterAsync();
                return new PreparedCall(fresh, "POST", path, PreparedCall.Text(new { code = await fresh.CodeFromMailAsync() }));
            case "POST /api/setup/subdomain":
                return New(await ApiClient.SignedUpAsync(world.BaseUrl), path, new { subdomain = Address() });
            case "POST /api/setup/profile":
                return New(world.Owner, path, new { username = "ada" });
            case "POST /api/devices/add":
                return New(world.Owner, path, new { profile_id = world.Ids["profileId"], ssh_public_key = await SshKeygen.NewPublicKeyAsync("phone"), name = "Phone" });
            case "POST /v1/chat/completions":
                return New(world.Owner, path, new { model = "spoq-echo", messages = new[] { new { role = "user", content = "Hello." } } });
            case "POST /v1/messages" or "POST /v1/messages/count_tokens":
                return New(world.Owner, path, new { model = "spoq-echo", max_tokens = 20, messages = new[] { new { role = "user", content = "Hello." } } });
            case "POST /v1/completions":
                return New(world.Owner, path, new { model = "spoq-echo", prompt = "Hello." });
            case "POST /v1/embeddings":
                return New(world.Owner, path, new { model = "spoq-echo", input = "Hello." });
            case "GET /v1/models/{model}":
                return new PreparedCall(world.Owner, "GET", "/v1/models/spoq-echo", null);
            case "PATCH /api/devices/{deviceId}":
                return New(world.Owner, Fill(path, world.Ids), new { name = "Renamed" });
            case "DELETE /api/devices/{deviceId}":
                return new PreparedCall(world.Owner, "DELETE", $"/api/devices/{await SpareDeviceAsync()}", null);
            case "POST /api/cloud/instances" or "POST /api/vps/provision":
                return New(await ApiClient.SignedUpAsync(world.BaseUrl), path, new { address = Address(), plan = "cloud" });
            case "PATCH /api/cloud/instances/{instanceId}":
                var changing = await ApiClient.SignedUpAsync(world.BaseUrl);
                return New(changing, $"/api/cloud/instances/{(await changing.OrderAsync()).GetProperty("id").GetGuid()}", new { plan = "vps-1" });
            case "DELETE /api/cloud/instances/{instanceId}":
                var leaving = await ApiClient.SignedUpAsync(world.BaseUrl);
                return new PreparedCall(leaving, "DELETE", $"/api/cloud/instances/{(await leaving.OrderAsync()).GetProperty("id").GetGuid()}", null);
            case "POST /api/cloud/instances/{instanceId}/resize":
                var growing = await ApiClient.SignedUpAsync(world.BaseUrl);
                return New(growing, $"/api/cloud/instances/{await growing.GetComputerAsync("vps-1")}/resize", new { plan = "vps-2" });
            case "POST /v1/billing/subscribe":
                var buying = await ApiClient.SignedUpAsync(world.BaseUrl);
                return New(buying, path, new { plan = "vps-1", interval = "month", instance_id = (await buying.OrderAsync()).GetProperty("id").GetGuid() });
            case "POST /api/cloud/instances/{instanceId}/stop" or "POST /api/cloud/instances/{instanceId}/start" or "POST /api/cloud/instances/{instanceId}/restart":
                await RestsAsync(path.EndsWith("/start", StringComparison.Ordinal) ? "stopped" : "running");
                return new PreparedCall(world.Owner, "POST", Fill(path, world.Ids), null);
            case "POST /api/cloud/instances/{instanceId}/runtime-token" or "POST /api/cloud/instances/{instanceId}/checkout/confirm":
                await RestsAsync("running");
                return new PreparedCall(world.Owner, "POST", Fill(path, world.Ids), null);
            case "POST /api/cloud/instances/{instanceId}/members":
                return New(world.Owner, Fill(path, world.Ids), new { email = $"{Guid.NewGuid():n}@example.com", role = "operator" });
            case "DELETE /api/cloud/instances/{instanceId}/members":
                var invited = $"{Guid.NewGuid():n}@example.com";
                await world.InviteAsync(invited);
                return new PreparedCall(world.Owner, "DELETE", $"/api/cloud/instances/{instance}/members?email={invited}", null);
            case "DELETE /api/cloud/instances/{instanceId}/members/{memberId}":
                return new PreparedCall(world.Owner, "DELETE", $"/api/cloud/instances/{instance}/members/{await world.InviteAsync()}", null);
            case "PATCH /api/auth/me":
                return new PreparedCall(world.Owner, "PATCH", path, PreparedCall.Text(new { name = "Ada" }));
            case "DELETE /v1/connected-apps/{appId}":
                return new PreparedCall(world.Owner, "DELETE", $"/v1/connected-apps/{await world.AppAsync()}", null);
            case "DELETE /v1/sessions/{sessionId}":
                return new PreparedCall(world.Owner, "DELETE", $"/v1/sessions/{await world.SessionAsync()}", null);
            case "PUT /v1/usage/cap":
                return New(world.Owner, path, new { monthly_cap_microdollars = 10_000_000 });
            case "POST /v1/api-keys":
                return New(world.Owner, path, new { name = "A key", scopes = new[] { "ai" } });
            case "POST /v1/api-keys/{id}/rotate":
                return New(world.Owner, $"/v1/api-keys/{await KeyAsync()}/rotate", new { overlap_hours = 1 });
            case "DELETE /v1/api-keys/{id}":
                return new PreparedCall(world.Owner, "DELETE", $"/v1/api-keys/{await KeyAsync()}", null);
            default:
                return null;
        }
    }

    private PreparedCall Anonymous(string path, object body) => new(new ApiClient(world.BaseUrl), "POST", path, PreparedCall.Text(body));

    private static PreparedCall New(ApiClient client, string path, object body) => new(client, "POST", path, PreparedCall.Text(body));

    private static string Address() => $"o{Guid.NewGuid():n}"[..12];

    private async Task<ApiClient> SignedInAsync()
    {
        var client = new ApiClient(world.BaseUrl);
        using var answer = await client.PostAsync("/api/auth/login", new { email = world.Stranger.Email, password = ApiClient.Password });
        client.Keep(await ApiClient.JsonAsync(answer, HttpStatusCode.OK));
        return client;
    }

    private async Task<Guid> SpareDeviceAsync()
    {
        var devices = (await world.Owner.ReadAsync("/api/devices")).GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("id").GetGuid());
        return devices.FirstOrDefault(id => id != world.Ids["deviceId"]) is var spare && spare != Guid.Empty ? spare : (await world.AddDeviceAsync("spare"))!.Value;
    }

    private async Task<Guid> KeyAsync()
    {
        using var made = await world.Owner.PostAsync("/v1/api-keys", new { name = "Spare", scopes = new[] { "ai" } });
        return (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("id").GetGuid();
    }

    /// <summary>Waits out what is under way, and starts or stops the computer where it must be.</summary>
    private async Task RestsAsync(string status)
    {
        var path = $"/api/cloud/instances/{world.Ids["instanceId"]}";
        var now = "";
        await Eventually.TrueAsync(
            async () => (now = (await world.Owner.ReadAsync(path)).GetProperty("status").GetString()!) is "running" or "stopped", "the computer to rest", TimeSpan.FromSeconds(120));
        if (now != status)
        {
            using var asked = await world.Owner.PostAsync($"{path}/{(status == "running" ? "start" : "stop")}");
            await Eventually.TrueAsync(async () => (await world.Owner.ReadAsync(path)).GetProperty("status").GetString() == status, $"the computer to be {status}", TimeSpan.FromSeconds(120));
        }
    }

    private static string Fill(string path, Dictionary<string, Guid> ids) =>
        Missing().Replace(path, match => match.Groups[1].Value switch
        {
            "name" => "a-name-to-check",
            "binary" => "spoq-linux-x64",
            var id => (ids.TryGetValue(id, out var known) ? known : Guid.CreateVersion7()).ToString(),
        });

    [GeneratedRegex(@"\{([a-zA-Z]+)\}")]
    private static partial Regex Missing();
}
