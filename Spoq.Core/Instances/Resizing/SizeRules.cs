using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;

namespace Spoq.Core.Instances.Resizing;

/// <summary>Which sizes a computer may change to. What its provider has at this moment is asked apart.</summary>
public static class SizeRules
{
    /// <summary>A system needs room to breathe: so much of a smaller disk stays free, in percent.</summary>
    private const int FreePercent = 10;

    private const long Gigabyte = 1_000_000_000;

    /// <summary>The plans that differ in size and price only, in the catalogue's order, the computer's own among them.</summary>
    public static IReadOnlyList<Plan> SizesOf(Plan current, PlanCatalogue catalogue) =>
        current.Server == ServerKind.OwnServer ? [] : [.. catalogue.Plans.Where(plan => plan.Key == current.Key || (IsAlike(plan, current) && plan.Size != current.Size))];

    public static bool IsLarger(Plan from, Plan to) => to.Size.Cpus > from.Size.Cpus || to.Size.MemoryGb > from.Size.MemoryGb || to.Size.DiskGb > from.Size.DiskGb;

    /// <param name="from">What it is now.</param>
    /// <param name="to">What is wanted.</param>
    /// <param name="can">What its provider can.</param>
    /// <param name="usedBytes">What its data takes; null: nobody knows.</param>
    /// <returns>Null: nothing stands in the way.</returns>
    public static Refusal? WhyNot(Plan from, Plan to, ServerCapabilities can, long? usedBytes)
    {
        if ((can & (ServerCapabilities.Resize | ServerCapabilities.Move)) == 0)
        {
            return InstanceRefusals.ResizeUnavailable;
        }

        if (to.Key == from.Key)
        {
            return InstanceRefusals.SameSize;
        }

        if (!IsAlike(from, to) || to.Size == from.Size || from.Server == ServerKind.OwnServer)
        {
            return InstanceRefusals.OtherKind;
        }

        if (to.Size.DiskGb >= from.Size.DiskGb)
        {
            return null;
        }

        return usedBytes switch
        {
            _ when (can & (ServerCapabilities.Shrink | ServerCapabilities.Move)) == 0 => InstanceRefusals.CannotShrink,
            null => InstanceRefusals.DiskUnknown,
            { } used when used > to.Size.DiskGb * Gigabyte / 100 * (100 - FreePercent) => InstanceRefusals.DiskTooFull(used, to.Size.DiskGb),
            _ => null,
        };
    }

    private static bool IsAlike(Plan one, Plan other) =>
        one.Server == other.Server && one.IncludedTokens == other.IncludedTokens && one.AgentIdentity == other.AgentIdentity && one.Support == other.Support && one.Overage == other.Overage;
}
