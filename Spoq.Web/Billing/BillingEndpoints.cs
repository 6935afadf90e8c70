namespace Spoq.Web.Billing;

internal static class BillingEndpoints
{
    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        routes.MapStripeWebhook();
        routes.MapPlans();
        routes.MapSubscriptions();
    }
}
