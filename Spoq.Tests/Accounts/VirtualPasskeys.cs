using Microsoft.Playwright;

namespace Spoq.Tests.Accounts;

/// <summary>Chromium's virtual authenticator: a platform authenticator whose owner is always recognised.</summary>
internal sealed class VirtualPasskeys
{
    private readonly ICDPSession _session;
    private readonly string _id;

    private VirtualPasskeys(ICDPSession session, string id)
    {
        _session = session;
        _id = id;
    }

    /// <summary>Whether this browser says that it can offer passkeys in the e-mail field; the virtual authenticator takes every offer at once.</summary>
    public static Task OfferAutofillAsync(IPage page, bool isOffered) => page.EvaluateAsync("offered => localStorage.setItem('autofill', offered ? 'yes' : 'no')", isOffered);

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
        await page.AddInitScriptAsync("if (window.PublicKeyCredential && localStorage.getItem('autofill') === 'no') PublicKeyCredential.isConditionalMediationAvailable = async () => false;");
        return new VirtualPasskeys(session, added!.Value.GetProperty("authenticatorId").GetString()!);
    }

    /// <summary>Whether its owner touches it when asked.</summary>
    public Task PresenceAsync(bool isThere) =>
        _session.SendAsync("WebAuthn.setAutomaticPresenceSimulation", new() { ["authenticatorId"] = _id, ["enabled"] = isThere });
}
