using System.Runtime.CompilerServices;
using Microsoft.Playwright;

namespace Spoq.Tests.Accounts;

/// <summary>Chromium's virtual authenticator: a platform authenticator whose owner is always recognised.</summary>
internal sealed class VirtualPasskeys
{
    private static readonly ConditionalWeakTable<IPage, VirtualPasskeys> s_known = [];
    private readonly ICDPSession _session;
    private readonly string _id;

    private VirtualPasskeys(ICDPSession session, string id)
    {
        _session = session;
        _id = id;
    }

    public static Task<VirtualPasskeys> OfAsync(IPage page) => Task.FromResult(s_known.TryGetValue(page, out var known) ? known : throw new InvalidOperationException("Add it first."));

    public static async Task<VirtualPasskeys> AddAsync(IPage page)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("WebAuthn.enable");
        var added = await session.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
        var passkeys = new VirtualPasskeys(session, added!.Value.GetProperty("authenticatorId").GetString()!);
        s_known.Add(page, passkeys);
        return passkeys;
    }

    /// <summary>Whether its owner touches it when asked.</summary>
    public Task PresenceAsync(bool isThere) =>
        _session.SendAsync("WebAuthn.setAutomaticPresenceSimulation", new() { ["authenticatorId"] = _id, ["enabled"] = isThere });
}
