using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Data;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>An instance bought as the wizard and the checkout buy it, without the clicks.</summary>
internal static class Purchase
{
    public static async Task<Guid> BuyAsync(IServiceProvider services, Guid accountId, string provider = "local", string? planKey = null, string region = "local")
    {
        var clock = services.GetRequiredService<TimeProvider>();
        var plans = services.GetRequiredService<PlanCatalogue>();
        var plan = planKey is null ? plans.Plans[0] : plans.Find(planKey)!;
        var address = $"t{Guid.NewGuid().ToString("n")[..12]}";
        var instance = new Instance(Guid.CreateVersion7(), accountId, address, $"{address}.localhost", "alice", plan.Key, region, provider, clock.GetUtcNow());
        await using (var db = await services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContextAsync())
        {
            db.Instances.Add(instance);
            await db.SaveChangesAsync();
        }

        var checkouts = services.GetRequiredService<CheckoutService>();
        var begun = await checkouts.BeginAsync(accountId, new CheckoutRequest(instance.Id, plan.Key, BillingInterval.Month), CancellationToken.None);
        Assert.True(begun.Try(out var started, out var refusal), refusal?.Message);
        var payments = (PretendPayments)services.GetRequiredService<IPayments>();
        var session = await payments.PayAsync(accountId, started!.Url.Split('/')[^1], CancellationToken.None);
        var facts = await payments.FindCheckoutAsync(session!.Id, CancellationToken.None);
        await services.GetRequiredService<CheckoutSettlement>().TakeAsync(started.IntentId, facts!, CancellationToken.None);
        return instance.Id;
    }
}
