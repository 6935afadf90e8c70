using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Devices;

/// <summary><c>/api/devices</c>: which keys may log in, and under which username.</summary>
internal static class DevicesEndpoints
{
    private const string Tag = "Devices";
    private const int SshPort = 22;

    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("POST", "/api/devices/add", AddAsync).RequireAccount().Refuses(404, 409, 422, 503).WithTags(Tag)
            .WithSummary("Let a device in").WithDescription(
                "By `ssh_public_key`, or by `sshid_code`, a public handle of ssh.id: then every key behind it is let in, so compare the fingerprints in the answer, or send those you expect in `fingerprints` and nothing else is let in.");
        routes.MapApi("GET", "/api/devices", ListAsync).RequireAccount().WithTags(Tag).WithSummary("List devices");
        routes.MapApi("PATCH", "/api/devices/{deviceId:guid}", RenameAsync).RequireAccount().Refuses(404, 422).WithTags(Tag).WithSummary("Rename a device");
        routes.MapApi("DELETE", "/api/devices/{deviceId:guid}", RemoveAsync).RequireAccount().Refuses(404).WithTags(Tag).WithSummary("Take a device out");
    }

    private static async Task<Results<Created<AddedAnswer>, ProblemHttpResult>> AddAsync(
        AddBody body, ClaimsPrincipal user, DeviceService devices, ProfileService profiles, InstanceService instances, CancellationToken cancellationToken)
    {
        var accountId = user.AccountId();
        if (!(await LetInAsync(accountId, body, devices, cancellationToken)).Try(out var device, out var refusal))
        {
            return refusal.ToProblem();
        }

        var username = (await profiles.ListAsync(accountId, cancellationToken)).First(profile => profile.Id == body.ProfileId).Username;
        var hostname = (await instances.ListAsync(accountId, cancellationToken)).LastOrDefault(instance => !instance.IsFinal)?.Hostname;
        var fingerprints = device.Keys.Select(key => key.Fingerprint).ToArray();
        return TypedResults.Created($"/api/devices/{device.Id}", new AddedAnswer(device.Id, device.Name, fingerprints[0], fingerprints, ConnectionInfo.Of(username, hostname)));
    }

    private static async Task<Result<DeviceView>> LetInAsync(Guid accountId, AddBody body, DeviceService devices, CancellationToken cancellationToken)
    {
        if (body.ProfileId is not { } profileId)
        {
            return DeviceRefusals.ProfileMissing;
        }

        if (body is { SshidCode: { } code, SshPublicKey: null })
        {
            if (!(await devices.LookUpHandleAsync(accountId, code, cancellationToken)).Try(out var shown, out var refusal))
            {
                return refusal;
            }

            IReadOnlyCollection<string> confirmed = body.Fingerprints ?? [.. shown.Keys.Select(key => key.Fingerprint)];
            return await devices.AddHandleAsync(accountId, profileId, code, confirmed, body.Name, cancellationToken);
        }

        return body is { SshPublicKey: { } key, SshidCode: null }
            ? await devices.AddKeyAsync(accountId, profileId, key, body.Name, cancellationToken)
            : DeviceRefusals.OneWayIn;
    }

    private static async Task<Ok<DevicesAnswer>> ListAsync(ClaimsPrincipal user, ProfileService profiles, CancellationToken cancellationToken)
    {
        var mine = await profiles.ListAsync(user.AccountId(), cancellationToken);
        return TypedResults.Ok(new DevicesAnswer([.. mine.SelectMany(profile => profile.Devices.Select(device => DeviceAnswer.Of(profile, device)))]));
    }

    private static async Task<Results<Ok<DeviceAnswer>, ProblemHttpResult>> RenameAsync(
        Guid deviceId, RenameBody body, ClaimsPrincipal user, DeviceService devices, ProfileService profiles, CancellationToken cancellationToken)
    {
        if (await devices.RenameAsync(user.AccountId(), deviceId, body.Name ?? "", cancellationToken) is { } refusal)
        {
            return refusal.ToProblem();
        }

        var mine = await profiles.ListAsync(user.AccountId(), cancellationToken);
        return mine.SelectMany(profile => profile.Devices.Select(device => DeviceAnswer.Of(profile, device))).FirstOrDefault(device => device.Id == deviceId) is { } renamed
            ? TypedResults.Ok(renamed)
            : DeviceRefusals.DeviceNotFound.ToProblem();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(Guid deviceId, ClaimsPrincipal user, DeviceService devices, CancellationToken cancellationToken) =>
        await devices.RemoveAsync(user.AccountId(), deviceId, cancellationToken) is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();

    /// <param name="ProfileId">From <c>POST /api/setup/profile</c> or <c>GET /api/status</c>.</param>
    /// <param name="SshidCode">A handle of ssh.id, with or without the @.</param>
    /// <param name="SshPublicKey">One line, as in a file that ends in <c>.pub</c>.</param>
    /// <param name="Fingerprints">With <c>sshid_code</c>: exactly the keys to let in; other keys behind the handle refuse the whole.</param>
    private sealed record AddBody(Guid? ProfileId = null, string? SshidCode = null, string? SshPublicKey = null, string? Name = null, IReadOnlyList<string>? Fingerprints = null);

    private sealed record RenameBody(string? Name = null);

    private sealed record DevicesAnswer(IReadOnlyList<DeviceAnswer> Devices);

    /// <param name="Fingerprint">Of the first key.</param>
    /// <param name="Fingerprints">Of every key that is let in now.</param>
    private sealed record AddedAnswer(Guid DeviceId, string Name, string Fingerprint, IReadOnlyList<string> Fingerprints, ConnectionInfo ConnectionInfo);

    /// <param name="Hostname">Null: no computer was ordered yet.</param>
    private sealed record ConnectionInfo(string Username, string? Hostname, int Port, string? Command)
    {
        public static ConnectionInfo Of(string username, string? hostname) => new(username, hostname, SshPort, hostname is null ? null : $"ssh {username}@{hostname}");
    }
}
