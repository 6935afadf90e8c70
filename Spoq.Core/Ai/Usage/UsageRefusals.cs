namespace Spoq.Core.Ai.Usage;

/// <summary>Every "no" to a question about usage.</summary>
public static class UsageRefusals
{
    public static readonly Refusal BadPeriod = new("bad_period", "Choose a period of 1 to 366 days that ends no earlier than it begins.", RefusalKind.Malformed, "to");

    public static readonly Refusal BadGrouping = new("bad_group_by", "Group by day, model, key, or several of them, such as group_by=day,model.", RefusalKind.Malformed, "group_by");

    public static Refusal BadDay(string field) => new("bad_day", "Write a day as in 2026-03-01.", RefusalKind.Malformed, field);
}
