namespace Spoq.Core.Instances.Setup;

/// <summary>What a provider said last of where it has room, for all nodes: a page need not ask it anew, and shows it when the provider is away.</summary>
/// <param name="provider">Its key.</param>
/// <param name="size">The size that was asked about; empty: any.</param>
public sealed class RegionOffer(string provider, string size)
{
    public string Provider { get; private set; } = provider;

    public string Size { get; private set; } = size;

    /// <summary>The regions as JSON, sold-out ones among them.</summary>
    public string Regions { get; private set; } = "[]";

    public DateTimeOffset AskedAt { get; private set; }

    public void Say(string regions, DateTimeOffset now)
    {
        Regions = regions;
        AskedAt = now;
    }
}
