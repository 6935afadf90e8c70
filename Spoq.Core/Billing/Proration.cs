namespace Spoq.Core.Billing;

/// <summary>What a change of price in the middle of a paid period costs: the difference for the time that is left of it.</summary>
public static class Proration
{
    /// <returns>Added to the next payment; below zero it is taken off. Counted by the second, as the payment provider counts it.</returns>
    public static Money Of(Money from, Money to, DateTimeOffset start, DateTimeOffset end, DateTimeOffset now)
    {
        var whole = Math.Max(1, (long)(end - start).TotalSeconds);
        var left = Math.Clamp((long)(end - now).TotalSeconds, 0, whole);
        return new Money((long)decimal.Round((decimal)(to.MinorUnits - from.MinorUnits) * left / whole, MidpointRounding.AwayFromZero), to.Currency);
    }
}
