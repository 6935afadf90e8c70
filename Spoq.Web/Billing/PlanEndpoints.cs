using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Billing;
using Spoq.Web.Shell;

namespace Spoq.Web.Billing;

/// <summary><c>/api/plans</c>: what is sold.</summary>
internal static class PlanEndpoints
{
    public static void MapPlans(this IEndpointRouteBuilder routes) => routes
        .MapApi("GET", "/api/plans", List).AllowAnonymous().WithTags("Catalogue")
        .WithSummary("What is sold").WithDescription("Amounts are in the currency's smallest unit; overage is in microdollars for each thousand tokens.");

    private static Ok<Page<PlanAnswer>> List(PlanCatalogue catalogue) => TypedResults.Ok(new Page<PlanAnswer>([.. catalogue.Plans.Select(PlanAnswer.Of)], null));

    /// <param name="Server">What it runs on: <c>container</c>, <c>vps</c>, or <c>own_server</c>, which the customer brings.</param>
    /// <param name="Yearly">Null: sold by the month only.</param>
    /// <param name="IncludedTokens">A month; 0: paid as you go from the first.</param>
    /// <param name="Support">How its owner is answered.</param>
    private sealed record PlanAnswer(
        string Key, string Name, string Summary, ServerKind Server, int Cpus, int MemoryGb, int DiskGb, string Currency, long Monthly, long? Yearly,
        long IncludedTokens, long OverageInputPerThousand, long OverageOutputPerThousand, bool AgentIdentity, bool PasswordAllowed, Support Support)
    {
        public static PlanAnswer Of(Plan plan) => new(
            plan.Key, plan.Name, plan.Summary, plan.Server, plan.Size.Cpus, plan.Size.MemoryGb, plan.Size.DiskGb, plan.Monthly.Currency, plan.Monthly.MinorUnits, plan.Yearly?.MinorUnits,
            plan.IncludedTokens, plan.Overage.InputPerThousand, plan.Overage.OutputPerThousand, plan.AgentIdentity, plan.PasswordAllowed, plan.Support);
    }
}
