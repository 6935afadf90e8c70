using System.Globalization;
using System.Text.RegularExpressions;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

/// <summary>What can be rented at this moment. Ids of prices, places and systems change there, so they are read, and kept for minutes.</summary>
internal sealed partial class HostingerOffers(HostingerApi api, TimeProvider clock)
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(5);

    /// <summary>Key, what the vendor calls the city without accents, and our name for it; the first is chosen where nothing is nearer.</summary>
    private static readonly (string Key, string City, string Name)[] s_cities =
    [
        ("phoenix", "phoenix", "Phoenix, United States"), ("boston", "boston", "Boston, United States"), ("sao-paulo", "sao paulo", "São Paulo, Brazil"),
        ("paris", "paris", "Paris, France"), ("frankfurt", "frankfurt", "Frankfurt, Germany"), ("manchester", "manchester", "Manchester, United Kingdom"),
        ("vilnius", "vilnius", "Vilnius, Lithuania"), ("mumbai", "mumbai", "Mumbai, India"), ("jakarta", "jakarta", "Jakarta, Indonesia"),
        ("kuala-lumpur", "kuala lumpur", "Kuala Lumpur, Malaysia"),
    ];

    /// <summary>Plan sizes of the catalogue and the vendor's name for them: KVM 1, 2, 4, 8.</summary>
    private static readonly Dictionary<ServerSize, int> s_kvm = new()
    {
        [new ServerSize(1, 4, 50)] = 1,
        [new ServerSize(2, 8, 100)] = 2,
        [new ServerSize(4, 16, 200)] = 4,
        [new ServerSize(8, 32, 400)] = 8,
    };

    private Shelf? _shelf;

    public async Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken)
    {
        var shelf = await ShelfAsync(cancellationToken);
        var isSold = size is null ? s_kvm.Keys.Any(known => PriceOf(shelf, known) is not null) : PriceOf(shelf, size) is not null;
        return [.. s_cities.Select(city => new ServerRegion(city.Key, city.Name, isSold && SystemOf(shelf) is not null && CenterOf(shelf, city.Key) is not null))];
    }

    /// <exception cref="ProviderException">It is not sold (any more).</exception>
    public async Task<Choice> ChooseAsync(ServerSize size, string region, CancellationToken cancellationToken)
    {
        var shelf = await ShelfAsync(cancellationToken);
        return new Choice(
            PriceOf(shelf, size) ?? throw NotSold("this size"),
            SystemOf(shelf) ?? throw NotSold("a current Ubuntu"),
            CenterOf(shelf, region) ?? throw NotSold("this city"));
    }

    /// <summary>What a wiped machine runs: anything but what ours run, so that its system tells that it was wiped.</summary>
    public async Task<long> SpareSystemAsync(CancellationToken cancellationToken)
    {
        var shelf = await ShelfAsync(cancellationToken);
        return shelf.Templates.Where(template => PlainDebian().IsMatch(template.Name ?? "")).MaxBy(template => template.Name, StringComparer.Ordinal)?.Id
            ?? throw NotSold("a plain Debian to wipe with");
    }

    /// <summary>Also one that was the newest when it was wiped.</summary>
    public static bool IsSpareSystem(HostingerTemplate? template) => PlainDebian().IsMatch(template?.Name ?? "");

    /// <summary>Whether a machine is of this size: its plan is named in words that change, its parts are not.</summary>
    public static bool IsOfSize(HostingerVm vm, ServerSize size) => vm.Cpus == size.Cpus && vm.Memory == size.MemoryGb * 1024;

    /// <summary>After a refused order: what it was made from may be out of date.</summary>
    public void Forget() => _shelf = null;

    private async Task<Shelf> ShelfAsync(CancellationToken cancellationToken)
    {
        if (_shelf is { } kept && clock.GetUtcNow() < kept.Until)
        {
            return kept;
        }

        var centers = await api.DataCentersAsync(cancellationToken);
        var templates = await api.TemplatesAsync(cancellationToken);
        var items = await api.CatalogAsync(cancellationToken);
        return _shelf = new Shelf(centers, templates, items, clock.GetUtcNow() + s_fresh);
    }

    /// <summary>The price of a month; a longer period would be paid for in advance.</summary>
    private static string? PriceOf(Shelf shelf, ServerSize size) => !s_kvm.TryGetValue(size, out var kvm) ? null
        : shelf.Items.FirstOrDefault(item => item.Id == $"hostingercom-vps-kvm{kvm}")?.Prices?
            .FirstOrDefault(price => price is { Period: 1, PeriodUnit: "month" } && string.Equals(price.Currency, "USD", StringComparison.OrdinalIgnoreCase))?.Id;

    /// <summary>The newest long-term Ubuntu from 22.04 on, without a panel or an application on top.</summary>
    private static long? SystemOf(Shelf shelf) => shelf.Templates
        .Select(template => (template.Id, Year: PlainUbuntu().Match(template.Name ?? "") is { Success: true } match ? int.Parse(match.Groups["year"].Value, CultureInfo.InvariantCulture) : 0))
        .Where(known => known.Year >= 22 && known.Year % 2 == 0)
        .OrderByDescending(known => known.Year).Select(known => known.Id).FirstOrDefault();

    private static long? CenterOf(Shelf shelf, string key)
    {
        var city = Array.Find(s_cities, known => known.Key == key).City;
        return city is null ? null : shelf.Centers.Where(center => center.Id is not null && (center.City ?? "").Replace('ã', 'a').Contains(city, StringComparison.OrdinalIgnoreCase)).MinBy(center => center.Id)?.Id;
    }

    private static ProviderException NotSold(string what) => new($"Hostinger does not offer {what} at the moment.") { Code = "sold_out", IsFinal = true };

    [GeneratedRegex(@"^Ubuntu (?<year>\d\d)\.04( LTS)?( 64[- ]?bit)?$", RegexOptions.IgnoreCase)]
    private static partial Regex PlainUbuntu();

    [GeneratedRegex(@"^Debian \d\d( 64[- ]?bit)?$", RegexOptions.IgnoreCase)]
    private static partial Regex PlainDebian();

    public sealed record Choice(string PriceId, long TemplateId, long DataCenterId);

    private sealed record Shelf(HostingerDataCenter[] Centers, HostingerTemplate[] Templates, HostingerItem[] Items, DateTimeOffset Until);
}
