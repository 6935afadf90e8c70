using System.Globalization;
using Spoq.Core.Billing;

namespace Spoq.Web.Site;

/// <summary>A plan as people read it.</summary>
internal static class PlanWords
{
    private const long Million = 1_000_000;

    public static string Size(Plan plan) => plan.Server == ServerKind.OwnServer
        ? "Your own machine"
        : $"{plan.Size.Cpus} CPU, {plan.Size.MemoryGb} GB memory, {plan.Size.DiskGb} GB disk";

    public static string Tokens(Plan plan) => plan.IncludedTokens switch
    {
        0 => "AI paid as you go",
        >= Million => string.Create(CultureInfo.InvariantCulture, $"{plan.IncludedTokens / Million} million AI tokens a month"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{plan.IncludedTokens:#,0} AI tokens a month"),
    };

    public static string Support(Plan plan) => plan.Support switch
    {
        Core.Billing.Support.Priority => "Priority",
        Core.Billing.Support.Mail => "Mail",
        _ => "Community",
    };

    public static string Machine(Plan plan) => plan.Server switch
    {
        ServerKind.Vps => "Virtual server, root included",
        ServerKind.OwnServer => "Yours",
        _ => "Container",
    };

    /// <summary>A thousand tokens in microdollars are a million tokens in tenths of a cent.</summary>
    public static string PerMillion(long microdollarsPerThousand) =>
        (microdollarsPerThousand / 1000m).ToString("$#,0.00", CultureInfo.InvariantCulture);
}
