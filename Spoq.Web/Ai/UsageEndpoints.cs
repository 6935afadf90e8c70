using System.Globalization;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ai.Reports;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Ai;

/// <summary>Sums of usage. Members that were not grouped by are null.</summary>
/// <param name="ApiKeyId">Null also for calls with an access token.</param>
internal sealed record UsageShown(
    DateOnly? Day, string? Model, Guid? ApiKeyId, string? ApiKeyName, long Requests, long InputTokens, long CachedInputTokens, long CacheWriteTokens,
    long OutputTokens, long ReasoningTokens, long TotalTokens, long CostMicrodollars, long EstimatedRequests)
{
    public static UsageShown Of(UsageLine line) => new(
        line.Day, line.Model, line.ApiKeyId == Guid.Empty ? null : line.ApiKeyId, line.ApiKeyName, line.Requests, line.InputTokens, line.CachedInputTokens, line.CacheWriteTokens,
        line.OutputTokens, line.ReasoningTokens, line.TotalTokens, line.CostMicrodollars, line.EstimatedRequests);
}

/// <param name="Total">Of the whole period, whatever page this is.</param>
internal sealed record UsageAnswer(IReadOnlyList<UsageShown> Data, string? NextCursor, DateOnly From, DateOnly To, UsageShown Total);

/// <param name="UsedTokens">This month, of all classes.</param>
/// <param name="CostMicrodollars">This month, by the models' own prices.</param>
/// <param name="OverageMicrodollars">What is billed beyond what the plan includes, by the plan's price: what counts against the cap.</param>
/// <param name="RemainingMicrodollars">What is left of the cap beyond included tokens.</param>
/// <param name="Key">Of the API key that the request is sent with.</param>
internal sealed record RemainingAnswer(
    DateOnly Month, DateTimeOffset ResetsAt, long IncludedTokens, long UsedTokens, long RemainingIncludedTokens, long CostMicrodollars,
    long OverageMicrodollars, long MonthlyCapMicrodollars, long RemainingMicrodollars, KeyRemaining? Key);

/// <param name="MonthlyCapMicrodollars">Null: the account's cap only.</param>
/// <param name="CostMicrodollars">What counts against it: all of the key's tokens, by the plan's price.</param>
internal sealed record KeyRemaining(long? MonthlyCapMicrodollars, long CostMicrodollars, long? RemainingMicrodollars);

/// <param name="MonthlyCapMicrodollars">Of a key only, null takes its own cap away.</param>
/// <param name="ApiKeyId">Left out: the cap of the whole account.</param>
internal sealed record CapRequest(long? MonthlyCapMicrodollars = null, Guid? ApiKeyId = null);

/// <param name="ApiKeyId">Null: of the whole account.</param>
/// <param name="MonthlyCapMicrodollars">Null: the key has no cap of its own.</param>
internal sealed record CapAnswer(Guid? ApiKeyId, long? MonthlyCapMicrodollars);

/// <summary>Usage for programs; people read it at <c>/dashboard/usage</c>.</summary>
internal static class UsageEndpoints
{
    private const int CsvChunk = 1000;

    public static void MapUsage(this IEndpointRouteBuilder routes)
    {
        var usage = routes.MapGroup("/v1/usage").WithTags("Usage");
        usage.MapGet("", ReadAsync).RequireScope(Scopes.Ai).AcceptApiKeys().WithSummary("Tokens and cost by day, model and key")
            .WithDescription("`group_by` is `day` (the default), `model`, `key`, or several with commas. `from` and `to` are days (UTC), both included; left out: this month so far. A call is counted within a second of its end.")
            .Produces<UsageAnswer>().Refuses(400);
        usage.MapGet("/remaining", RemainingAsync).RequireScope(Scopes.Ai).AcceptApiKeys().WithSummary("What is left of this month's tokens and cap").Produces<RemainingAnswer>();
        usage.MapGet("/export.csv", ExportAsync).RequireScope(Scopes.Ai).AcceptApiKeys().WithSummary("Usage by day, model and key as CSV (RFC 4180)")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").Refuses(400);
        usage.MapGet("/cap", CapAsync).RequireAccount().WithSummary("The monthly cap of the account or of an API key").Produces<CapAnswer>().Refuses(404);
        usage.MapPut("/cap", SetCapAsync).RequireAccount().WithSummary("Set the monthly cap of the account or of an API key")
            .WithDescription("The most that AI requests may cost in a month beyond what the plan includes, in millionths of a dollar. In force within a second.")
            .Produces<CapAnswer>().Refuses(404, 422);
    }

    private static async Task<IResult> ReadAsync(PageQuery page, string? from, string? to, string? group_by, UsageReports reports, HttpContext http)
    {
        if (!Period(from, to, reports).Try(out var period, out var no) || !Grouping(group_by).Try(out var grouping, out no))
        {
            return no.ToProblem();
        }

        var account = http.User.AccountId();
        var skip = page.After?.Number ?? 0;
        var lines = await reports.ReadAsync(account, period, grouping, skip, page.Limit + 1, http.RequestAborted);
        var total = await reports.ReadAsync(account, period, UsageGrouping.None, 0, 1, http.RequestAborted);
        var cut = page.Cut(lines, _ => Cursor.Of(skip + page.Limit), UsageShown.Of);
        return TypedResults.Ok(new UsageAnswer(cut.Data, cut.NextCursor, period.From, period.To, UsageShown.Of(total[0])));
    }

    private static async Task<IResult> RemainingAsync(UsageReports reports, HttpContext http)
    {
        var keyId = http.User.ApiKeyId();
        var standing = await reports.StandingAsync(http.User.AccountId(), keyId, http.RequestAborted);
        var allowance = standing.Allowance;
        var key = keyId is null ? null : new KeyRemaining(standing.KeyCap, standing.KeySpent, standing.KeyCap is { } cap ? Math.Max(0, cap - standing.KeySpent) : null);
        return TypedResults.Ok(new RemainingAnswer(
            standing.Month, new DateTimeOffset(standing.Month.AddMonths(1), TimeOnly.MinValue, TimeSpan.Zero), allowance.IncludedTokens, allowance.UsedTokens, allowance.IncludedLeft,
            allowance.Used.Cost, allowance.Overage, allowance.Cap, allowance.CapLeft, key));
    }

    private static async Task<IResult> CapAsync(Guid? api_key_id, UsageReports reports, HttpContext http) =>
        (await reports.CapAsync(http.User.AccountId(), api_key_id, http.RequestAborted)).Try(out var cap, out var no)
            ? TypedResults.Ok(new CapAnswer(api_key_id, cap.Microdollars))
            : no.ToProblem();

    private static async Task<IResult> SetCapAsync(CapRequest wanted, UsageReports reports, ApiKeyService keys, HttpContext http)
    {
        var account = http.User.AccountId();
        var no = wanted.ApiKeyId is { } key
            ? await keys.SetCapAsync(account, key, wanted.MonthlyCapMicrodollars, http.Caller(), http.RequestAborted)
            : await reports.SetCapAsync(account, wanted.MonthlyCapMicrodollars ?? -1, http.RequestAborted);
        return no is null ? TypedResults.Ok(new CapAnswer(wanted.ApiKeyId, wanted.MonthlyCapMicrodollars))
            : (no == BudgetRefusals.BadCap ? no with { Field = "monthly_cap_microdollars" } : no).ToProblem();
    }

    private static async Task<IResult> ExportAsync(string? from, string? to, UsageReports reports, HttpContext http)
    {
        if (!Period(from, to, reports).Try(out var period, out var no))
        {
            return no.ToProblem();
        }

        http.Response.ContentType = "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = string.Create(CultureInfo.InvariantCulture, $"attachment; filename=\"spoq-usage-{period.From:yyyy-MM-dd}-to-{period.To:yyyy-MM-dd}.csv\"");
        await http.Response.WriteAsync("day,model,api_key_id,api_key_name,requests,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,reasoning_tokens,total_tokens,cost_usd,estimated_requests\r\n", http.RequestAborted);
        for (UsageLine? last = null; ; )
        {
            var lines = await reports.ReadAfterAsync(http.User.AccountId(), period, last, CsvChunk, http.RequestAborted);
            foreach (var line in lines)
            {
                await http.Response.WriteAsync(Row(line), http.RequestAborted);
            }

            if (lines.Count < CsvChunk)
            {
                return TypedResults.Empty;
            }

            last = lines[^1];
        }
    }

    private static string Row(UsageLine line) => string.Create(CultureInfo.InvariantCulture,
        $"{line.Day:yyyy-MM-dd},{Field(line.Model)},{(line.ApiKeyId == Guid.Empty ? null : line.ApiKeyId)},{Field(line.ApiKeyName)},{line.Requests},{line.InputTokens},{line.CachedInputTokens},{line.CacheWriteTokens},{line.OutputTokens},{line.ReasoningTokens},{line.TotalTokens},{line.CostMicrodollars / 1_000_000m:0.000000},{line.EstimatedRequests}\r\n");

    /// <summary>A name that begins like a formula must not run as one in a spreadsheet.</summary>
    private static string Field(string? text)
    {
        var safe = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text ?? "";
        return safe.AsSpan().IndexOfAny("\",\r\n") < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static Result<UsagePeriod> Period(string? from, string? to, UsageReports reports) =>
        !Day(from, out var first) ? UsageRefusals.BadDay("from") : !Day(to, out var last) ? UsageRefusals.BadDay("to") : UsagePeriod.Check(first, last, reports.Today);

    private static bool Day(string? text, out DateOnly? day)
    {
        day = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var read) ? read : null;
        return string.IsNullOrEmpty(text) || (day is { Year: > 2000 and < 9000 });
    }

    private static Result<UsageGrouping> Grouping(string? text)
    {
        var grouping = UsageGrouping.None;
        foreach (var part in string.IsNullOrEmpty(text) ? ["day"] : text.Split(','))
        {
            grouping |= part switch
            {
                "day" => UsageGrouping.Day,
                "model" => UsageGrouping.Model,
                "key" or "api_key" => UsageGrouping.Key,
                _ => (UsageGrouping)(-1),
            };
        }

        return grouping < 0 ? UsageRefusals.BadGrouping : grouping;
    }
}
