using Microsoft.Extensions.Configuration;
using Spoq.Core.Billing;

namespace Spoq.Infrastructure.Instances.Pool;

/// <summary><c>Pool__{region}</c>: how many spares are kept there, as <c>2</c> or <c>2 vps-2</c>; without a plan the smallest server.</summary>
public sealed class PoolOptions
{
    private const int Most = 50;

    private PoolOptions(IReadOnlyList<Wish> wishes) => Wishes = wishes;

    public IReadOnlyList<Wish> Wishes { get; }

    public sealed record Wish(string Region, string Plan, int Count);

    /// <exception cref="InvalidOperationException">A setting that cannot be meant; the message names the variable.</exception>
    public static PoolOptions From(IConfiguration configuration, PlanCatalogue plans) =>
        new([.. configuration.GetSection("Pool").GetChildren().Where(child => child.Value is { Length: > 0 }).Select(child => Read(child.Key, child.Value!, plans))]);

    private static Wish Read(string region, string text, PlanCatalogue plans)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var plan = parts is [_, var key] ? plans.Find(key) : plans.Plans.Where(one => one.Server == ServerKind.Vps).OrderBy(one => one.Monthly.MinorUnits).FirstOrDefault();
        return parts.Length is 1 or 2 && int.TryParse(parts[0], out var count) && count is >= 0 and <= Most && plan is { Server: ServerKind.Vps }
            ? new Wish(region, plan.Key, count)
            : throw new InvalidOperationException($"Pool__{region} is \"{text}\"; it must be a number from 0 to {Most}, and may be followed by a server plan, as in \"2 vps-2\".");
    }
}
