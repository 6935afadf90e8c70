using Spoq.Core.Billing;

namespace Spoq.Core.Ai.Usage;

/// <summary>What calls used, or may use at most, as far as money is concerned.</summary>
/// <param name="Input">Tokens of every class of input.</param>
/// <param name="Output">Tokens, thoughts among them.</param>
/// <param name="Cost">By the models' own prices, in microdollars.</param>
public readonly record struct Expense(long Input, long Output, long Cost)
{
    private const long Bound = 1_000_000_000_000_000;

    public long Tokens => Input + Output;

    public bool IsNothing => this == default;

    public static Expense Of(in TokenUsage usage, ModelPrice price) =>
        new(usage.Input + usage.CachedInput + usage.CacheWrite, usage.Output + usage.Reasoning, price.Cost(usage));

    public static Expense operator +(in Expense one, in Expense other) => new(one.Input + other.Input, one.Output + other.Output, one.Cost + other.Cost);

    public static Expense operator -(in Expense one, in Expense other) => new(one.Input - other.Input, one.Output - other.Output, one.Cost - other.Cost);

    public static Expense operator *(in Expense one, int times) => new(one.Input * times, one.Output * times, one.Cost * times);

    /// <summary>Far above any real one, and far below what sums of them could overflow.</summary>
    public Expense Bounded() => new(Math.Clamp(Input, 0, Bound), Math.Clamp(Output, 0, Bound), Math.Clamp(Cost, 0, Bound));

    /// <summary>What is billed for it where none of it is included: by the plan's price, or by the models' own where there is no plan. In microdollars, rounded up.</summary>
    public long At(TokenPrice? price) => price is null
        ? Cost
        : (long)Int128.Min((((Int128)Input * price.InputPerThousand) + ((Int128)Output * price.OutputPerThousand) + 999) / 1000, long.MaxValue);
}
