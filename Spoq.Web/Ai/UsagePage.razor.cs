using System.Globalization;
using Microsoft.AspNetCore.Components;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Reports;
using Spoq.Web.Accounts;

namespace Spoq.Web.Ai;

public partial class UsagePage
{
    private const int MostRows = 200;

    private UsagePeriod _period;
    // What is shown for the moment before the figures are read; nobody sees it, but it is rendered.
    private UsageLine _total = new(null, null, null, null, 0, 0, 0, 0, 0, 0, 0, 0);
    private IReadOnlyList<UsageLine> _days = [];
    private IReadOnlyList<UsageLine> _models = [];
    private IReadOnlyList<UsageLine> _keys = [];
    private UsageStanding _standing = new(default, default, null, 0);
    private Refusal? _refusal;

    [CascadingParameter]
    private HttpContext HttpContext { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "month")]
    private string? Month { get; set; }

    [SupplyParameterFromQuery(Name = "done")]
    private string? Done { get; set; }

    [SupplyParameterFromForm(FormName = "cap", Name = "cap")]
    private string? Cap { get; set; }

    private bool IsThisMonth => _period.From == UsagePeriod.Month(Reports.Today).From;

    private bool HasPlanPrice => _standing.Allowance.Price is not null;

    private long? Forecast => UsageForecast.At(_standing.Allowance.Used, Clock.GetUtcNow()) is { } used ? (_standing.Allowance with { Used = used }).Overage : null;

    protected override async Task OnInitializedAsync()
    {
        var today = Reports.Today;
        var asked = DateOnly.TryParseExact(Month + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year > 2000 && day <= today ? day : today;
        _period = UsagePeriod.Month(asked);
        var account = HttpContext.User.AccountId();
        var standing = await Reports.StandingAsync(account, null, HttpContext.RequestAborted);
        var total = (await ReadAsync(account, UsageGrouping.None))[0];
        if (total.Requests > 0)
        {
            _days = await ReadAsync(account, UsageGrouping.Day);
            _models = [.. (await ReadAsync(account, UsageGrouping.Model)).OrderByDescending(line => line.CostMicrodollars)];
            _keys = [.. (await ReadAsync(account, UsageGrouping.Key)).OrderByDescending(line => line.CostMicrodollars)];
        }

        // Last: what is rendered in between must not promise what is not there yet.
        (_standing, _total) = (standing, total);
    }

    private static string Text(DateOnly day, string form = "yyyy-MM") => day.ToString(form, CultureInfo.InvariantCulture);

    private static string TokensOf(UsageChart.Bar bar) => $"{UsageWords.Tokens(bar.First)} in, {UsageWords.Tokens(bar.Second)} out";

    private static string CostOf(UsageChart.Bar bar) => UsageWords.Dollars(bar.First);

    private static string DayOf(UsageLine line) => line.Day!.Value.ToString("d MMM", CultureInfo.InvariantCulture);

    private static string ModelOf(UsageLine line) => line.Model!;

    private static string KeyName(UsageLine line) => line.ApiKeyId == Guid.Empty ? "Connected apps and this site" : line.ApiKeyName ?? "A key that is gone";

    private Task<IReadOnlyList<UsageLine>> ReadAsync(Guid account, UsageGrouping by) => Reports.ReadAsync(account, _period, by, 0, MostRows, HttpContext.RequestAborted);

    /// <summary>A bar for every day of the month, used or not.</summary>
    private List<UsageChart.Bar> Bars(Func<UsageLine, (long First, long Second)> value)
    {
        var used = _days.ToDictionary(line => line.Day!.Value, value);
        return [.. Enumerable.Range(0, _period.To.Day).Select(_period.From.AddDays).Select(day => new UsageChart.Bar(day, used.GetValueOrDefault(day).First, used.GetValueOrDefault(day).Second))];
    }

    private async Task SetCapAsync()
    {
        var isNumber = decimal.TryParse(Cap?.Trim().TrimStart('$'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars);
        _refusal = isNumber && dollars <= UsageCap.Most ? await Reports.SetCapAsync(HttpContext.User.AccountId(), (long)(dollars * 1_000_000m), HttpContext.RequestAborted) : BudgetRefusals.BadCap;
        if (_refusal is null)
        {
            Navigation.NavigateTo("/dashboard/usage?done=cap");
            return;
        }

        HttpContext.Refuse(_refusal);
    }
}
