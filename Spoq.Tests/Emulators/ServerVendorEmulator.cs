using System.Text.RegularExpressions;

namespace Spoq.Tests.Emulators;

/// <summary>What the emulators of all that rent servers can be told and asked.</summary>
internal abstract partial class ServerVendorEmulator(TimeProvider clock, string contract) : VendorEmulator(clock, contract)
{
    /// <summary>The call that costs money.</summary>
    public abstract string PurchaseCall { get; }

    /// <summary>The call that looks for what is there.</summary>
    public abstract string LookCall { get; }

    /// <summary>Instances whose mark is on a server at this moment, once for each server.</summary>
    public abstract IReadOnlyList<Guid> Marked { get; }

    /// <summary>A server just made is missing from lists for so long.</summary>
    public TimeSpan ListLag { get; set; }

    /// <summary>States do not move on any more.</summary>
    public bool IsStuck { get; set; }

    public bool IsSoldOut { get; set; }

    /// <summary>How many servers one purchase makes.</summary>
    public int PerPurchase { get; set; } = 1;

    /// <summary>What the vendor was told to run on the new server, wherever it keeps that; null: nothing (any more).</summary>
    public abstract string? BootScriptOf(Guid instanceId);

    /// <summary>The vendor's people or its hardware did something to it.</summary>
    public abstract void Force(Guid instanceId, string state);

    public abstract bool HoldsSecretsOf(Guid instanceId);

    /// <summary>A look moves it on, unless it is stuck.</summary>
    protected T Step<T>(T one)
        where T : Moving
    {
        if (!IsStuck)
        {
            one.Step();
        }

        return one;
    }

    public string TokenOf(Guid instanceId) => TokenIn().Match(BootScriptOf(instanceId) ?? "").Groups[1].Value;

    [GeneratedRegex("SPOQ_TOKEN='?([0-9a-f]+)")]
    private static partial Regex TokenIn();
}
