using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Spoq.Core.Billing;

/// <summary>Every plan there is, in the order they are shown.</summary>
public sealed partial class PlanCatalogue
{
    private readonly FrozenDictionary<string, Plan> _byKey;

    /// <exception cref="InvalidDataException">The plans break a rule; the message names each plan and what is wrong with it.</exception>
    public PlanCatalogue(IReadOnlyList<Plan> plans)
    {
        var problems = Check(plans);
        if (problems.Count > 0)
        {
            throw new InvalidDataException("The plan catalogue cannot be used:" + string.Concat(problems.Select(problem => $"\n- {problem}")));
        }

        Plans = plans;
        _byKey = plans.ToFrozenDictionary(plan => plan.Key, StringComparer.Ordinal);
    }

    public IReadOnlyList<Plan> Plans { get; }

    public Plan? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <summary>What is wrong, one sentence each, naming the plan; empty: nothing.</summary>
    public static IReadOnlyList<string> Check(IReadOnlyList<Plan> plans)
    {
        if (plans.Count == 0)
        {
            return ["there is no plan; at least one must be sold"];
        }

        var twice = plans.GroupBy(plan => plan.Key).Where(group => group.Count() > 1)
            .Select(group => $"plan '{group.Key}' appears {group.Count()} times; keys must be unique");
        return [.. plans.SelectMany((plan, at) => Problems(plan).Select(problem => $"plan '{(plan.Key is "" ? $"number {at + 1}" : plan.Key)}': {problem}")), .. twice];
    }

    private static IEnumerable<string> Problems(Plan plan)
    {
        if (!KeyForm().IsMatch(plan.Key))
        {
            yield return "key must be 1 to 32 of a-z, 0-9 and hyphen, starting with a letter";
        }

        if (string.IsNullOrWhiteSpace(plan.Name) || string.IsNullOrWhiteSpace(plan.Summary))
        {
            yield return "name and summary must not be empty";
        }

        if (plan.Monthly.MinorUnits <= 0 || plan.Yearly is { MinorUnits: <= 0 })
        {
            yield return "prices must be positive, in the currency's smallest unit (1500 is $15)";
        }

        if (plan.Yearly is { } yearly && yearly.MinorUnits > plan.Monthly.MinorUnits * 12)
        {
            yield return $"a year ({yearly}) must not cost more than twelve months of {plan.Monthly}";
        }

        if (!CurrencyForm().IsMatch(plan.Monthly.Currency))
        {
            yield return $"currency '{plan.Monthly.Currency}' must be three lower-case letters, such as usd";
        }

        if (plan.Overage is { InputPerThousand: <= 0 } or { OutputPerThousand: <= 0 })
        {
            yield return "overage prices must be positive microdollars for each thousand tokens (3000 is $3 a million)";
        }

        if (plan.IncludedTokens < 0)
        {
            yield return "included tokens must not be negative";
        }

        var sized = plan.Size is { Cpus: > 0, MemoryGb: > 0, DiskGb: > 0 };
        if (plan.Server == ServerKind.OwnServer ? plan.Size != new ServerSize(0, 0, 0) : !sized)
        {
            yield return "cpus, memory_gb and disk_gb must be positive, and absent where the customer brings the server";
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,31}$")]
    private static partial Regex KeyForm();

    [GeneratedRegex("^[a-z]{3}$")]
    private static partial Regex CurrencyForm();
}
